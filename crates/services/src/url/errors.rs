//! How a function URL refuses: status, code and body, which are not those of the API. Chooses the codes of URLs.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use lambent_core::limits::SYNC_PAYLOAD_MAX_BYTES;
use lambent_dispatch::InvokeError;
use lambent_wire::error::Fault;
use lambent_wire::protocol::Protocol;
use lambent_wire::sigv4::{Dialect, Refusal};
use serde_json::{Value, json};

use super::reply::BadAnswer;
use crate::lambda::Error;
use crate::operations::SERVICES;
use crate::pipeline::read::Unread;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const FORBIDDEN: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: \
    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/// Why a request to a function URL is not answered by its function.
#[derive(Debug)]
pub(super) enum Refused {
    /// No such URL.
    Unknown,
    /// The caller may not use it, or AWS_IAM is asked for and nothing is signed.
    Forbidden,
    /// The signature is not believed.
    Signature(Refusal),
    /// The body, or the event it makes, is larger than an invocation takes.
    TooLarge,
    /// The body did not come.
    Body(Unread),
    /// The function was not run.
    Invoke(InvokeError),
    /// The function failed.
    BadAnswer,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        // Who signs nothing is nobody, and nobody may.
        if refusal == Refusal::MissingAuthenticationToken {
            Self::Forbidden
        } else {
            Self::Signature(refusal)
        }
    }
}

impl From<BadAnswer> for Refused {
    fn from(BadAnswer: BadAnswer) -> Self {
        Self::BadAnswer
    }
}

impl Refused {
    /// What the caller reads.
    pub(super) fn response(self, request_id: &str) -> Response<Bytes> {
        match self {
            Self::Unknown => denied(&Value::Null),
            Self::Forbidden => denied(&json!(FORBIDDEN)),
            Self::Signature(refusal) => {
                let body = json!({ "message": refusal.to_string() });
                answer(refusal.status(), Some(refusal.code(Dialect::Json)), body.to_string())
            }
            Self::TooLarge | Self::Body(Unread::TooLarge) => {
                let words = format!(
                    "Request must be smaller than {SYNC_PAYLOAD_MAX_BYTES} bytes for the InvokeFunction operation"
                );
                let body = json!({ "message": words }).to_string();
                answer(StatusCode::PAYLOAD_TOO_LARGE, Some("RequestEntityTooLargeException"), body)
            }
            Self::Body(why) => told(&crate::pipeline::errors::unread(&why, "InvokeFunction"), request_id),
            // What was there a moment ago is as unknown as what never was.
            Self::Invoke(InvokeError::NotFound) => denied(&Value::Null),
            Self::Invoke(fault) => told(&Fault::from(Error::Invoke(fault)), request_id),
            Self::BadAnswer => answer(StatusCode::BAD_GATEWAY, None, "Internal Server Error".to_owned()),
        }
    }
}

fn denied(message: &Value) -> Response<Bytes> {
    let body = json!({ "Message": message }).to_string();
    answer(StatusCode::FORBIDDEN, Some("AccessDeniedException"), body)
}

/// As the API itself would tell it.
fn told(fault: &Fault, request_id: &str) -> Response<Bytes> {
    Protocol::RestJson.fail(SERVICES[0], fault, request_id)
}

fn answer(status: StatusCode, code: Option<&'static str>, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.extend(code.map(|code| (ERROR_TYPE, HeaderValue::from_static(code))));
    response
}
