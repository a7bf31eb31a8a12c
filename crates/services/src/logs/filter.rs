//! Events of a group that fit a pattern, those of all its streams together in the order of time.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use std::sync::Arc;

use lambent_core::logs::group::Group;
use lambent_core::logs::pattern::Pattern;
use lambent_store::logs::{Event, Page, Streams, Wanted};
use lambent_wire::logs::filter::{FilterLogEventsRequest, FilterLogEventsResponse, FilteredLogEvent};

use super::event::page_limit;
use super::token::Token;
use super::{Error, lookup};
use crate::caller::Context;
use crate::{Reply, Server};

/// 2024-01-01: before it, the newest events cannot be asked for first.
const NEWEST_FIRST_SINCE_MS: i64 = 1_704_067_200_000;

/// FilterLogEvents.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn filter_log_events(
    server: &Arc<Server>,
    context: &Context,
    request: FilterLogEventsRequest,
) -> Result<Reply, Error> {
    let FilterLogEventsRequest { log_group_name, log_group_identifier, .. } = &request;
    let id = lookup::either(&context.caller, log_group_name.as_ref(), log_group_identifier.as_ref())?;
    let pattern = Pattern::read(request.filter_pattern.as_deref().unwrap_or_default())?;
    let token = request.next_token.as_deref().map(Token::read).transpose()?;
    let newest = match token {
        Some(Token::Forward(_)) => false,
        Some(Token::Backward(_)) => true,
        None => newest_first(&request)?,
    };
    let group = lookup::read(server, &id).await?.value;
    let streams = streams(server, &group, &request).await?;
    let wanted = Wanted {
        streams,
        from_ms: request.start_time.unwrap_or(0).max(group.kept_since(server.clock.now()).as_millis()),
        // What happened at the end itself is wanted too.
        until_ms: request.end_time.map_or(i64::MAX, |end_ms| end_ms.saturating_add(1)),
        after: token.filter(|_| !newest).map(Token::position),
        before: token.filter(|_| newest).map(Token::position),
        newest,
        limit: page_limit(request.limit),
    };
    let page = server.logs.read(&group, wanted, move |text| pattern.wants(text)).await?;
    Ok(Reply::of(shown(page, newest)))
}

fn newest_first(request: &FilterLogEventsRequest) -> Result<bool, Error> {
    if request.start_from_head.unwrap_or(true) {
        return Ok(false);
    }
    if request.start_time.is_none_or(|start_ms| start_ms < NEWEST_FIRST_SINCE_MS) {
        let words = "startFromHead can be false only when startTime is on or after 2024-01-01T00:00:00Z.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    Ok(true)
}

/// The streams that are searched; those that are named must be there.
async fn streams(server: &Server, group: &Group, request: &FilterLogEventsRequest) -> Result<Streams, Error> {
    match (&request.log_stream_names, &request.log_stream_name_prefix) {
        (None, None) => Ok(Streams::All),
        (None, Some(prefix)) => Ok(Streams::Prefixed(prefix.clone())),
        (Some(names), None) => {
            let there = server.logs.streams(group).await?;
            match names.iter().all(|name| there.iter().any(|stream| stream.name == *name)) {
                true => Ok(Streams::Named(names.clone())),
                false => Err(Error::StreamNotFound),
            }
        }
        (Some(_), Some(_)) => Err(Error::InvalidParameter(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.".to_owned(),
        )),
    }
}

fn shown(page: Page, newest: bool) -> FilterLogEventsResponse {
    let Page { mut events, more } = page;
    let next_token = match newest {
        true => events.first().map(|event| Token::Backward(event.position)),
        false => events.last().map(|event| Token::Forward(event.position)),
    };
    if newest {
        events.reverse();
    }
    FilterLogEventsResponse {
        events: Some(events.into_iter().map(one).collect()),
        // Every stream is always searched completely; AWS says so with an empty list.
        searched_log_streams: Some(Vec::new()),
        next_token: next_token.filter(|_| more).map(Token::text),
    }
}

fn one(event: Event) -> FilteredLogEvent {
    FilteredLogEvent {
        event_id: Some(event.position.to_string()),
        log_stream_name: Some(event.stream.to_string()),
        timestamp: Some(event.position.at_ms),
        message: Some(event.text),
        ingestion_time: Some(event.ingested_ms),
    }
}
