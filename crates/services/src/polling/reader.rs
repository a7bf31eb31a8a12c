//! The reader of one mapping: waits for a place, gathers a batch, hands it on, and rests longer and longer while the queue
//! cannot be read. What comes after it was told to stop is given back. Never runs a batch itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::event_source_mapping::message::Message;
use lambent_core::limits::{
    MESSAGES_AT_ONCE_MAX, POLL_PAUSE_MIN, POLL_RETRY_MAX, POLL_RETRY_MIN, SYNC_PAYLOAD_MAX_BYTES,
};
use lambent_core::time::Timestamp;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::{info, warn};

use super::batch::{self, Batch};
use super::reading::Reading;
use super::stop::Stop;

/// Reads until it is told to stop.
pub(super) async fn read(reading: &Arc<Reading>, stop: &mut Stop) {
    let mut pause = POLL_RETRY_MIN;
    loop {
        let limit = || reading.pace().limit(reading.server.clock.elapsed());
        let Some(mut place) = stop.until(reading.crew.place(limit)).await else { return };
        match gather(reading, stop).await {
            Ok(batch) if batch.messages.is_empty() => {}
            Ok(batch) => {
                let groups: BTreeSet<String> =
                    batch.messages.iter().filter_map(|message| message.group().map(str::to_owned)).collect();
                let groups = if reading.is_ordered() { groups } else { BTreeSet::new() };
                if !groups.is_empty() && stop.until(place.claim(groups)).await.is_none() {
                    return reading.give_back(&batch.messages).await;
                }
                let running = Arc::clone(reading);
                reading.server.tasks.spawn(async move {
                    batch::run(&running, batch).await;
                    drop(place);
                });
            }
            Err(problem) => {
                drop(place);
                tell(reading, Some(problem));
                stop.until(tokio::time::sleep(pause)).await;
                pause = (pause * 2).min(POLL_RETRY_MAX);
                if stop.is_now() {
                    return;
                }
                continue;
            }
        }
        if stop.is_now() {
            return;
        }
        tell(reading, None);
        pause = POLL_RETRY_MIN;
    }
}

/// Says once what keeps a mapping from being read, and once that nothing does any more.
fn tell(reading: &Reading, problem: Option<String>) {
    let (mapping, queue) = (reading.mapping.id.uuid, &reading.queue);
    let words = problem.clone();
    if !reading.crew.set_problem(problem) {
        return;
    }
    match words {
        Some(problem) => warn!(%mapping, queue, problem, "an event source is not read: tried again"),
        None => info!(%mapping, queue, "an event source is read again"),
    }
}

/// Gathers as many messages as a batch may have, or those that come within the window. What is told to stop gives what it
/// has.
async fn gather(reading: &Arc<Reading>, stop: &mut Stop) -> Result<Batch, String> {
    let settings = &reading.mapping.settings;
    let number = |given: Option<i32>| given.and_then(|given| u32::try_from(given).ok());
    let size = number(settings.batch_size).map_or(MESSAGES_AT_ONCE_MAX, |size| size as usize);
    let window = Duration::from_secs(number(settings.window_s).unwrap_or(0).into());
    let server = &reading.server;
    let mut batch = Batch { messages: Vec::new(), received: Instant::now() };
    let mut until: Option<Timestamp> = None;
    loop {
        let left = until.map(|until| server.clock.real(until.since(server.clock.now())));
        let wait = left.unwrap_or(Duration::MAX).min(reading.wait_max());
        let asked = ask(reading, stop, size - batch.messages.len(), wait).await;
        let came = match asked {
            Ok(Some(came)) => came,
            Ok(None) => return Ok(batch),
            // What was gathered runs; the next turn says what is wrong.
            Err(_) if !batch.messages.is_empty() => return Ok(batch),
            Err(problem) => return Err(problem),
        };
        if batch.messages.is_empty() {
            batch.received = Instant::now();
        }
        let has_come = !came.is_empty();
        batch.messages.extend(pass(reading, came));
        if has_come {
            reading.pace().busy(server.clock.elapsed());
        } else if batch.messages.is_empty() {
            reading.pace().slow();
        }
        let is_late = || until.is_some_and(|until| server.clock.now() >= until);
        if batch.messages.is_empty() || window.is_zero() || is_full(&batch, size) || is_late() {
            return Ok(batch);
        }
        until = until.or_else(|| Some(server.clock.now().plus(window)));
    }
}

fn is_full(batch: &Batch, size: usize) -> bool {
    let bytes: usize = batch.messages.iter().map(|message| message.body.len()).sum();
    batch.messages.len() >= size || bytes as u64 >= SYNC_PAYLOAD_MAX_BYTES
}

/// Those that the filters let through. AWS deletes the others.
fn pass(reading: &Arc<Reading>, came: Vec<Message>) -> Vec<Message> {
    let Some(filters) = &reading.filters else { return came };
    let (passed, unwanted): (Vec<_>, Vec<_>) =
        came.into_iter().partition(|message| message.passes(filters, &reading.queue));
    if !unwanted.is_empty() {
        let deleting = Arc::clone(reading);
        reading.server.tasks.spawn(async move {
            deleting.delete(unwanted.into_iter().map(|message| message.receipt_handle).collect()).await;
        });
    }
    passed
}

/// Asks for messages; none if it is told to stop. The question is not broken off then: SQS may have its answer under way.
async fn ask(
    reading: &Arc<Reading>,
    stop: &mut Stop,
    at_most: usize,
    wait: Duration,
) -> Result<Option<Vec<Message>>, String> {
    let (tell, mut told) = oneshot::channel();
    let (asking, draining, began) = (Arc::clone(reading), stop.draining.clone(), Instant::now());
    reading.server.tasks.spawn(async move {
        // Nobody waits so long for a server that drains.
        let Some(answer) = draining.run_until_cancelled(asking.receive(at_most, wait)).await else { return };
        if let Err(Ok(late)) = tell.send(answer) {
            asking.give_back(&late).await;
        }
    });
    let Some(answer) = stop.until(&mut told).await else {
        told.close();
        if let Ok(Ok(late)) = told.try_recv() {
            reading.give_back(&late).await;
        }
        return Ok(None);
    };
    // Only a server that drains says nothing.
    let Ok(answer) = answer else { return Ok(None) };
    let came = answer?;
    // Whoever does not wait for messages must not be asked all the time.
    if came.is_empty() {
        let rest = POLL_PAUSE_MIN.min(wait.max(Duration::from_millis(10))).saturating_sub(began.elapsed());
        stop.until(tokio::time::sleep(rest)).await;
    }
    Ok(Some(came))
}
