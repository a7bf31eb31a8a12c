//! The platform's events as JSON, in the members and the order of AWS. Never decides which are wanted.
//!
//! Not told: `spans`, which need times that only the runtime knows, and `runtimeVersion`, `instanceId` and
//! `instanceMaxMemory` of `platform.initStart`.

use std::time::Duration;

use serde::Serialize;

use super::event::{Event, Failed, Initialized};
use super::{Report, ms};
use crate::time::Timestamp;

#[derive(Serialize)]
struct Line<'a, R> {
    time: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    record: R,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InitStart<'a> {
    initialization_type: &'static str,
    phase: &'static str,
    function_name: &'a str,
    function_version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InitDone<'a> {
    initialization_type: &'static str,
    phase: &'static str,
    #[serde(flatten)]
    status: Status<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Took>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    request_id: &'a str,
    function_arn: String,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done<'a, M> {
    request_id: &'a str,
    metrics: M,
    #[serde(flatten)]
    status: Status<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Took {
    duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    produced_bytes: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    duration_ms: f64,
    billed_duration_ms: u128,
    #[serde(rename = "memorySizeMB")]
    memory_size_mb: u32,
    #[serde(rename = "maxMemoryUsedMB")]
    max_memory_used_mb: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    init_duration_ms: Option<f64>,
}

/// The event's line; none where JSON has none.
pub(super) fn line(event: &Event<'_>, now: Timestamp) -> Option<String> {
    let time = now.to_iso_string();
    let time = time.as_str();
    let made = match event {
        Event::InitStart { init, function, version } => {
            let (initialization_type, phase) = names(init);
            let record = InitStart {
                initialization_type,
                phase,
                function_name: &function.name,
                function_version: version,
            };
            write(Line { time, kind: "platform.initStart", record })
        }
        Event::InitRuntimeDone { init, failed } => {
            write(Line { time, kind: "platform.initRuntimeDone", record: init_done(init, failed, None) })
        }
        Event::InitReport { init, duration, failed } => {
            let record = init_done(init, failed, Some(*duration));
            write(Line { time, kind: "platform.initReport", record })
        }
        Event::Start { request_id, function, version } => {
            let record = Start { request_id, function_arn: function.arn(), version };
            write(Line { time, kind: "platform.start", record })
        }
        Event::Fault { .. } => return None,
        Event::RuntimeDone { request_id, duration, produced_bytes, failed } => {
            let metrics = Took { duration_ms: thousandths(*duration), produced_bytes: Some(*produced_bytes) };
            let record = Done { request_id, metrics, status: status(failed) };
            write(Line { time, kind: "platform.runtimeDone", record })
        }
        Event::Report(report) => write(Line { time, kind: "platform.report", record: cost(report) }),
    };
    Some(made)
}

fn write(line: Line<'_, impl Serialize>) -> String {
    serde_json::to_string(&line).expect("numbers and strings always serialise")
}

fn names(init: &Initialized) -> (&'static str, &'static str) {
    (init.initialization.as_str(), init.phase.as_str())
}

fn init_done<'a>(init: &Initialized, failed: &Failed<'a>, took: Option<Duration>) -> InitDone<'a> {
    let (initialization_type, phase) = names(init);
    let metrics = took.map(|took| Took { duration_ms: thousandths(took), produced_bytes: None });
    InitDone { initialization_type, phase, status: status(failed), metrics }
}

fn cost<'a>(report: &Report<'a>) -> Done<'a, Cost> {
    let metrics = Cost {
        duration_ms: thousandths(report.duration),
        billed_duration_ms: report.billed_ms(),
        memory_size_mb: report.memory_mib,
        max_memory_used_mb: report.memory_used_mib(),
        init_duration_ms: report.init.map(thousandths),
    };
    Done { request_id: report.request_id, metrics, status: status(&report.failed) }
}

/// A time-out is a status of its own, without an error type.
fn status<'a>(failed: &Failed<'a>) -> Status<'a> {
    match *failed {
        None => Status { status: "success", error_type: None },
        Some(("timeout", _)) => Status { status: "timeout", error_type: None },
        Some((status, kind)) => Status { status, error_type: Some(kind) },
    }
}

fn thousandths(span: Duration) -> f64 {
    (ms(span) * 1000.0).round() / 1000.0
}
