//! restXml: paths, headers and an XML body. S3 speaks it.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html>

use bytes::Bytes;

use super::{Request, put, response, rest, rest_json, xml};
use crate::error::{Fault, Malformed};
use crate::route::Labels;
use crate::schema::{EMPTY, Kind, Location, Member, Namespace, Operation, Service, Shape};
use crate::value::{Structure, Value};

const XML: &str = "application/xml";

pub(super) fn parse(
    operation: &Operation,
    labels: Labels,
    mut request: Request<'_>,
) -> Result<Structure, Malformed> {
    let Some(shape) = operation.input else { return Ok(Structure::new()) };
    let body = std::mem::take(&mut request.body);
    let mut input = match shape.payload() {
        _ if body.is_empty() => Structure::new(),
        Some(member) => payload(member, body)?,
        None if shape.body_members().next().is_none() => Structure::new(),
        None => xml::read_structure(shape, &xml::parse(&body)?)?,
    };
    rest::read(shape, labels, &request, &mut input)?;
    Ok(input)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all but blobs and texts are XML")]
fn payload(member: &'static Member, body: Bytes) -> Result<Structure, Malformed> {
    let value = match member.shape().kind {
        Kind::Blob => Value::Blob(body),
        Kind::String => Value::String(rest_json::utf8(body)?),
        _ => xml::read(member, &xml::parse(&body)?)?,
    };
    let mut input = Structure::new();
    input.set(member.name, value);
    Ok(input)
}

fn namespace(service: &Service, own: Option<Namespace>) -> Option<Namespace> {
    own.or_else(|| service.xml_namespace.map(|uri| Namespace { prefix: None, uri }))
}

pub(super) fn respond(
    service: &Service,
    operation: &Operation,
    mut output: Structure,
) -> http::Response<Bytes> {
    let Some(shape) = operation.output else { return response(operation.status, "", Bytes::new()) };
    let mut headers = http::HeaderMap::new();
    let status = rest::write(shape, &mut output, &mut headers).unwrap_or(operation.status);
    let mut response = match shape.payload() {
        Some(member) => respond_payload(service, status, member, output.take(member.name)),
        None if shape.body_members().next().is_none() => response(status, XML, Bytes::new()),
        None => {
            let root = operation.output_name.or(shape.location_name).unwrap_or(shape.name);
            let mut body = String::new();
            let attributes = xml::attributes(shape, &output);
            xml::open(&mut body, root, namespace(service, shape.xml_namespace), &attributes);
            xml::write_members(&mut body, shape, &output);
            xml::end(&mut body, root);
            response(status, XML, body)
        }
    };
    if matches!(status, 204 | 304) {
        *response.body_mut() = Bytes::new();
        response.headers_mut().remove(http::header::CONTENT_TYPE);
    }
    response.headers_mut().extend(headers);
    response
}

fn respond_payload(
    service: &Service,
    status: u16,
    member: &Member,
    value: Option<Value>,
) -> http::Response<Bytes> {
    match value {
        Some(Value::Blob(bytes)) => response(status, "application/octet-stream", bytes),
        Some(Value::String(text)) => response(status, "text/plain", text),
        Some(Value::Structure(given)) => {
            let shape = member.shape();
            // Models repeat the member's name as its location; only another one is a name of the root.
            let named = member.location_name.filter(|name| *name != member.name);
            let root = named.or(shape.location_name).unwrap_or(shape.name);
            let own = member.xml_namespace.or(shape.xml_namespace);
            let mut body = String::new();
            xml::open(&mut body, root, namespace(service, own), &xml::attributes(shape, &given));
            xml::write_members(&mut body, shape, &given);
            xml::end(&mut body, root);
            response(status, XML, body)
        }
        Some(value) => {
            let mut body = String::new();
            xml::write(&mut body, member.wire_name(), member, &value);
            response(status, XML, body)
        }
        None => response(status, "", Bytes::new()),
    }
}

/// The inside of `<Error>`: type, code, message, and what else the shape carries.
pub(super) fn error_element(out: &mut String, service: &Service, fault: &Fault, with_type: bool) {
    xml::open(out, "Error", None, &[]);
    if with_type {
        xml::element(out, "Type", if fault.is_senders() { "Sender" } else { "Receiver" });
    }
    xml::element(out, "Code", fault.query_code());
    if !fault.message().is_empty() {
        xml::element(out, "Message", fault.message());
    }
    let shape: &Shape = fault.shape().unwrap_or(&EMPTY);
    let mut members = fault.members(service);
    let told = |member: &&Member| {
        let name = member.wire_name();
        name.eq_ignore_ascii_case("message") || name == "Code" || (with_type && name == "Type")
    };
    for member in shape.members().iter().filter(|member| member.location != Location::Body || told(member)) {
        members.take(member.name);
    }
    xml::write_members(out, shape, &members);
    xml::end(out, "Error");
}

pub(super) fn fail(service: &Service, fault: &Fault, request_id: &str) -> http::Response<Bytes> {
    let mut body = String::new();
    if service.manners.bare_xml_errors {
        error_element(&mut body, service, fault, false);
        let at = body.rfind("</Error>").unwrap_or(body.len());
        let mut id = String::new();
        xml::element(&mut id, "RequestId", request_id);
        body.insert_str(at, &id);
    } else {
        xml::open(&mut body, "ErrorResponse", namespace(service, None), &[]);
        error_element(&mut body, service, fault, true);
        xml::element(&mut body, "RequestId", request_id);
        xml::end(&mut body, "ErrorResponse");
    }
    let mut response = response(fault.status(), XML, body);
    let mut headers = http::HeaderMap::new();
    rest::write(fault.shape().unwrap_or(&EMPTY), &mut fault.members(service), &mut headers);
    response.headers_mut().extend(headers);
    put(response.headers_mut(), "x-amzn-errortype", fault.code());
    response
}
