//! Events of the platform as the older Logs API has them. Leaves out what it does not know.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html>

use serde_json::{Map, Value, json};

use super::record::{Event, object};

/// Each is an object `{time, type, record}`. `runtime_done`: its schema has `platform.runtimeDone`.
pub(super) fn words(event: &Event, runtime_done: bool) -> Vec<String> {
    let record: Map<String, Value> = serde_json::from_str(&event.record).unwrap_or_default();
    let say = |kind: &str, record: Value| object(event.time, kind, &record.to_string());
    match event.kind {
        "platform.start" => vec![say(event.kind, only(&record, &["requestId", "version", "tracing"]))],
        "platform.runtimeDone" => {
            let mut said = Vec::new();
            if let Some(fault) = fault(&record) {
                said.push(say("platform.fault", Value::from(fault)));
            }
            if runtime_done {
                said.push(say(event.kind, done(&record)));
            }
            said
        }
        "platform.report" => vec![
            say("platform.end", only(&record, &["requestId"])),
            say(event.kind, only(&record, &["requestId", "metrics", "tracing"])),
        ],
        "platform.extension"
        | "platform.logsDropped"
        | "platform.logsSubscription"
        | "platform.telemetrySubscription" => {
            vec![object(event.time, event.kind, &event.record)]
        }
        _ => Vec::new(),
    }
}

fn only(record: &Map<String, Value>, keys: &[&str]) -> Value {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), record.get(*key)?.clone()))).collect()
}

/// Its status is one of three.
fn done(record: &Map<String, Value>) -> Value {
    let known = |status: &&str| matches!(*status, "success" | "timeout");
    let status = record.get("status").and_then(Value::as_str).filter(known).unwrap_or("failure");
    json!({ "requestId": record.get("requestId"), "status": status })
}

/// What is said of a program that ended instead of answering.
fn fault(record: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let ended = matches!(text("errorType")?, "Runtime.ExitError" | "Runtime.OutOfMemory");
    ended.then(|| {
        format!(
            "RequestId: {} Process exited before completing request",
            text("requestId").unwrap_or_default()
        )
    })
}

#[cfg(test)]
mod tests {
    use lambent_core::time::Timestamp;

    use super::*;
    use crate::telemetry::Stream;

    fn check(kind: &'static str, record: &Value, runtime_done: bool, expected: &[&str]) {
        let time = Timestamp::from_millis(0);
        let event = Event { stream: Stream::Platform, time, kind, record: record.to_string() };
        let told = words(&event, runtime_done);
        let expected: Vec<_> =
            expected.iter().map(|rest| format!(r#"{{"time":"1970-01-01T00:00:00.000Z",{rest}}}"#)).collect();
        assert_eq!(told, expected, "{kind}");
    }

    #[test]
    fn an_invocation_has_its_older_events() {
        let start = json!({ "requestId": "r", "version": "1" });
        check(
            "platform.start",
            &start,
            false,
            &[r#""type":"platform.start","record":{"requestId":"r","version":"1"}"#],
        );
        let done = json!({ "requestId": "r", "status": "success", "metrics": {} });
        check("platform.runtimeDone", &done, false, &[]);
        let said = r#""type":"platform.runtimeDone","record":{"requestId":"r","status":"success"}"#;
        check("platform.runtimeDone", &done, true, &[said]);
        let report = json!({ "requestId": "r", "status": "success", "metrics": { "durationMs": 1.5 } });
        let end = r#""type":"platform.end","record":{"requestId":"r"}"#;
        let said = r#""type":"platform.report","record":{"requestId":"r","metrics":{"durationMs":1.5}}"#;
        check("platform.report", &report, true, &[end, said]);
        check("platform.initStart", &json!({}), true, &[]);
    }

    #[test]
    fn a_dead_program_is_a_fault() {
        let done = json!({ "requestId": "r", "status": "error", "errorType": "Runtime.ExitError" });
        let fault =
            r#""type":"platform.fault","record":"RequestId: r Process exited before completing request""#;
        let said = r#""type":"platform.runtimeDone","record":{"requestId":"r","status":"failure"}"#;
        check("platform.runtimeDone", &done, true, &[fault, said]);
        let done = json!({ "requestId": "r", "status": "error", "errorType": "Function.Unknown" });
        check("platform.runtimeDone", &done, false, &[]);
    }
}
