//! Notes the traces of what functions publish to topics, from the answers that pass here. Never changes an answer.

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use lambent_core::limits::UPSTREAM_ANSWER_MAX_BYTES;
use lambent_services::pipeline;
use lambent_services::upstream::Published;

use super::{Body, whole};

/// The trace of a function that asks SNS for something.
pub(super) fn trace(request: &Request<Body>) -> Option<String> {
    let trace = request.headers().get("x-amzn-trace-id")?.to_str().ok()?;
    let is_part = trace.contains("Lineage=") && pipeline::foreign_service(request).as_deref() == Some("sns");
    is_part.then(|| trace.replace("%7C", "|"))
}

/// Notes the trace of the messages in an answer, if that is short enough to be read.
pub(super) async fn noted(
    response: Response<Incoming>,
    (published, trace): (&Published, &str),
) -> Result<Response<Body>> {
    let (head, body) = response.into_parts();
    let length = head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let is_short = length
        .and_then(|text| text.parse().ok())
        .is_some_and(|bytes: usize| bytes <= UPSTREAM_ANSWER_MAX_BYTES);
    if !is_short {
        return Ok(Response::from_parts(head, body.map_err(Into::into).boxed_unsync()));
    }
    let body: Bytes = body.collect().await?.to_bytes();
    published.note(&String::from_utf8_lossy(&body), trace);
    Ok(Response::from_parts(head, whole(body)))
}
