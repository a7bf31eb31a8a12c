//! Questions in the JSON protocols of KMS, SQS and EventBridge. Never knows an operation.

use http::HeaderValue;
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
    let mut ask = Ask::post(service, content_type, input.to_string());
    ask.headers.insert("x-amz-target", HeaderValue::from_static(target));
    let body = done(service, session.send(ask).await?)?;
    let read = serde_json::from_slice(&body);
    Ok(read.map_err(|fault| UpstreamError::Unreadable { service, detail: fault.to_string() })?)
}
