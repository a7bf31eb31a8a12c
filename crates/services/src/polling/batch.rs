//! One batch: the function is invoked with it, and what it has dealt with is deleted. What is throttled, or meets a fault
//! of the server, is tried again as long as the queue hides the messages; what fails is left to the queue, which shows it
//! again or moves it to its dead-letter queue. Never receives a message.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::time::Duration;

use lambent_core::lambda::event_source_mapping::batch::{Failed, event, fitting};
use lambent_core::lambda::event_source_mapping::message::Message;
use lambent_core::lambda::lineage::{Lineage, reached};
use lambent_core::limits::{POLL_RETRY_MAX, POLL_RETRY_MIN};
use lambent_dispatch::{Invocation, InvokeError, Outcome, Resolved};
use tokio::time::Instant;
use tracing::{info, warn};

use super::reading::Reading;
use crate::lambda::trace;

/// Messages for one place among those that run.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) messages: Vec<Message>,
    /// When the first of them came.
    pub(super) received: Instant,
}

/// What becomes of messages that were not run.
enum Refused {
    /// They are shown again at once.
    GivenBack,
    /// They are shown again when the queue does so by itself.
    Left,
}

/// Runs a batch: at once if it fits into one event, else one part after the other. What goes round a loop is stopped without
/// the others.
pub(super) async fn run(reading: &Reading, batch: Batch) {
    let Batch { messages, received } = batch;
    let (looping, others): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| goes_round(reading, message));
    for messages in [others, looping] {
        let records: Vec<String> =
            messages.iter().map(|message| message.record(&reading.queue).to_string()).collect();
        let (mut messages, mut records) = (messages.as_slice(), records.as_slice());
        while !messages.is_empty() {
            let (part, rest) = messages.split_at(fitting(records));
            let is_done = run_part(reading, (part, &records[..part.len()]), received).await;
            // What comes after a failure in an ordered queue waits for it; and what was shown again is somebody else's.
            if (!is_done && reading.is_ordered()) || received.elapsed() >= reading.hidden().await {
                return;
            }
            (messages, records) = (rest, &records[part.len()..]);
        }
    }
}

fn goes_round(reading: &Reading, message: &Message) -> bool {
    let again = |trace| Lineage::of(&reached(trace, &reading.function)).is_loop(&reading.function);
    message.trace().is_some_and(again)
}

/// Whether all of them are dealt with.
async fn run_part(
    reading: &Reading,
    (messages, records): (&[Message], &[String]),
    received: Instant,
) -> bool {
    let failed = match invoke(reading, messages, &event(records), received).await {
        Ok(outcome) => judge(reading, messages, &outcome),
        Err(Refused::GivenBack) => {
            reading.give_back(messages).await;
            return false;
        }
        Err(Refused::Left) => return false,
    };
    let done = messages.iter().filter(|message| !failed.has(&message.id));
    let handles: Vec<String> = done.map(|message| message.receipt_handle.clone()).collect();
    if handles.len() < messages.len() {
        let (mapping, function) = (reading.mapping.id.uuid, reading.function.arn());
        let failed = messages.len() - handles.len();
        info!(%mapping, function, failed, "messages failed: they come again when their queue shows them");
    }
    let is_done = handles.len() == messages.len();
    if !handles.is_empty() {
        reading.delete(handles).await;
    }
    is_done
}

/// Which messages failed.
fn judge(reading: &Reading, messages: &[Message], outcome: &Outcome) -> Failed {
    let types = reading.mapping.settings.response_types.as_deref().unwrap_or_default();
    if outcome.failed {
        return Failed::All;
    }
    if types.iter().any(|name| name == "ReportBatchItemFailures") {
        let ids: Vec<&str> = messages.iter().map(|message| message.id.as_str()).collect();
        return Failed::reported(&outcome.payload, &ids);
    }
    Failed::These(Vec::new())
}

/// Invokes the function; again and again while it is throttled.
async fn invoke(
    reading: &Reading,
    messages: &[Message],
    event: &str,
    received: Instant,
) -> Result<Outcome, Refused> {
    let mut pause = POLL_RETRY_MIN;
    loop {
        let refusal = match once(reading, messages, event).await {
            Ok(outcome) => return Ok(outcome),
            Err(refusal) => refusal,
        };
        match refusal {
            InvokeError::Closing => return Err(Refused::GivenBack),
            InvokeError::Recursive => return Err(Refused::Left),
            InvokeError::NotFound | InvokeError::Failed(_) | InvokeError::Role => {
                tell(reading, &refusal, "messages were not run: they come again when their queue shows them");
                return Err(Refused::Left);
            }
            InvokeError::Throttled(_) | InvokeError::Pending => {}
            // The server's trouble is no message's fault.
            InvokeError::Program(_) | InvokeError::Mount(_) | InvokeError::Sandbox(_) => {
                tell(reading, &refusal, "messages were not run: tried again");
            }
        }
        reading.pace().slow();
        rest(reading, pause, received).await?;
        pause = (pause * 2).min(POLL_RETRY_MAX);
    }
}

fn tell(reading: &Reading, refusal: &InvokeError, what: &'static str) {
    let (mapping, function) = (reading.mapping.id.uuid, reading.function.arn());
    warn!(%mapping, function, %refusal, "{what}");
}

/// Waits before the next attempt, as AWS would. Messages that are shown again by then are somebody else's.
async fn rest(reading: &Reading, pause: Duration, received: Instant) -> Result<(), Refused> {
    let hidden = reading.hidden().await;
    let really = reading.server.clock.real(pause);
    if received.elapsed() + really >= hidden {
        return Err(Refused::Left);
    }
    let draining = &reading.server.pollers.draining;
    let rested = draining.run_until_cancelled(reading.server.waiter().round(pause)).await;
    rested.ok_or(Refused::GivenBack)
}

async fn once(reading: &Reading, messages: &[Message], event: &str) -> Result<Outcome, InvokeError> {
    let server = &reading.server;
    let resolved = server.dispatcher.resolve(&reading.function, &reading.qualifier).await?;
    let invocation = Invocation {
        request_id: server.dice.uuid().to_string(),
        invoked_function_arn: reading.mapping.function_arn.clone(),
        payload: event.to_owned().into(),
        client_context: None,
        trace_id: Some(trace_of(reading, messages, &resolved)),
        tail: false,
        stream: None,
    };
    server.dispatcher.invoke(resolved, invocation).await
}

/// The trace of an invocation: that of the message whose chain of requests has met the function most often.
fn trace_of(reading: &Reading, messages: &[Message], resolved: &Resolved) -> String {
    let traces = messages.iter().filter_map(Message::trace);
    let most = traces.max_by_key(|trace| Lineage::of(trace).returns(&reading.function));
    let trace = trace::completed(&reading.server, most.unwrap_or_default(), resolved.configuration().tracing);
    reached(&trace, &reading.function)
}
