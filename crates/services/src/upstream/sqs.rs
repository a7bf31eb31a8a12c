//! Queues of SQS: whether one is there, and messages to it. Never receives one: `messages` does.
//!
//! Sources: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html>,
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>

use serde_json::{Map, Value, json};

use super::json::{Speaks, call};
use super::{Attribute, Fault, Session, UpstreamError};

pub(super) const SQS: Speaks = Speaks { service: "sqs", content_type: "application/x-amz-json-1.0" };

/// Whether a queue is there, by its name and owner.
pub(crate) async fn queue(session: &Session<'_>, name: &str, owner: &str) -> Result<(), Fault> {
    found(session, name, owner).await.map(drop)
}

/// How many seconds a message that was received stays hidden; none if the queue does not say.
pub(crate) async fn hides_for_s(
    session: &Session<'_>,
    name: &str,
    owner: &str,
) -> Result<Option<u32>, Fault> {
    let found = found(session, name, owner).await?;
    let input = json!({ "QueueUrl": found["QueueUrl"], "AttributeNames": ["VisibilityTimeout"] });
    let answer = call(session, SQS, "AmazonSQS.GetQueueAttributes", &input).await?;
    Ok(answer["Attributes"]["VisibilityTimeout"].as_str().and_then(|text| text.parse().ok()))
}

async fn found(session: &Session<'_>, name: &str, owner: &str) -> Result<Value, Fault> {
    let input = json!({ "QueueName": name, "QueueOwnerAWSAccountId": owner });
    call(session, SQS, "AmazonSQS.GetQueueUrl", &input).await
}

/// Sends a message to a queue, by its name and owner.
pub(crate) async fn send(
    session: &Session<'_>,
    (name, owner): (&str, &str),
    body: &str,
    attributes: &[Attribute],
) -> Result<(), Fault> {
    let url = url(session, name, owner).await?;
    let attribute = |(name, kind, value): &Attribute| {
        ((*name).to_owned(), json!({ "DataType": kind, "StringValue": value }))
    };
    let mut input = json!({ "QueueUrl": url, "MessageBody": body });
    if !attributes.is_empty() {
        let attributes: Map<String, Value> = attributes.iter().map(attribute).collect();
        input["MessageAttributes"] = attributes.into();
    }
    if let Some(trace_id) = session.trace_id() {
        let header = json!({ "DataType": "String", "StringValue": trace_id });
        input["MessageSystemAttributes"] = json!({ "AWSTraceHeader": header });
    }
    call(session, SQS, "AmazonSQS.SendMessage", &input).await.map(drop)
}

/// The URL of a queue. AWS writes it in one way, so that a role that may only send need not ask for it; emulators write it
/// in several.
pub(crate) async fn url(session: &Session<'_>, name: &str, owner: &str) -> Result<String, Fault> {
    if !session.is_emulated() {
        return Ok(format!("{}/{owner}/{name}", session.url_of("sqs")));
    }
    let found = found(session, name, owner).await?;
    let url = found["QueueUrl"].as_str().map(str::to_owned);
    let detail = "GetQueueUrl gives no URL".to_owned();
    Ok(url.ok_or(UpstreamError::Unreadable { service: "sqs", detail })?)
}
