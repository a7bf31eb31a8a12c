//! Messages of queues: as SQS gives them, and as functions get them. Never receives one.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>,
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::filter;

/// The system attribute in which SQS keeps the trace header of who sent a message.
const TRACE: &str = "AWSTraceHeader";
/// That of the group whose messages keep their order.
const GROUP: &str = "MessageGroupId";

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// Its id, which it keeps however often it is received.
    #[serde(rename = "MessageId")]
    pub id: String,
    /// What deletes it, and is another each time.
    pub receipt_handle: String,
    /// What was sent.
    #[serde(default)]
    pub body: String,
    /// Its digest.
    #[serde(rename = "MD5OfBody", default)]
    pub md5_of_body: String,
    /// That of its attributes, if it has any.
    #[serde(rename = "MD5OfMessageAttributes")]
    pub md5_of_attributes: Option<String>,
    /// What the queue says of it: `SentTimestamp`, `ApproximateReceiveCount` and others.
    #[serde(rename = "Attributes", default)]
    pub system: Map<String, Value>,
    /// What its sender wrote beside it.
    #[serde(rename = "MessageAttributes", default)]
    pub attributes: BTreeMap<String, Attribute>,
}

/// An attribute that a sender wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, and what the sender put behind it.
    pub data_type: String,
    /// A text or a number.
    pub string_value: Option<String>,
    /// Bytes, in base64.
    pub binary_value: Option<String>,
}

impl Message {
    /// The trace that it is part of.
    #[must_use]
    pub fn trace(&self) -> Option<&str> {
        self.system.get(TRACE)?.as_str()
    }

    /// Makes it part of a trace.
    pub fn set_trace(&mut self, trace: String) {
        self.system.insert(TRACE.to_owned(), trace.into());
    }

    /// The group of a FIFO queue that it is in.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.system.get(GROUP)?.as_str()
    }

    /// What a function gets of it, from a queue with this ARN.
    #[must_use]
    pub fn record(&self, queue: &str) -> Value {
        let attributes = self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.shown()));
        let mut record = json!({
            "messageId": self.id,
            "receiptHandle": self.receipt_handle,
            "body": self.body,
            "attributes": self.system,
            "messageAttributes": attributes.collect::<Map<String, Value>>(),
        });
        if let Some(md5) = &self.md5_of_attributes {
            record["md5OfMessageAttributes"] = md5.as_str().into();
        }
        record["md5OfBody"] = self.md5_of_body.as_str().into();
        record["eventSource"] = "aws:sqs".into();
        record["eventSourceARN"] = queue.into();
        record["awsRegion"] = queue.split(':').nth(3).unwrap_or_default().into();
        record
    }

    /// Whether one of the patterns lets it through. A body that is JSON is matched by its parts, another as a text.
    #[must_use]
    pub fn passes(&self, patterns: &[Value], queue: &str) -> bool {
        let mut event = self.record(queue);
        let any = |event: &Value| patterns.iter().any(|pattern| filter::matches(pattern, event));
        match serde_json::from_str(&self.body) {
            Ok(body @ (Value::Object(_) | Value::Array(_))) => {
                event["body"] = body;
                any(&event)
            }
            // A number is a text as well.
            Ok(body) => {
                let as_text = any(&event);
                event["body"] = body;
                as_text || any(&event)
            }
            Err(_text) => any(&event),
        }
    }
}

impl Attribute {
    fn shown(&self) -> Value {
        let mut shown = Map::new();
        let values = [("stringValue", &self.string_value), ("binaryValue", &self.binary_value)];
        for (name, value) in values {
            if let Some(value) = value {
                shown.insert(name.to_owned(), value.as_str().into());
            }
        }
        shown.insert("stringListValues".to_owned(), json!([]));
        shown.insert("binaryListValues".to_owned(), json!([]));
        shown.insert("dataType".to_owned(), self.data_type.as_str().into());
        shown.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "arn:aws:sqs:us-east-2:123456789012:my-queue";

    fn message(body: &str) -> Message {
        serde_json::from_value(json!({
            "MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "ReceiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
            "Body": body, "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "Attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183" },
        }))
        .unwrap()
    }

    #[test]
    fn a_function_gets_the_event_of_awss_documentation() {
        let expected = json!({
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
            "body": "Test message.",
            "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183" },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": QUEUE,
            "awsRegion": "us-east-2",
        });
        assert_eq!(message("Test message.").record(QUEUE).to_string(), expected.to_string());
    }

    #[test]
    fn attributes_are_in_lower_camel_case() {
        let attributes = json!({
            "a": { "DataType": "String", "StringValue": "x" },
            "b": { "DataType": "Binary", "BinaryValue": "AAE=" },
        });
        let mut message = message("m");
        message.attributes = serde_json::from_value(attributes).unwrap();
        message.md5_of_attributes = Some("d25a6aea97eb8f585bfa92d314504a92".to_owned());
        let record = message.record(QUEUE);
        let lists = json!([]);
        let text = json!({ "stringValue": "x", "stringListValues": lists, "binaryListValues": lists, "dataType": "String" });
        assert_eq!(record["messageAttributes"]["a"], text);
        assert_eq!(record["messageAttributes"]["b"]["binaryValue"], "AAE=");
        assert_eq!(record["md5OfMessageAttributes"], "d25a6aea97eb8f585bfa92d314504a92");
    }

    #[test]
    fn a_body_is_matched_as_what_it_is() {
        let passes = |body: &str, pattern: Value| message(body).passes(&[pattern], QUEUE);
        assert!(passes(r#"{"a":1}"#, json!({ "body": { "a": [1] } })));
        assert!(!passes(r#"{"a":1}"#, json!({ "body": [r#"{"a":1}"#] })), "JSON is no text");
        assert!(passes("plain", json!({ "body": ["plain"] })));
        assert!(!passes("plain", json!({ "body": { "a": [1] } })));
        assert!(passes("12", json!({ "body": ["12"] })) && passes("12", json!({ "body": [12] })));
        assert!(passes("plain", json!({ "attributes": { "ApproximateReceiveCount": ["1"] } })));
        assert!(!message("m").passes(&[], QUEUE));
        let mut message = message("m");
        message.set_trace("Root=1".to_owned());
        assert_eq!(message.trace(), Some("Root=1"));
    }
}
