//! Event buses of EventBridge: whether one is there, and entries for it. Never makes a rule.
//!
//! Sources: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>

use serde_json::{Value, json};

use super::json::{Speaks, call};
use super::{Fault, Session, UpstreamError};

const EVENTS: Speaks = Speaks { service: "events", content_type: "application/x-amz-json-1.1" };

/// Whether an event bus is there, by its name.
pub(crate) async fn bus(session: &Session<'_>, name: &str) -> Result<(), Fault> {
    call(session, EVENTS, "AWSEvents.DescribeEventBus", &json!({ "Name": name })).await.map(drop)
}

/// Puts one entry on a bus.
pub(crate) async fn put(session: &Session<'_>, entry: &Value) -> Result<(), Fault> {
    let answer = call(session, EVENTS, "AWSEvents.PutEvents", &json!({ "Entries": [entry] })).await?;
    if answer["FailedEntryCount"].as_u64().unwrap_or(0) == 0 {
        return Ok(());
    }
    let told = |member: &str| answer["Entries"][0][member].as_str().unwrap_or_default().to_owned();
    let (code, message) = (told("ErrorCode"), told("ErrorMessage"));
    Err(UpstreamError::Failed { service: "events", status: 200, code, message }.into())
}
