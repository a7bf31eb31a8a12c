//! From what a function answered to what its URL's caller reads. Never runs anything.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload>

mod envelope;
mod text;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, Version};
use lambent_dispatch::Outcome;

use crate::Body;
use crate::lambda::json;
use envelope::Envelope;

/// The content type of an answer that names none.
const JSON: &str = "application/json";
/// The same of a stream.
const BYTES: &str = "application/octet-stream";
/// The content type of a stream that begins with status and headers.
const WITH_PRELUDE: &str = "application/vnd.awslambda.http-integration-response";
/// What ends them.
const PRELUDE_END: [u8; 8] = [0; 8];

/// A function failed, or its answer is none that can be given to a caller.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadAnswer;

/// What the caller reads where the function's answer is collected.
pub(super) fn buffered(outcome: &Outcome) -> Result<Response<Bytes>, BadAnswer> {
    if outcome.failed {
        return Err(BadAnswer);
    }
    if let Some(response) = with_prelude(outcome) {
        return response;
    }
    let payload = &outcome.payload;
    json::check(payload).map_err(|_| BadAnswer)?;
    match Envelope::read(payload)? {
        Some(envelope) => {
            let body = envelope.body()?;
            envelope.response(body, JSON)
        }
        None => Ok(typed(Bytes::from(text::inferred(payload)), JSON)),
    }
}

/// What the caller reads where answers are passed on as they come, and this one came in one piece, which nobody
/// interprets.
pub(super) fn streamed(outcome: &Outcome) -> Result<Response<Bytes>, BadAnswer> {
    if outcome.failed {
        return Err(BadAnswer);
    }
    if let Some(response) = with_prelude(outcome) {
        return response;
    }
    Ok(begun(outcome.payload.clone(), outcome.content_type.as_deref()))
}

/// The beginning of a stream of this type without a prelude.
pub(super) fn begun(first: Bytes, content_type: Option<&str>) -> Response<Bytes> {
    typed(first, content_type.unwrap_or(BYTES))
}

/// A stream with status and headers before its body; none if the answer is no such stream.
fn with_prelude(outcome: &Outcome) -> Option<Result<Response<Bytes>, BadAnswer>> {
    let named = outcome.content_type.as_deref().is_some_and(has_prelude);
    named.then(|| prelude(&outcome.payload)?.ok_or(BadAnswer))
}

/// Whether a stream of this type begins with status and headers.
pub(super) fn has_prelude(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(WITH_PRELUDE)
}

/// The answer as its prelude describes it, with the body as far as it is there; none if the prelude has not ended.
pub(super) fn prelude(payload: &Bytes) -> Result<Option<Response<Bytes>>, BadAnswer> {
    let end = payload.windows(PRELUDE_END.len()).position(|window| window == PRELUDE_END);
    let Some(end) = end else { return Ok(None) };
    let envelope = Envelope::read_prelude(&payload[..end])?;
    envelope.response(payload.slice(end + PRELUDE_END.len()..), BYTES).map(Some)
}

fn typed(body: Bytes, content_type: &str) -> Response<Bytes> {
    let mut response = Response::new(body);
    let value = HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static(BYTES));
    response.headers_mut().insert(CONTENT_TYPE, value);
    response
}

/// Marks an answer as one that comes in chunks; HTTP/2 has them anyway.
pub(super) fn in_chunks(response: &mut Response<Body>, head: &Parts) {
    if head.version == Version::HTTP_11 && head.method != Method::HEAD && has_body(response.status()) {
        response.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}

/// Takes the body away where HTTP has none; an answer to HEAD still tells its length.
pub(super) fn trim(response: &mut Response<Body>, head: &Parts) {
    if !has_body(response.status()) {
        *response.body_mut() = Body::default();
    } else if head.method == Method::HEAD {
        let length_bytes = response.body().len().map(HeaderValue::from);
        response.headers_mut().extend(length_bytes.map(|length_bytes| (CONTENT_LENGTH, length_bytes)));
        *response.body_mut() = Body::default();
    }
}

/// Says, as AWS's front does in HTTP/1.1, that the connection stays open, unless the client has had enough.
pub(super) fn keep_alive(response: &mut Response<Body>, head: &Parts) {
    let asked = head.headers.get(CONNECTION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if head.version == Version::HTTP_11 && !asked.to_ascii_lowercase().contains("close") {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    }
}

fn has_body(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

#[cfg(test)]
#[path = "reply/tests.rs"]
mod tests;
