//! The platform's events as JSON, in the members and the order of AWS. Never decides which are wanted.

mod record;

use serde::Serialize;
use serde_json::Value;

use self::record::{Cost, Done, Extension, InitDone, InitStart, Start, Subscription, Took};
use super::event::Event;
use super::thousandths;
use crate::time::Timestamp;

/// Who reads a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Whoever reads the log.
    Log,
    /// An extension, through the Telemetry API.
    Extension,
}

/// The event's line; none where JSON has none.
pub(super) fn line(event: &Event<'_>, now: Timestamp) -> Option<String> {
    let (kind, record) = record(event, Reader::Log)?;
    Some(format!(r#"{{"time":"{}","type":"{kind}","record":{record}}}"#, now.to_iso_string()))
}

/// The event's type and record; none where JSON has none.
pub(super) fn record(event: &Event<'_>, reader: Reader) -> Option<(&'static str, String)> {
    let made = match event {
        Event::InitStart { init, function, version, runtime, instance } => {
            ("platform.initStart", write(&InitStart::of(init, &function.name, version, runtime, *instance)))
        }
        Event::InitRuntimeDone { init, failed } => {
            ("platform.initRuntimeDone", write(&InitDone::of(init, failed, None)))
        }
        Event::InitReport { init, duration, failed } => {
            ("platform.initReport", write(&InitDone::of(init, failed, Some(*duration))))
        }
        Event::Start { request_id, function, version, trace } => {
            let arn = (reader == Reader::Log).then(|| function.arn());
            ("platform.start", write(&Start::of(request_id, arn, version, *trace)))
        }
        Event::Fault { .. } => return None,
        Event::RuntimeDone { request_id, duration, produced_bytes, failed, spans, trace } => {
            let metrics = Took { duration_ms: thousandths(*duration), produced_bytes: Some(*produced_bytes) };
            ("platform.runtimeDone", write(&Done::of(request_id, metrics, failed, spans, *trace)))
        }
        Event::Report(report) => {
            let cost = Cost::of(report);
            let done = Done::of(report.request_id, cost, &report.failed, &report.spans, report.trace);
            ("platform.report", write(&done))
        }
        Event::Extension { name, state, events, error_type } => {
            let (error_type, record) = (*error_type, "platform.extension");
            (record, write(&Extension { name, state, events, error_type }))
        }
        Event::Subscription { name, logs, state, types } => {
            let kind = if *logs { "platform.logsSubscription" } else { "platform.telemetrySubscription" };
            (kind, write(&Subscription { name, state, types }))
        }
    };
    Some(made)
}

/// A line of a function or an extension as a record: an object where the log is JSON and so is the line, else a string.
pub(super) fn of_line(text: &[u8], objects: bool) -> String {
    let text = String::from_utf8_lossy(text);
    if objects
        && text.starts_with('{')
        && let Ok(object @ Value::Object(_)) = serde_json::from_str(&text)
    {
        return write(&object);
    }
    write(&text)
}

fn write(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("numbers and strings always serialise")
}
