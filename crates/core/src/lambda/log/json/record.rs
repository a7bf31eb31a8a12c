//! The records of the platform's events by the schema of the Telemetry API. Never chooses one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use std::time::Duration;

use serde::Serialize;

use crate::lambda::log::event::{Failed, Initialized, Instance};
use crate::lambda::log::span::Span;
use crate::lambda::log::{Report, thousandths};
use crate::lambda::runtime_version::RuntimeVersion;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InitStart<'a> {
    initialization_type: &'static str,
    phase: &'static str,
    runtime_version: &'a str,
    runtime_version_arn: &'a str,
    function_name: &'a str,
    function_version: &'a str,
    instance_id: &'a str,
    instance_max_memory: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InitDone<'a> {
    initialization_type: &'static str,
    phase: &'static str,
    #[serde(flatten)]
    status: Status<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Took>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start<'a> {
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_arn: Option<String>,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracing: Option<Tracing<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Done<'a, M> {
    request_id: &'a str,
    metrics: M,
    #[serde(flatten)]
    status: Status<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracing: Option<Tracing<'a>>,
}

#[derive(Serialize)]
pub(super) struct Tracing<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    name: &'static str,
    start: String,
    duration_ms: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Took {
    pub(super) duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) produced_bytes: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    duration_ms: f64,
    billed_duration_ms: u128,
    #[serde(rename = "memorySizeMB")]
    memory_size_mb: u32,
    #[serde(rename = "maxMemoryUsedMB")]
    max_memory_used_mb: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    init_duration_ms: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extension<'a> {
    pub(super) name: &'a str,
    pub(super) state: &'a str,
    pub(super) events: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_type: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Subscription<'a> {
    pub(super) name: &'a str,
    pub(super) state: &'a str,
    pub(super) types: &'a [&'static str],
}

impl<'a> InitStart<'a> {
    pub(super) fn of(
        init: &Initialized,
        function_name: &'a str,
        function_version: &'a str,
        runtime: &'a RuntimeVersion,
        instance: Instance<'a>,
    ) -> Self {
        Self {
            initialization_type: init.initialization.as_str(),
            phase: init.phase.as_str(),
            runtime_version: &runtime.name,
            runtime_version_arn: &runtime.arn,
            function_name,
            function_version,
            instance_id: instance.id,
            instance_max_memory: instance.memory_mib,
        }
    }
}

impl<'a> InitDone<'a> {
    pub(super) fn of(init: &Initialized, failed: &Failed<'a>, took: Option<Duration>) -> Self {
        Self {
            initialization_type: init.initialization.as_str(),
            phase: init.phase.as_str(),
            status: Status::of(failed),
            metrics: took.map(|took| Took { duration_ms: thousandths(took), produced_bytes: None }),
        }
    }
}

impl<'a> Start<'a> {
    pub(super) fn of(
        request_id: &'a str,
        function_arn: Option<String>,
        version: &'a str,
        trace: Option<&'a str>,
    ) -> Self {
        Self { request_id, function_arn, version, tracing: trace.map(Tracing::of) }
    }
}

impl<'a, M> Done<'a, M> {
    pub(super) fn of(
        request_id: &'a str,
        metrics: M,
        failed: &Failed<'a>,
        spans: &[Span],
        trace: Option<&'a str>,
    ) -> Self {
        let spans = spans.iter().map(Part::of).collect();
        Self { request_id, metrics, status: Status::of(failed), spans, tracing: trace.map(Tracing::of) }
    }
}

impl<'a> Tracing<'a> {
    fn of(value: &'a str) -> Self {
        Self { kind: "X-Amzn-Trace-Id", value }
    }
}

impl Part {
    fn of(span: &Span) -> Self {
        Self {
            name: span.name.as_str(),
            start: span.start.to_iso_string(),
            duration_ms: thousandths(span.duration),
        }
    }
}

impl<'a> Status<'a> {
    /// A time-out is a status of its own, without an error type.
    fn of(failed: &Failed<'a>) -> Self {
        match *failed {
            None => Self { status: "success", error_type: None },
            Some(("timeout", _)) => Self { status: "timeout", error_type: None },
            Some((status, kind)) => Self { status, error_type: Some(kind) },
        }
    }
}

impl Cost {
    pub(super) fn of(report: &Report<'_>) -> Self {
        Self {
            duration_ms: thousandths(report.duration),
            billed_duration_ms: report.billed_ms(),
            memory_size_mb: report.memory_mib,
            max_memory_used_mb: report.memory_used_mib(),
            init_duration_ms: report.init.map(thousandths),
        }
    }
}
