//! Events put into a stream, and read from one.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>

use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits;
use lambent_core::logs::group::Group;
use lambent_core::time::Timestamp;
use lambent_store::logs::{Event, Position, Streams, Wanted};
use lambent_wire::logs::event::{
    GetLogEventsRequest, GetLogEventsResponse, InputLogEvent, OutputLogEvent, PutLogEventsRequest,
    PutLogEventsResponse, RejectedLogEventsInfo,
};

use super::stream::sequence_token;
use super::token::Token;
use super::{Error, lookup};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutLogEvents: on the disk when it answers.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn put_log_events(
    server: &Arc<Server>,
    context: &Context,
    request: PutLogEventsRequest,
) -> Result<Reply, Error> {
    check(&request.log_events)?;
    let id = lookup::named(&context.caller, &request.log_group_name);
    let group = lookup::read(server, &id).await?.value;
    let now = server.clock.now();
    let rejected = rejected(&request.log_events, &group, now);
    let (from, to) = rejected.kept(request.log_events.len());
    let kept = request.log_events.into_iter().take(to).skip(from);
    let events = kept.map(|event| (event.timestamp, event.message)).collect();
    if !server.logs.append(&group, request.log_stream_name, events, now).await? {
        return Err(Error::StreamNotFound);
    }
    Ok(Reply::of(PutLogEventsResponse {
        next_sequence_token: Some(sequence_token(now.as_millis())),
        rejected_log_events_info: rejected.shown(),
        rejected_entity_info: None,
    }))
}

/// Refuses a batch that is wrong as a whole.
fn check(events: &[InputLogEvent]) -> Result<(), Error> {
    let invalid = |words: String| Err(Error::InvalidParameter(words));
    let size = |event: &InputLogEvent| event.message.len() as u64 + limits::LOG_EVENT_OVERHEAD_BYTES;
    let (total, most) = (events.iter().map(size).sum::<u64>(), limits::LOG_BATCH_MAX_BYTES);
    if total > most {
        return invalid(format!("Upload too large: {total} bytes exceeds limit of {most}"));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        let words = "Log events in a single PutLogEvents request must be in chronological order.";
        return invalid(words.to_owned());
    }
    let times = events.first().zip(events.last());
    let span = times.map_or(0, |(first, last)| last.timestamp.saturating_sub(first.timestamp));
    if span > millis(limits::LOG_BATCH_SPAN_MAX) {
        let words =
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
        return invalid(words.to_owned());
    }
    Ok(())
}

/// Which events of a batch are not taken: the expired, the too old and the too new.
#[derive(Debug, Default)]
struct Rejected {
    expired_end: usize,
    too_old_end: usize,
    too_new_start: Option<usize>,
}

fn rejected(events: &[InputLogEvent], group: &Group, now: Timestamp) -> Rejected {
    let before = |time_ms: i64| events.partition_point(|event| event.timestamp < time_ms);
    let now_ms = now.as_millis();
    let too_new = before(now_ms.saturating_add(millis(limits::LOG_EVENT_AHEAD_MAX)).saturating_add(1));
    Rejected {
        expired_end: before(group.kept_since(now).as_millis()),
        too_old_end: before(now_ms.saturating_sub(millis(limits::LOG_EVENT_AGE_MAX))),
        too_new_start: Some(too_new).filter(|start| *start < events.len()),
    }
}

impl Rejected {
    /// The first that is taken, and the first behind it that is not.
    fn kept(&self, count: usize) -> (usize, usize) {
        (self.expired_end.max(self.too_old_end), self.too_new_start.unwrap_or(count))
    }

    fn shown(&self) -> Option<RejectedLogEventsInfo> {
        let index = |index: usize| i32::try_from(index).ok();
        let end = |end: usize| index(end).filter(|end| *end > 0);
        let shown = RejectedLogEventsInfo {
            too_new_log_event_start_index: self.too_new_start.and_then(index),
            too_old_log_event_end_index: end(self.too_old_end),
            expired_log_event_end_index: end(self.expired_end),
        };
        Some(shown).filter(|shown| *shown != RejectedLogEventsInfo::default())
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// GetLogEvents: the newest page first, unless the other end is asked for. The token of the last page is its own.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn get_log_events(
    server: &Arc<Server>,
    context: &Context,
    request: GetLogEventsRequest,
) -> Result<Reply, Error> {
    let GetLogEventsRequest { log_group_name, log_group_identifier, .. } = &request;
    let id = lookup::either(&context.caller, log_group_name.as_ref(), log_group_identifier.as_ref())?;
    let token = request.next_token.as_deref().map(Token::read).transpose()?;
    let group = lookup::read(server, &id).await?.value;
    let now = server.clock.now();
    let has = |name: &str, streams: Vec<lambent_store::logs::Stream>| streams.iter().any(|s| s.name == name);
    if !has(&request.log_stream_name, server.logs.streams(&group).await?) {
        return Err(Error::StreamNotFound);
    }
    let from_ms = request.start_time.unwrap_or(0).max(group.kept_since(now).as_millis());
    let (after, before) = match token {
        Some(Token::Forward(position)) => (Some(position), None),
        Some(Token::Backward(position)) => (None, Some(position)),
        None => (None, None),
    };
    let newest = before.is_some() || (after.is_none() && !request.start_from_head.unwrap_or_default());
    let wanted = Wanted {
        streams: Streams::Named(vec![request.log_stream_name]),
        from_ms,
        until_ms: request.end_time.unwrap_or(i64::MAX),
        after,
        before,
        newest,
        limit: page_limit(request.limit),
    };
    let events = server.logs.read(&group, wanted, |_| true).await?.events;
    let nowhere = token.map_or_else(|| Position::before(from_ms.max(0)), Token::position);
    let end = |event: Option<&Event>| event.map_or(nowhere, |event| event.position);
    Ok(Reply::of(GetLogEventsResponse {
        next_forward_token: Some(Token::Forward(end(events.last())).text()),
        next_backward_token: Some(Token::Backward(end(events.first())).text()),
        events: Some(events.into_iter().map(shown).collect()),
    }))
}

/// How many events a page holds at most. The model has checked the number.
pub(super) fn page_limit(limit: Option<i32>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(limits::LOG_PAGE_MAX)
}

fn shown(event: Event) -> OutputLogEvent {
    OutputLogEvent {
        timestamp: Some(event.position.at_ms),
        message: Some(event.text),
        ingestion_time: Some(event.ingested_ms),
    }
}
