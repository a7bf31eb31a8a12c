//! InvokeWithResponseStream: the answer of a function as events, while the function makes it. Never runs anything itself.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::stream::unfold;
use lambent_core::limits::SYNC_PAYLOAD_MAX_BYTES;
use lambent_dispatch::{Invocation, Outcome};
use lambent_wire::lambda::invocation::{
    InvokeResponseStreamUpdate, InvokeWithResponseStreamCompleteEvent, InvokeWithResponseStreamRequest,
    InvokeWithResponseStreamResponse, InvokeWithResponseStreamResponseEvent,
};
use lambent_wire::protocol::event_stream;

use super::Error;
use super::invocation::{client_context, event, refuse_large, resolve};
use super::names::Target;
use super::streaming::{Next, Streaming};
use super::trace;
use crate::body::Cut;
use crate::caller::Context;
use crate::{Body, Reply, Server};

/// InvokeWithResponseStream.
///
/// # Errors
/// [`Error`] as Lambda would refuse it. A function that fails is an answer, not an error.
pub async fn invoke_with_response_stream(
    server: &Arc<Server>,
    context: &Context,
    request: InvokeWithResponseStreamRequest,
) -> Result<Reply, Error> {
    if request.tenant_id.is_some() {
        return Err(Error::NotThereYet("TenantId".to_owned()));
    }
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let payload = request.payload.unwrap_or_default();
    refuse_large(&payload, "RequestResponse", SYNC_PAYLOAD_MAX_BYTES)?;
    let resolved = resolve(server, &target).await?;
    let payload = event(payload)?;
    let trace_id = trace::reached(server, &context.headers, &resolved);
    let client_context = client_context(request.client_context.as_deref())?;
    if request.invocation_type.as_deref() == Some("DryRun") {
        return Ok(Reply::of(response(204, None)));
    }
    let invocation = Invocation {
        request_id: context.request_id.clone(),
        invoked_function_arn: target.arn(),
        payload,
        client_context,
        trace_id: Some(trace_id.clone()),
        tail: request.log_type.as_deref() == Some("Tail"),
        stream: None,
    };
    let version = resolved.version().to_owned();
    let mut streaming = Streaming::start(server, resolved, invocation);
    // What comes first may be that it was not run at all.
    let first = match streaming.next().await {
        Next::End(Err(refusal)) => return Err(refusal.into()),
        first @ (Next::Begin(_) | Next::Bytes(_) | Next::End(Ok(_))) => first,
    };
    let reply = Reply::of(response(200, Some(version))).with(trace::HEADER, &trace_id);
    Ok(reply.streamed(Events { streaming, begun: false, ended: false }.body(first)))
}

fn response(status: i32, version: Option<String>) -> InvokeWithResponseStreamResponse {
    InvokeWithResponseStreamResponse {
        status_code: Some(status),
        executed_version: version,
        ..InvokeWithResponseStreamResponse::default()
    }
}

/// The events of one answer, in the making.
struct Events {
    streaming: Streaming,
    /// The function streams, so that what it answers is not in the outcome.
    begun: bool,
    ended: bool,
}

impl Events {
    fn body(self, first: Next) -> Body {
        Body::stream(unfold((self, Some(first)), |(mut events, first)| async move {
            let written = events.next(first).await?;
            Some((written, (events, None)))
        }))
    }

    /// The next events, written; none at the end.
    async fn next(&mut self, mut first: Option<Next>) -> Option<Result<Bytes, Cut>> {
        while !self.ended {
            let next = match first.take() {
                Some(first) => first,
                None => self.streaming.next().await,
            };
            match next {
                // There is nothing to tell of it: the type of what a function streams is its own.
                Next::Begin(_) => self.begun = true,
                Next::Bytes(bytes) => return Some(Ok(chunk(bytes))),
                Next::End(outcome) => {
                    self.ended = true;
                    return Some(outcome.map(|outcome| self.end(outcome)).map_err(|_| Cut));
                }
            }
        }
        None
    }

    /// The last events: the answer in one piece where it was not streamed, and how it went.
    fn end(&self, outcome: Outcome) -> Bytes {
        let Outcome { payload, error_type, tail, .. } = outcome;
        let mut written = BytesMut::new();
        if error_type.is_none() && !self.begun && !payload.is_empty() {
            written.extend_from_slice(&chunk(payload.clone()));
        }
        let error_details = error_type.as_ref().map(|_| String::from_utf8_lossy(&payload).into_owned());
        let log_result = tail.map(|log| STANDARD.encode(log));
        let complete =
            InvokeWithResponseStreamCompleteEvent { error_code: error_type, error_details, log_result };
        written.extend_from_slice(&event_stream::event(InvokeWithResponseStreamResponseEvent {
            payload_chunk: None,
            invoke_complete: Some(complete),
        }));
        written.freeze()
    }
}

fn chunk(payload: Bytes) -> Bytes {
    event_stream::event(InvokeWithResponseStreamResponseEvent {
        payload_chunk: Some(InvokeResponseStreamUpdate { payload: Some(payload) }),
        invoke_complete: None,
    })
}
