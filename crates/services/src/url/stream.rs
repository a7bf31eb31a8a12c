//! The answer of a URL whose invoke mode is RESPONSE_STREAM: passed on as the function makes it. Status and headers go out
//! with the first bytes; what fails after them cuts the connection.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::unfold;
use http::Response;
use http::request::Parts;
use lambent_core::limits::STREAM_PRELUDE_MAX_BYTES;
use lambent_dispatch::{Invocation, Outcome, Resolved};

use super::errors::Refused;
use super::reply::{self, BadAnswer};
use crate::body::Cut;
use crate::lambda::streaming::{Next, Streaming};
use crate::{Body, Server};

/// Invokes and answers as soon as the function does.
pub(super) async fn answer(
    server: &Arc<Server>,
    resolved: Resolved,
    invocation: Invocation,
    head: &Parts,
) -> Result<Response<Body>, Refused> {
    let mut streaming = Streaming::start(server, resolved, invocation);
    let mut response = match streaming.next().await {
        Next::End(outcome) => reply::streamed(&outcome.map_err(Refused::Invoke)?)?.map(Body::from),
        Next::Bytes(bytes) => reply::begun(bytes, None).map(|first| rest(first, streaming)),
        Next::Begin(content_type) => begun(content_type.as_deref(), streaming).await?,
    };
    reply::in_chunks(&mut response, head);
    Ok(response)
}

/// The answer once its status is known: with the first bytes, or with the end of the prelude.
async fn begun(content_type: Option<&str>, mut streaming: Streaming) -> Result<Response<Body>, Refused> {
    let has_prelude = content_type.is_some_and(reply::has_prelude);
    let mut first = BytesMut::new();
    loop {
        match streaming.next().await {
            Next::Begin(_) => {}
            Next::Bytes(bytes) => first.extend_from_slice(&bytes),
            Next::End(outcome) => {
                return ended(&outcome.map_err(Refused::Invoke)?, has_prelude, content_type);
            }
        }
        if !has_prelude {
            let response = reply::begun(first.freeze(), content_type);
            return Ok(response.map(|first| rest(first, streaming)));
        }
        if let Some(response) = reply::prelude(&first.clone().freeze())? {
            return Ok(response.map(|first| rest(first, streaming)));
        }
        if first.len() > STREAM_PRELUDE_MAX_BYTES {
            return Err(Refused::BadAnswer);
        }
    }
}

/// A stream that ended before its status was known: it had no bytes, or no whole prelude.
fn ended(
    outcome: &Outcome,
    has_prelude: bool,
    content_type: Option<&str>,
) -> Result<Response<Body>, Refused> {
    if outcome.failed || has_prelude {
        return Err(BadAnswer.into());
    }
    Ok(reply::begun(Bytes::new(), content_type).map(Body::from))
}

/// The body from its first bytes on.
fn rest(first: Bytes, streaming: Streaming) -> Body {
    let start = (Some(first), Some(streaming));
    Body::stream(unfold(start, |(first, streaming)| async move {
        if let Some(first) = first.filter(|first| !first.is_empty()) {
            return Some((Ok(first), (None, streaming)));
        }
        let mut streaming = streaming?;
        loop {
            match streaming.next().await {
                Next::Begin(_) => {}
                Next::Bytes(bytes) => return Some((Ok(bytes), (None, Some(streaming)))),
                Next::End(Ok(outcome)) if !outcome.failed => return None,
                Next::End(_) => return Some((Err(Cut), (None, None))),
            }
        }
    }))
}
