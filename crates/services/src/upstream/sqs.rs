//! What SQS says of queues. Never sends to one.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html>

use serde_json::{Value, json};

use super::json::{Speaks, call};
use super::{Fault, Session};

const SPEAKS: Speaks = Speaks { service: "sqs", content_type: "application/x-amz-json-1.0" };

/// Whether a queue is there, by its name and owner.
pub(crate) async fn queue(session: &Session<'_>, name: &str, owner: &str) -> Result<(), Fault> {
    url(session, name, owner).await.map(drop)
}

/// How many seconds a message that was received stays hidden; none if the queue does not say.
pub(crate) async fn hides_for_s(
    session: &Session<'_>,
    name: &str,
    owner: &str,
) -> Result<Option<u32>, Fault> {
    let url = url(session, name, owner).await?;
    let input = json!({ "QueueUrl": url["QueueUrl"], "AttributeNames": ["VisibilityTimeout"] });
    let answer = call(session, SPEAKS, "AmazonSQS.GetQueueAttributes", &input).await?;
    Ok(answer["Attributes"]["VisibilityTimeout"].as_str().and_then(|text| text.parse().ok()))
}

async fn url(session: &Session<'_>, name: &str, owner: &str) -> Result<Value, Fault> {
    let input = json!({ "QueueName": name, "QueueOwnerAWSAccountId": owner });
    call(session, SPEAKS, "AmazonSQS.GetQueueUrl", &input).await
}
