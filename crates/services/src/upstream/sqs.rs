//! What SQS says of queues. Never sends to one.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html>

use serde_json::json;

use super::json::{Speaks, call};
use super::{Fault, Session};

/// Whether a queue is there, by its name and owner.
pub(crate) async fn queue(session: &Session<'_>, name: &str, owner: &str) -> Result<(), Fault> {
    let speaks = Speaks { service: "sqs", content_type: "application/x-amz-json-1.0" };
    let input = json!({ "QueueName": name, "QueueOwnerAWSAccountId": owner });
    call(session, speaks, "AmazonSQS.GetQueueUrl", &input).await.map(drop)
}
