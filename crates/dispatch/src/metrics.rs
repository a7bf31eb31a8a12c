//! What the data plane counts, as Prometheus reads it. Never decides by a count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters since the start of the server.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Invocations that were run.
    pub invocations: AtomicU64,
    /// Those of them that failed.
    pub errors: AtomicU64,
    /// Invocations refused because of a limit.
    pub throttles: AtomicU64,
    /// Environments started.
    pub cold_starts: AtomicU64,
    /// Invocations that a provisioned environment took.
    pub provisioned_invocations: AtomicU64,
    /// Invocations of a version that has provisioned environments, which none of them took.
    pub provisioned_spillovers: AtomicU64,
    /// Time functions ran, in microseconds.
    pub duration_us: AtomicU64,
    /// Time environments initialised, in microseconds.
    pub init_us: AtomicU64,
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// A span as counters take it.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Metrics {
    /// In the Prometheus text format; `environments` is how many exist now.
    #[must_use]
    pub fn prometheus(&self, environments: usize) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let rows = [
            ("lambent_invocations_total", "counter", "Invocations that were run.", read(&self.invocations)),
            ("lambent_errors_total", "counter", "Invocations that failed.", read(&self.errors)),
            ("lambent_throttles_total", "counter", "Invocations refused by a limit.", read(&self.throttles)),
            ("lambent_cold_starts_total", "counter", "Environments started.", read(&self.cold_starts)),
            (
                "lambent_provisioned_invocations_total",
                "counter",
                "Invocations that a provisioned environment took.",
                read(&self.provisioned_invocations),
            ),
            (
                "lambent_provisioned_spillovers_total",
                "counter",
                "Invocations beyond the provisioned environments of their version.",
                read(&self.provisioned_spillovers),
            ),
            (
                "lambent_duration_microseconds_total",
                "counter",
                "Time functions ran.",
                read(&self.duration_us),
            ),
            ("lambent_init_microseconds_total", "counter", "Time spent in Init.", read(&self.init_us)),
            ("lambent_environments", "gauge", "Execution environments that exist now.", environments as u64),
        ];
        rows.iter()
            .map(|(name, kind, help, value)| {
                format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
            })
            .collect()
    }
}
