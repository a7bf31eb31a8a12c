//! awsJson 1.0 and 1.1: POST to `/`, the operation in `X-Amz-Target`, JSON both ways.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

use bytes::Bytes;
use http::HeaderMap;

use super::{json, put, response};
use crate::error::{Fault, Malformed};
use crate::schema::{EMPTY, Operation, Service};
use crate::value::Structure;

/// The operation's name out of `X-Amz-Target`, if the prefix is the service's.
pub(super) fn target<'h>(service: &Service, headers: &'h HeaderMap) -> Option<&'h str> {
    let (prefix, name) = headers.get("x-amz-target")?.to_str().ok()?.rsplit_once('.')?;
    service.target_prefix.is_none_or(|expected| expected == prefix).then_some(name)
}

pub(super) fn parse(operation: &Operation, body: &[u8]) -> Result<Structure, Malformed> {
    json::read_structure(operation.input.unwrap_or(&EMPTY), body)
}

fn content_type(version: &str) -> &'static str {
    if version == "1.0" { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" }
}

pub(super) fn respond(version: &str, operation: &Operation, output: &Structure) -> http::Response<Bytes> {
    let mut body = Vec::new();
    json::write_structure(&mut body, operation.output.unwrap_or(&EMPTY), output, &[]);
    response(200, content_type(version), body)
}

pub(super) fn fail(version: &str, service: &Service, fault: &Fault) -> http::Response<Bytes> {
    let mut extra = vec![("__type", fault.code())];
    extra.extend(fault.message_outside(service));
    let mut body = Vec::new();
    json::write_structure(&mut body, fault.shape().unwrap_or(&EMPTY), &fault.members(service), &extra);
    let mut response = response(fault.status(), content_type(version), body);
    put(response.headers_mut(), "x-amzn-errortype", fault.code());
    response
}
