//! Asynchronous invocation: an event is accepted, and the dispatcher's queue runs it. Never runs anything itself.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>,
//! <https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html>

use std::sync::Arc;

use bytes::Bytes;
use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::event::Event;
use lambent_core::limits::INVOKE_ASYNC_PAYLOAD_MAX_BYTES;
use lambent_dispatch::Resolved;
use lambent_wire::lambda::invocation::{InvocationResponse, InvokeAsyncRequest, InvokeAsyncResponse};

use super::Error;
use super::invocation::{REMAPPED_LENGTH, event, refuse_large, resolve};
use super::names::Target;
use super::trace;
use crate::caller::Context;
use crate::{Reply, Server};

/// InvokeAsync, which Invoke with the type `Event` has replaced.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn invoke_async(
    server: &Arc<Server>,
    context: &Context,
    request: InvokeAsyncRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, None)?;
    refuse_large(&request.invoke_args, "Event", INVOKE_ASYNC_PAYLOAD_MAX_BYTES)?;
    let resolved = resolve(server, &target).await?;
    let payload = event(request.invoke_args)?;
    accept(server, context, target, &resolved, payload).await?;
    Ok(Reply::of(InvokeAsyncResponse { status: Some(202) }))
}

/// Accepts an event, and says so: the function's answer is nobody's.
pub(super) async fn invoke_event(
    server: &Server,
    context: &Context,
    target: Target,
    resolved: &Resolved,
    payload: Bytes,
) -> Result<Reply, Error> {
    let trace_id = accept(server, context, target, resolved, payload).await?;
    let accepted = InvocationResponse { status_code: Some(202), ..InvocationResponse::default() };
    Ok(Reply::of(accepted).with(trace::HEADER, &trace_id).with(REMAPPED_LENGTH, "0"))
}

/// Keeps an event; gives its trace.
async fn accept(
    server: &Server,
    context: &Context,
    target: Target,
    resolved: &Resolved,
    payload: Bytes,
) -> Result<String, Error> {
    let trace_id = trace::reached(server, &context.headers, resolved);
    let event = Event {
        invoked_function_arn: target.arn(),
        function: target.id,
        qualifier: target.qualifier.unwrap_or(Qualifier::Latest),
        incarnation: resolved.incarnation(),
        request_id: context.request_id.clone(),
        // It is JSON, so it is UTF-8: nothing is lost.
        payload: String::from_utf8_lossy(&payload).into_owned(),
        trace_id: Some(trace_id.clone()),
        received: server.clock.now(),
        attempts: 0,
        turned_away: 0,
        last: None,
        ended: None,
    };
    server.dispatcher.accept(&event).await?;
    Ok(trace_id)
}
