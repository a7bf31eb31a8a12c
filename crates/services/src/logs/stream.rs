//! Log streams: made by whoever asks, and by the first line of an environment.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>

use std::sync::Arc;

use lambent_core::limits::LIST_PAGE_MAX;
use lambent_core::logs::group::GroupId;
use lambent_store::logs::Stream;
use lambent_wire::logs::stream::{
    CreateLogStreamRequest, DeleteLogStreamRequest, DescribeLogStreamsRequest, DescribeLogStreamsResponse,
    LogStream,
};

use super::{Error, lookup, token};
use crate::caller::Context;
use crate::{Reply, Server};

/// CreateLogStream.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn create_log_stream(
    server: &Arc<Server>,
    context: &Context,
    request: CreateLogStreamRequest,
) -> Result<Reply, Error> {
    let id = lookup::named(&context.caller, &request.log_group_name);
    let group = lookup::read(server, &id).await?.value;
    match server.logs.create_stream(&group, &request.log_stream_name, server.clock.now()).await? {
        true => Ok(Reply::of(())),
        false => Err(Error::StreamExists),
    }
}

/// DeleteLogStream: with its events.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn delete_log_stream(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteLogStreamRequest,
) -> Result<Reply, Error> {
    let id = lookup::named(&context.caller, &request.log_group_name);
    let group = lookup::read(server, &id).await?.value;
    match server.logs.delete_stream(&group, &request.log_stream_name).await? {
        true => Ok(Reply::of(())),
        false => Err(Error::StreamNotFound),
    }
}

/// DescribeLogStreams: by name, or by the time of their last events.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn describe_log_streams(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeLogStreamsRequest,
) -> Result<Reply, Error> {
    let DescribeLogStreamsRequest { log_group_name, log_group_identifier, .. } = &request;
    let id = lookup::either(&context.caller, log_group_name.as_ref(), log_group_identifier.as_ref())?;
    let by_time = request.order_by.as_deref() == Some("LastEventTime");
    if by_time && request.log_stream_name_prefix.is_some() {
        let words = "Cannot order by LastEventTime with a logStreamNamePrefix.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    let group = lookup::read(server, &id).await?.value;
    let key = |stream: &Stream| {
        let last_ms = stream.events_ms.map_or(0, |(_, last_ms, _)| last_ms);
        if by_time { format!("{last_ms:020}{}", stream.name) } else { stream.name.clone() }
    };
    let behind = request.next_token.as_deref().map(token::unmark).transpose()?;
    let prefix = request.log_stream_name_prefix.as_deref().unwrap_or_default();
    let descending = request.descending.unwrap_or_default();
    let is_behind = |key: &String| {
        behind.as_ref().is_none_or(|behind| if descending { key < behind } else { key > behind })
    };
    let streams = server.logs.streams(&group).await?.into_iter();
    let mut found: Vec<(String, Stream)> = streams
        .filter(|stream| stream.name.starts_with(prefix))
        .map(|stream| (key(&stream), stream))
        .filter(|(key, _)| is_behind(key))
        .collect();
    found.sort_by(|(one, _), (other, _)| if descending { other.cmp(one) } else { one.cmp(other) });
    let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIST_PAGE_MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next_token = found.last().filter(|_| more).map(|(key, _)| token::mark(key));
    let log_streams = found.into_iter().map(|(_, stream)| shown(&id, stream)).collect();
    Ok(Reply::of(DescribeLogStreamsResponse { log_streams: Some(log_streams), next_token }))
}

fn shown(group: &GroupId, stream: Stream) -> LogStream {
    let Stream { name, created_ms, events_ms } = stream;
    LogStream {
        arn: Some(format!("{}:log-stream:{name}", group.arn())),
        log_stream_name: Some(name),
        creation_time: Some(created_ms),
        first_event_timestamp: events_ms.map(|(first_ms, ..)| first_ms),
        last_event_timestamp: events_ms.map(|(_, last_ms, _)| last_ms),
        last_ingestion_time: events_ms.map(|(_, _, ingested_ms)| ingested_ms),
        // Nobody needs it any more, but clients of an older kind hand it back.
        upload_sequence_token: events_ms.map(|(_, _, ingested_ms)| sequence_token(ingested_ms)),
        stored_bytes: Some(0),
    }
}

/// A token of the form that PutLogEvents once asked for.
pub(super) fn sequence_token(ingested_ms: i64) -> String {
    format!("49{ingested_ms:054}")
}
