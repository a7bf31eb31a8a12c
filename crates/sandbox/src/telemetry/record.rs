//! An event as its subscribers read it. Invents nothing: the record is what was told.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use lambent_core::time::Timestamp;
use serde_json::Value;

use super::Stream;
use super::subscription::Form;

/// Something that was told.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) stream: Stream,
    pub(super) time: Timestamp,
    /// `platform.start`, `function`…
    pub(super) kind: &'static str,
    /// As JSON.
    pub(super) record: String,
}

/// Each is an object `{time, type, record}`; none where the form does not have the event.
pub(super) fn words(event: &Event, form: Form) -> Vec<String> {
    let objects = match form {
        Form::Logs { runtime_done } if event.stream == Stream::Platform => {
            return super::legacy::words(event, runtime_done);
        }
        Form::Logs { .. } => false,
        Form::Telemetry { objects } => objects,
    };
    let is_line = event.stream != Stream::Platform;
    if is_line && !objects && event.record.starts_with('{') {
        // Older forms have lines as they were written.
        return vec![object(event.time, event.kind, &Value::from(event.record.as_str()).to_string())];
    }
    vec![object(event.time, event.kind, &event.record)]
}

/// `record`: JSON.
pub(super) fn object(time: Timestamp, kind: &str, record: &str) -> String {
    format!(r#"{{"time":"{}","type":"{kind}","record":{record}}}"#, time.to_iso_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: Stream, kind: &'static str, record: &str, form: Form, expected: &str) {
        let event = Event { stream, time: Timestamp::from_millis(0), kind, record: record.to_owned() };
        let expected = format!(r#"{{"time":"1970-01-01T00:00:00.000Z",{expected}}}"#);
        assert_eq!(words(&event, form), [expected]);
    }

    #[test]
    fn a_line_is_a_string_or_an_object_as_the_schema_has_it() {
        let [new, old] = [true, false].map(|objects| Form::Telemetry { objects });
        for form in [new, old, Form::Logs { runtime_done: true }] {
            check(Stream::Function, "function", r#""a\nb""#, form, r#""type":"function","record":"a\nb""#);
        }
        let record = r#"{"level":"INFO"}"#;
        check(Stream::Extension, "extension", record, new, r#""type":"extension","record":{"level":"INFO"}"#);
        let text = r#""type":"function","record":"{\"level\":\"INFO\"}""#;
        check(Stream::Function, "function", record, old, text);
        check(Stream::Function, "function", record, Form::Logs { runtime_done: false }, text);
        check(
            Stream::Platform,
            "platform.start",
            record,
            old,
            r#""type":"platform.start","record":{"level":"INFO"}"#,
        );
    }
}
