//! What is told of an event that ended, as AWS writes it: the record that destinations get, and what stands beside an
//! event in a dead-letter queue. Never says to whom.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use serde::Serialize;
use serde_json::Value;

use super::{Condition, Ended, Event, Response};
use crate::lambda::lineage::RECURSIVE_INVOCATION;
use crate::limits::DEAD_LETTER_MESSAGE_MAX_BYTES;

/// The members of the record that do not hold what callers and functions wrote.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    request_id: &'a str,
    function_arn: String,
    condition: &'static str,
    approximate_invoke_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseContext<'a> {
    status_code: u16,
    executed_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_error: Option<&'static str>,
}

impl Event {
    /// The record of its end: JSON. The event and the answer stand in it as they were written; where `with_payloads` is
    /// not set, for what takes no message as large, both are left out.
    #[must_use]
    pub fn record(&self, ended: &Ended, with_payloads: bool) -> String {
        let Ended { condition, response, at, .. } = ended;
        let succeeded = u32::from(*condition == Condition::Success);
        let context = json(&RequestContext {
            request_id: &self.request_id,
            function_arn: self.function.qualified_arn(&self.qualifier),
            condition: condition.as_str(),
            approximate_invoke_count: self.attempts + succeeded,
        });
        let mut record = format!(
            "{{\"version\":\"1.0\",\"timestamp\":\"{}\",\"requestContext\":{context}",
            at.to_iso_string()
        );
        if with_payloads {
            record += &format!(",\"requestPayload\":{}", self.payload);
        }
        if let Some(Response { version, failed, payload }) = response {
            let function_error = failed.then_some("Unhandled");
            let context =
                json(&ResponseContext { status_code: 200, executed_version: version, function_error });
            record += &format!(",\"responseContext\":{context}");
            if with_payloads {
                record += &format!(",\"responsePayload\":{}", as_json(payload));
            }
        }
        record + "}"
    }

    /// What stands beside it in a dead-letter queue: the attributes `RequestID`, `ErrorCode` and `ErrorMessage`, each with
    /// its type and value.
    #[must_use]
    pub fn dead_letter_attributes(&self, ended: &Ended) -> [(&'static str, &'static str, String); 3] {
        let (code, message) = match (&ended.response, ended.condition) {
            (_, Condition::RecursiveInvocation) => ("400", RECURSIVE_INVOCATION.to_owned()),
            (Some(response), _) => ("200", error_message(&response.payload)),
            // What was turned away by nothing but limits is not known to the event.
            (None, _) if self.turned_away == 0 => ("429", "Rate Exceeded.".to_owned()),
            (None, _) => ("500", ended.condition.as_str().to_owned()),
        };
        [
            ("RequestID", "String", self.request_id.clone()),
            ("ErrorCode", "Number", code.to_owned()),
            ("ErrorMessage", "String", message),
        ]
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers always serialise")
}

/// What a runtime answered, as it stands in a record: a text if it is not JSON.
fn as_json(payload: &str) -> String {
    if payload.is_empty() {
        return "null".to_owned();
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(payload) {
        Ok(_) => payload.to_owned(),
        Err(_) => json(&payload),
    }
}

/// The `errorMessage` of a failure, or all of it: its first kilobyte. An attribute may not be empty.
fn error_message(payload: &str) -> String {
    let read: Option<Value> = serde_json::from_str(payload).ok();
    let message = read.as_ref().and_then(|read| read.get("errorMessage")?.as_str()).unwrap_or(payload);
    let end = message.floor_char_boundary(DEAD_LETTER_MESSAGE_MAX_BYTES);
    if message.is_empty() { "Unhandled".to_owned() } else { message[..end].to_owned() }
}
