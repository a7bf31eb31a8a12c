//! Questions in the JSON protocols of KMS, SQS and EventBridge. Never knows an operation.

use http::HeaderValue;
use lambent_core::limits::UPSTREAM_ANSWER_MAX_BYTES;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ask::{Ask, Session};
use super::refused::done;
use super::{Fault, UpstreamError};

/// A service that speaks JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speaks {
    /// Its signing name.
    pub(super) service: &'static str,
    /// The content type of its version of the protocol.
    pub(super) content_type: &'static str,
}

/// Asks for an operation by its whole target, such as `TrentService.DescribeKey`.
pub(super) async fn call(
    session: &Session<'_>,
    Speaks { service, content_type }: Speaks,
    target: &'static str,
    input: &Value,
) -> Result<Value, Fault> {
    call_for(session, Speaks { service, content_type }, target, input, UPSTREAM_ANSWER_MAX_BYTES).await
}

/// The same for an answer that may be as large as this.
pub(super) async fn call_for<T: DeserializeOwned>(
    session: &Session<'_>,
    Speaks { service, content_type }: Speaks,
    target: &'static str,
    input: &Value,
    limit_bytes: usize,
) -> Result<T, Fault> {
    let ask = Ask::post(service, content_type, input.to_string());
    let mut ask = Ask { limit_bytes, ..ask };
    ask.headers.insert("x-amz-target", HeaderValue::from_static(target));
    let body = done(service, session.send(ask).await?)?;
    let read = serde_json::from_slice(&body);
    Ok(read.map_err(|fault| UpstreamError::Unreadable { service, detail: fault.to_string() })?)
}
