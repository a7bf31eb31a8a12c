//! restJson1: paths, headers and a JSON body. Lambda speaks it.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>

use bytes::Bytes;

use super::{Request, event_stream, json, put, response, rest};
use crate::error::{Fault, Malformed};
use crate::route::Labels;
use crate::schema::{EMPTY, Kind, Member, Operation, Service, Shape};
use crate::value::{Structure, Value};

const JSON: &str = "application/json";

pub(super) fn parse(
    operation: &Operation,
    labels: Labels,
    mut request: Request<'_>,
) -> Result<Structure, Malformed> {
    let Some(shape) = operation.input else { return Ok(Structure::new()) };
    let body = std::mem::take(&mut request.body);
    let mut input = match shape.payload() {
        Some(member) => payload(member, body)?,
        None if shape.body_members().next().is_none() => Structure::new(),
        None => json::read_structure(shape, &body)?,
    };
    rest::read(shape, labels, &request, &mut input)?;
    Ok(input)
}

/// The member that is the whole body. Blobs and texts are it, an empty body is none.
#[expect(clippy::wildcard_enum_match_arm, reason = "all but blobs and texts are JSON")]
fn payload(member: &'static Member, body: Bytes) -> Result<Structure, Malformed> {
    let mut input = Structure::new();
    if body.is_empty() {
        return Ok(input);
    }
    let value = match member.shape().kind {
        Kind::Blob => Value::Blob(body),
        Kind::String => Value::String(utf8(body)?),
        _ => json::read_value(member, &body)?,
    };
    input.set(member.name, value);
    Ok(input)
}

pub(super) fn utf8(body: Bytes) -> Result<String, Malformed> {
    String::from_utf8(body.into()).map_err(|_| Malformed::Data("the body is not UTF-8".to_owned()))
}

pub(super) fn respond(operation: &Operation, mut output: Structure) -> http::Response<Bytes> {
    let Some(shape) = operation.output else { return response(operation.status, "", Bytes::new()) };
    let mut headers = http::HeaderMap::new();
    let status = rest::write(shape, &mut output, &mut headers).unwrap_or(operation.status);
    let mut response = match shape.payload() {
        Some(member) => respond_payload(status, member, output.take(member.name)),
        None => {
            let mut body = Vec::new();
            json::write_structure(&mut body, shape, &output, &[]);
            response(status, JSON, body)
        }
    };
    // 204 and 304 have no body, whatever the output holds.
    if matches!(status, 204 | 304) {
        *response.body_mut() = Bytes::new();
        response.headers_mut().remove(http::header::CONTENT_TYPE);
    }
    response.headers_mut().extend(headers);
    response
}

fn respond_payload(status: u16, member: &Member, value: Option<Value>) -> http::Response<Bytes> {
    if member.shape().event_stream {
        // The events come after the head, one by one.
        return response(status, event_stream::CONTENT_TYPE, Bytes::new());
    }
    match (value, &member.shape().kind) {
        (Some(Value::Blob(bytes)), _) => response(status, "application/octet-stream", bytes),
        (Some(Value::String(text)), _) => response(status, "text/plain", text),
        (Some(value), _) => {
            let mut body = Vec::new();
            json::write_member(&mut body, member, &value);
            response(status, JSON, body)
        }
        (None, Kind::Structure { .. }) => response(status, JSON, "{}"),
        (None, _) => response(status, "", Bytes::new()),
    }
}

pub(super) fn fail(service: &Service, fault: &Fault) -> http::Response<Bytes> {
    let shape: &Shape = fault.shape().unwrap_or(&EMPTY);
    let mut members = fault.members(service);
    let mut headers = http::HeaderMap::new();
    rest::write(shape, &mut members, &mut headers);
    let mut extra = Vec::new();
    if service.manners.type_in_body && shape.member("Type").is_none() {
        extra.push(("Type", fault.blame()));
    }
    extra.extend(fault.code_outside(service));
    extra.extend(fault.message_outside(service));
    let mut body = Vec::new();
    json::write_structure(&mut body, shape, &members, &extra);
    let mut response = response(fault.status(), JSON, body);
    response.headers_mut().extend(headers);
    put(response.headers_mut(), "x-amzn-errortype", fault.code());
    response
}
