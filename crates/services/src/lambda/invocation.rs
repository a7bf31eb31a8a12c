//! Invoke: from the request to the dispatcher and back. Never runs anything itself.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use lambent_core::lambda::arn::Qualifier;
use lambent_core::limits::{ASYNC_PAYLOAD_MAX_BYTES, CLIENT_CONTEXT_MAX_BYTES, SYNC_PAYLOAD_MAX_BYTES};
use lambent_dispatch::{Invocation, InvokeError, Outcome, Resolved};
use lambent_wire::lambda::invocation::{InvocationRequest, InvocationResponse};

use super::Error;
use super::event::invoke_event;
use super::json;
use super::names::Target;
use super::trace;
use crate::aside::aside;
use crate::caller::Context;
use crate::{Reply, Server};

pub(super) const REMAPPED_LENGTH: HeaderName = HeaderName::from_static("x-amzn-remapped-content-length");

/// Invoke.
///
/// # Errors
/// [`Error`] as Lambda would refuse it. A function that fails is an answer, not an error.
pub async fn invoke(
    server: &Arc<Server>,
    context: &Context,
    request: InvocationRequest,
) -> Result<Reply, Error> {
    refuse_unbuilt(&request)?;
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let payload = request.payload.unwrap_or_default();
    let is_event = request.invocation_type.as_deref() == Some("Event");
    let (kind, limit) = if is_event {
        ("Event", ASYNC_PAYLOAD_MAX_BYTES)
    } else {
        ("RequestResponse", SYNC_PAYLOAD_MAX_BYTES)
    };
    refuse_large(&payload, kind, limit)?;
    let resolved = resolve(server, &target).await?;
    let payload = event(payload)?;
    if is_event {
        client_context(request.client_context.as_deref())?;
        return invoke_event(server, context, target, &resolved, payload).await;
    }
    let trace_id = trace::reached(server, &context.headers, &resolved);
    let client_context = client_context(request.client_context.as_deref())?;
    if request.invocation_type.as_deref() == Some("DryRun") {
        return Ok(Reply::of(InvocationResponse { status_code: Some(204), ..InvocationResponse::default() }));
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
    let outcome = server.dispatcher.invoke(resolved, invocation).await?;
    Ok(reply(outcome).with(trace::HEADER, &trace_id))
}

fn refuse_unbuilt(request: &InvocationRequest) -> Result<(), Error> {
    let asked = [
        ("DurableExecutionName", request.durable_execution_name.is_some()),
        ("TenantId", request.tenant_id.is_some()),
    ];
    match asked.iter().find(|(_, asked)| *asked) {
        Some((what, _)) => Err(Error::NotThereYet((*what).to_owned())),
        None => Ok(()),
    }
}

/// Refuses a payload that is too large for the type of invocation.
pub(super) fn refuse_large(payload: &Bytes, kind: &'static str, limit: u64) -> Result<(), Error> {
    let size = payload.len();
    if size as u64 > limit { Err(Error::PayloadTooLarge { size, kind, limit }) } else { Ok(()) }
}

/// What would run now.
pub(super) async fn resolve(server: &Server, target: &Target) -> Result<Resolved, Error> {
    // AWS names the version it looked for even where the caller named none.
    let looked_for = target.qualifier.clone().unwrap_or(Qualifier::Latest);
    server.dispatcher.resolve(&target.id, &looked_for).await.map_err(|refusal| {
        if matches!(refusal, InvokeError::NotFound) {
            Error::FunctionNotFound { arn: target.id.qualified_arn(&looked_for) }
        } else {
            Error::Invoke(refusal)
        }
    })
}

fn reply(outcome: Outcome) -> Reply {
    let Outcome { payload, failed, error_type: _, content_type, version, tail } = outcome;
    let content_type = content_type.unwrap_or_else(|| "application/json".to_owned());
    Reply::of(InvocationResponse {
        status_code: Some(200),
        function_error: failed.then(|| "Unhandled".to_owned()),
        log_result: tail.map(|log| STANDARD.encode(log)),
        payload: Some(payload),
        executed_version: Some(version),
        durable_execution_arn: None,
    })
    .with(CONTENT_TYPE, &content_type)
    .with(REMAPPED_LENGTH, "0")
}

/// The event: JSON, or nothing for an empty object.
pub(super) fn event(payload: Bytes) -> Result<Bytes, Error> {
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match aside(payload.len(), || json::check(&payload)) {
        Ok(()) => Ok(payload),
        Err(fault) => {
            let words = "Could not parse request body into json: Could not parse payload into json";
            Err(Error::InvalidRequestContent(format!("{words}: {fault}")))
        }
    }
}

/// The client context, decoded: JSON of at most 3,583 bytes.
pub(super) fn client_context(header: Option<&str>) -> Result<Option<String>, Error> {
    let Some(header) = header.filter(|header| !header.is_empty()) else { return Ok(None) };
    let invalid = |why: &str| Error::InvalidRequestContent(format!("Client context {why}"));
    let bytes =
        STANDARD.decode(header).map_err(|_| invalid("must be a valid Base64-encoded JSON object."))?;
    if bytes.len() > CLIENT_CONTEXT_MAX_BYTES {
        return Err(invalid("must be no more than 3583 bytes when base64-encoded."));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| invalid("must be a valid Base64-encoded JSON object."))?;
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text) {
        Ok(_) => Ok(Some(text)),
        Err(_) => Err(invalid("must be a valid Base64-encoded JSON object.")),
    }
}
