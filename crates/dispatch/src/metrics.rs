//! What the data plane counts, as Prometheus reads it. Never decides by a count.

mod count;
mod event;
mod sink;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) use self::sink::qualifier;
pub use self::sink::{Datum, MetricSink};

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
    /// Asynchronous invocations that were accepted.
    pub async_events_received: AtomicU64,
    /// Those of them that ended without success.
    pub async_events_dropped: AtomicU64,
    /// How old they were when they were run, in microseconds, all together.
    pub async_event_age_us: AtomicU64,
    /// Records of their ends that no destination took.
    pub destination_delivery_failures: AtomicU64,
    /// Those that no dead-letter queue took.
    pub dead_letter_errors: AtomicU64,
    /// Invocations that were stopped, since their function was part of a loop.
    pub recursive_invocations_dropped: AtomicU64,
    /// How often the processes of an environment were ended because something failed or took too long.
    pub resets: AtomicU64,
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
                "lambent_resets_total",
                "counter",
                "Environments reset after a failure or a time-out.",
                read(&self.resets),
            ),
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
            .chain(&self.event_rows())
            .map(|(name, kind, help, value)| {
                format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
            })
            .collect()
    }

    /// What concerns asynchronous invocations: name, kind, help, value.
    fn event_rows(&self) -> [Row; 6] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            (
                "lambent_async_events_received_total",
                "counter",
                "Asynchronous invocations that were accepted.",
                read(&self.async_events_received),
            ),
            (
                "lambent_async_events_dropped_total",
                "counter",
                "Asynchronous invocations that ended without success.",
                read(&self.async_events_dropped),
            ),
            (
                "lambent_async_event_age_microseconds_total",
                "counter",
                "Age of asynchronous invocations when they were run.",
                read(&self.async_event_age_us),
            ),
            (
                "lambent_destination_delivery_failures_total",
                "counter",
                "Records that no destination took.",
                read(&self.destination_delivery_failures),
            ),
            (
                "lambent_dead_letter_errors_total",
                "counter",
                "Events that no dead-letter queue took.",
                read(&self.dead_letter_errors),
            ),
            (
                "lambent_recursive_invocations_dropped_total",
                "counter",
                "Invocations that were stopped, since their function was part of a loop.",
                read(&self.recursive_invocations_dropped),
            ),
        ]
    }
}

/// Name, kind, help and value of one metric.
type Row = (&'static str, &'static str, &'static str, u64);
