//! Messages of a queue of SQS: received, deleted, given back. Never judges one.
//!
//! Sources: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>,
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html>

use std::time::Duration;

use lambent_core::lambda::event_source_mapping::message::Message;
use lambent_core::limits::{MESSAGES_AT_ONCE_MAX, MESSAGES_MAX_BYTES, UPSTREAM_ANSWER_MAX_BYTES};
use serde::Deserialize;
use serde_json::{Value, json};

use super::json::call_for;
use super::sqs::SQS;
use super::{Fault, Session};

/// Receives as many messages as there are, but no more than ten, and waits for the first so long, in whole seconds.
pub(crate) async fn receive(
    session: &Session<'_>,
    queue_url: &str,
    at_most: usize,
    wait: Duration,
) -> Result<Vec<Message>, Fault> {
    let input = json!({
        "QueueUrl": queue_url,
        "MaxNumberOfMessages": at_most.clamp(1, MESSAGES_AT_ONCE_MAX),
        "WaitTimeSeconds": wait.as_secs(),
        // The older name of the same; some know only one of them.
        "AttributeNames": ["All"],
        "MessageSystemAttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    });
    let target = "AmazonSQS.ReceiveMessage";
    let answer: Received = call_for(session, SQS, target, &input, MESSAGES_MAX_BYTES).await?;
    Ok(answer.messages.unwrap_or_default())
}

/// Deletes messages, by their handles; gives those that are not deleted.
pub(crate) async fn delete(
    session: &Session<'_>,
    queue_url: &str,
    handles: &[String],
) -> Result<Vec<String>, Fault> {
    let entry =
        |(number, handle): (usize, &String)| json!({ "Id": number.to_string(), "ReceiptHandle": handle });
    batches(session, ("AmazonSQS.DeleteMessageBatch", queue_url), handles, entry).await
}

/// Shows messages again at once; gives those that are not.
pub(crate) async fn give_back(
    session: &Session<'_>,
    queue_url: &str,
    handles: &[String],
) -> Result<Vec<String>, Fault> {
    let entry = |(number, handle): (usize, &String)| json!({ "Id": number.to_string(), "ReceiptHandle": handle, "VisibilityTimeout": 0 });
    batches(session, ("AmazonSQS.ChangeMessageVisibilityBatch", queue_url), handles, entry).await
}

/// Does something to messages, ten by ten.
async fn batches(
    session: &Session<'_>,
    (target, queue_url): (&'static str, &str),
    handles: &[String],
    entry: impl Fn((usize, &String)) -> Value,
) -> Result<Vec<String>, Fault> {
    let mut left = Vec::new();
    for some in handles.chunks(MESSAGES_AT_ONCE_MAX) {
        let entries: Vec<Value> = some.iter().enumerate().map(&entry).collect();
        let input = json!({ "QueueUrl": queue_url, "Entries": entries });
        let done: Done = call_for(session, SQS, target, &input, UPSTREAM_ANSWER_MAX_BYTES).await?;
        let failed = done.failed.unwrap_or_default();
        // A handle that is no good any more will be no better.
        let again = failed.into_iter().filter(|failed| !failed.sender_fault);
        left.extend(again.filter_map(|failed| some.get(failed.id.parse::<usize>().ok()?).cloned()));
    }
    Ok(left)
}

#[derive(Deserialize)]
struct Received {
    #[serde(rename = "Messages")]
    messages: Option<Vec<Message>>,
}

#[derive(Deserialize)]
struct Done {
    #[serde(rename = "Failed")]
    failed: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    id: String,
    #[serde(default)]
    sender_fault: bool,
}
