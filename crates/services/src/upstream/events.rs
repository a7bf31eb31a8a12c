//! What EventBridge says of event buses. Never puts an event on one.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html>

use serde_json::json;

use super::json::{Speaks, call};
use super::{Fault, Session};

/// Whether an event bus is there, by its name.
pub(crate) async fn bus(session: &Session<'_>, name: &str) -> Result<(), Fault> {
    let speaks = Speaks { service: "events", content_type: "application/x-amz-json-1.1" };
    call(session, speaks, "AWSEvents.DescribeEventBus", &json!({ "Name": name })).await.map(drop)
}
