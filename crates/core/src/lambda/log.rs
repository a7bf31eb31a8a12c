//! The lines the platform itself writes to a function's log, and the last 4 KB a caller may ask for. Never writes
//! anywhere.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use uuid::Uuid;

use self::event::{Failed, Phase};
use self::span::Span;
use super::configuration::Logging;
use super::failure::Failure;
use super::runtime_version::RuntimeVersion;
use crate::limits::LOG_TAIL_BYTES;
use crate::time::Timestamp;

pub mod event;
mod json;
pub mod level;
pub mod span;

/// `INIT_START Runtime Version: …`
fn init_start(runtime: &RuntimeVersion) -> String {
    format!("INIT_START Runtime Version: {}\tRuntime Version ARN: {}", runtime.name, runtime.arn)
}

/// `START RequestId: … Version: …`
fn start(request_id: &str, version: &str) -> String {
    format!("START RequestId: {request_id} Version: {version}")
}

/// `END RequestId: …`
fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

/// What one invocation cost.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The invocation.
    pub request_id: &'a str,
    /// From handing over the event until the runtime asked for the next.
    pub duration: Duration,
    /// The Init phase before it, in a new environment.
    pub init: Option<Duration>,
    /// `MemorySize`.
    pub memory_mib: u32,
    /// The most memory the environment ever used.
    pub memory_peak_bytes: u64,
    /// `Status:` and `Error Type:` of an invocation that failed.
    pub failed: Failed<'a>,
    /// What time went to after the runtime was done.
    pub spans: Vec<Span>,
    /// `X-Amzn-Trace-Id`.
    pub trace: Option<&'a str>,
}

impl Report<'_> {
    /// What AWS would bill: duration and init, to the next full millisecond.
    #[must_use]
    pub fn billed_ms(&self) -> u128 {
        (self.duration + self.init.unwrap_or_default()).as_nanos().div_ceil(1_000_000)
    }

    /// The most memory used, as reported: never more than there is.
    fn memory_used_mib(&self) -> u64 {
        self.memory_peak_bytes.div_ceil(1 << 20).min(u64::from(self.memory_mib))
    }

    /// `REPORT RequestId: …` with its tabs.
    fn line(&self) -> String {
        let used = self.memory_used_mib();
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {used} MB\t",
            self.request_id,
            ms(self.duration),
            self.billed_ms(),
            self.memory_mib,
        );
        if let Some(init) = self.init {
            _ = write!(line, "Init Duration: {:.2} ms\t", ms(init));
        }
        match self.failed {
            Some(("timeout", _)) => line.push_str("Status: timeout"),
            Some((status, kind)) => _ = write!(line, "Status: {status}\tError Type: {kind}"),
            None => {}
        }
        if let Some((root, segment)) = self.trace.and_then(sampled) {
            _ = write!(line, "\nXRAY TraceId: {root}\tSegmentId: {segment}\tSampled: true\t");
        }
        line
    }
}

/// Root and segment of a trace that is sampled.
fn sampled(trace: &str) -> Option<(&str, &str)> {
    let part = |name: &str| trace.split(';').find_map(|part| part.trim().strip_prefix(name));
    (part("Sampled=") == Some("1")).then(|| part("Root=").zip(part("Parent=")))?
}

/// `INIT_REPORT …` for an Init phase that failed.
fn init_report(duration: Duration, phase: Phase, (status, error_type): (&str, &str)) -> String {
    let (took, phase) = (ms(duration), phase.as_str());
    let mut line = format!("INIT_REPORT Init Duration: {took:.2} ms\tPhase: {phase}\tStatus: {status}");
    if status != "timeout" {
        _ = write!(line, "\tError Type: {error_type}");
    }
    line
}

/// `RequestId: … Error: …` and the error type, or the time-out's own line.
fn failure(failure: &Failure, request_id: &str, now: Timestamp) -> String {
    match failure {
        Failure::TimedOut { .. } => format!("{} {request_id} {}\n", now.to_iso_string(), failure.words()),
        Failure::ExitCode(_)
        | Failure::Signal(_)
        | Failure::OutOfMemory
        | Failure::NoEntrypoint { .. }
        | Failure::NotExecuted { .. }
        | Failure::ResponseTooLarge
        | Failure::Extension { .. } => {
            format!("RequestId: {request_id} Error: {}\n{}", failure.words(), failure.error_type())
        }
    }
}

/// Milliseconds with three decimals, as records have them.
fn thousandths(span: Duration) -> f64 {
    (ms(span) * 1000.0).round() / 1000.0
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// The name of an environment's log stream: `YYYY/MM/DD/[version]` and 32 hex digits, with the function's name before the
/// version in a log group that was chosen, since others may write there too.
#[must_use]
pub fn stream_name(now: Timestamp, logging: &Logging, function: &str, version: &str, id: Uuid) -> String {
    let function = if logging.group.is_some() { function } else { "" };
    format!("{}{function}[{version}]{}", now.format("%Y/%m/%d/"), id.simple())
}

/// The last 4 KB of a log, as whole bytes.
#[derive(Debug, Default)]
pub struct Tail(VecDeque<u8>);

impl Tail {
    /// Adds a line and its end.
    pub fn push(&mut self, line: &[u8]) {
        self.0.extend(&line[line.len().saturating_sub(LOG_TAIL_BYTES)..]);
        self.0.push_back(b'\n');
        let over = self.0.len().saturating_sub(LOG_TAIL_BYTES);
        self.0.drain(..over);
    }

    /// What is kept, taken out.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(failed: Option<(&'static str, &'static str)>, init: Option<Duration>) -> String {
        let duration = Duration::from_micros(1234);
        Report {
            request_id: "r",
            duration,
            init,
            memory_mib: 128,
            memory_peak_bytes: 38 << 20,
            failed,
            spans: Vec::new(),
            trace: None,
        }
        .line()
    }

    #[test]
    fn report_lines_read_as_on_aws() {
        assert_eq!(
            report(None, None),
            "REPORT RequestId: r\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 38 MB\t"
        );
        assert!(report(None, Some(Duration::from_millis(101))).ends_with(
            "Billed Duration: 103 ms\tMemory Size: 128 MB\tMax Memory Used: 38 MB\tInit Duration: 101.00 ms\t"
        ));
        assert!(report(Some(("timeout", "")), None).ends_with("38 MB\tStatus: timeout"));
        assert!(
            report(Some(("error", "Runtime.ExitError")), None)
                .ends_with("38 MB\tStatus: error\tError Type: Runtime.ExitError")
        );
    }

    #[test]
    fn only_a_sampled_trace_is_told_of() {
        let root = "Root=1-0-a;Parent=b;Sampled=";
        assert_eq!(sampled(&format!("{root}1")), Some(("1-0-a", "b")));
        assert_eq!(sampled(&format!("{root}0")), None);
        assert_eq!(sampled("Root=1-0-a;Sampled=1"), None);
    }

    #[test]
    fn memory_used_never_exceeds_memory_size() {
        let r = Report {
            request_id: "r",
            duration: Duration::ZERO,
            init: None,
            memory_mib: 128,
            memory_peak_bytes: 130 << 20,
            failed: None,
            spans: Vec::new(),
            trace: None,
        };
        assert!(r.line().contains("Max Memory Used: 128 MB"));
    }

    #[test]
    fn the_tail_keeps_the_last_4096_bytes() {
        let mut tail = Tail::default();
        tail.push(&[b'a'; 5000]);
        tail.push(b"end");
        let kept = tail.take();
        assert_eq!(kept.len(), 4096);
        assert!(kept.ends_with(b"a\nend\n"));
        assert!(tail.take().is_empty());
    }

    #[test]
    fn a_stream_is_named_by_day_version_and_chance() {
        let name = |logging: &Logging| {
            stream_name(Timestamp::from_millis(1_767_323_045_678), logging, "f", "$LATEST", Uuid::nil())
        };
        let mut logging = Logging::default();
        assert_eq!(name(&logging), "2026/01/02/[$LATEST]00000000000000000000000000000000");
        logging.group = Some("mine".into());
        assert_eq!(name(&logging), "2026/01/02/f[$LATEST]00000000000000000000000000000000");
    }
}
