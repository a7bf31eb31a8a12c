//! awsQuery: a form in, XML out, the operation in `Action`. CloudFormation, STS and IAM speak it.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use std::collections::BTreeMap;

use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::{NESTING_MAX, Request, response, rest, rest_xml, xml};
use crate::error::{Fault, Malformed};
use crate::schema::{Kind, Member, Namespace, Operation, Service, Shape};
use crate::value::{Structure, Value};

const XML: &str = "text/xml";

/// The form: the body of a POST, the query of a GET.
fn form<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    if request.body.is_empty() { Some(request.query) } else { std::str::from_utf8(&request.body).ok() }
}

/// The operation's name out of `Action`. Names of operations need no decoding.
pub(super) fn action<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    form(request)?.split('&').find_map(|pair| pair.strip_prefix("Action="))
}

/// Fields by the dots in their names.
#[derive(Debug, Default)]
struct Fields {
    value: Option<String>,
    inner: BTreeMap<String, Fields>,
}

pub(super) fn parse(operation: &Operation, request: &Request<'_>) -> Result<Structure, Malformed> {
    let Some(shape) = operation.input else { return Ok(Structure::new()) };
    let form = form(request).ok_or_else(|| Malformed::Syntax("the form is not UTF-8".to_owned()))?;
    let mut root = Fields::default();
    for pair in form.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        root.insert(&decode(key), decode(value))?;
    }
    read_structure(shape, &root)
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl Fields {
    fn insert(&mut self, key: &str, value: String) -> Result<(), Malformed> {
        if key.split('.').count() > NESTING_MAX {
            return Err(Malformed::Data("a field nests too deep".to_owned()));
        }
        let place =
            key.split('.').fold(self, |fields, part| fields.inner.entry(part.to_owned()).or_default());
        place.value = Some(value);
        Ok(())
    }

    /// The numbered fields below, in the order of their numbers.
    fn numbered(&self) -> Vec<&Self> {
        let mut found: Vec<(u32, &Self)> =
            self.inner.iter().filter_map(|(key, fields)| Some((key.parse().ok()?, fields))).collect();
        found.sort_unstable_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, fields)| fields).collect()
    }
}

fn read_structure(shape: &Shape, fields: &Fields) -> Result<Structure, Malformed> {
    let mut structure = Structure::new();
    for member in shape.members() {
        let found = if member.is_flattened() {
            xml::flat_names(member).find_map(|name| fields.inner.get(name))
        } else {
            fields.inner.get(member.wire_name())
        };
        if let Some(inner) = found {
            structure.set(member.name, read(member, inner)?);
        }
    }
    Ok(structure)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all else is one text, which scalar() tells apart")]
fn read(member: &Member, fields: &Fields) -> Result<Value, Malformed> {
    let shape = member.shape();
    match &shape.kind {
        Kind::Structure { .. } => read_structure(shape, fields).map(Value::Structure),
        Kind::List(item) => {
            let wrapped = fields.inner.get(item.location_name.unwrap_or("member"));
            let items = wrapped.filter(|_| !member.is_flattened()).unwrap_or(fields).numbered();
            items.into_iter().map(|fields| read(item, fields)).collect::<Result<_, _>>().map(Value::List)
        }
        Kind::Map { key, value } => {
            let wrapped = fields.inner.get("entry").filter(|_| !member.is_flattened());
            let entries = wrapped.unwrap_or(fields).numbered();
            entries
                .into_iter()
                .map(|entry| read_entry(key, value, entry))
                .collect::<Result<_, _>>()
                .map(Value::Map)
        }
        _ => rest::scalar(shape, fields.value.as_deref().unwrap_or("")),
    }
}

fn read_entry(key: &Member, value: &Member, entry: &Fields) -> Result<(String, Value), Malformed> {
    let name = entry.inner.get(key.wire_name()).and_then(|fields| fields.value.clone());
    let name = name.ok_or_else(|| Malformed::Data("an entry of a map has no key".to_owned()))?;
    let value = entry.inner.get(value.wire_name()).map(|fields| read(value, fields)).transpose()?;
    Ok((name, value.unwrap_or_default()))
}

fn namespace(service: &Service) -> Option<Namespace> {
    service.xml_namespace.map(|uri| Namespace { prefix: None, uri })
}

pub(super) fn respond(
    service: &Service,
    operation: &Operation,
    output: &Structure,
    request_id: &str,
) -> http::Response<Bytes> {
    let (root, result) = (format!("{}Response", operation.name), format!("{}Result", operation.name));
    let mut body = String::new();
    xml::open(&mut body, &root, namespace(service), &[]);
    if let Some(shape) = operation.output {
        xml::open(&mut body, &result, None, &[]);
        xml::write_members(&mut body, shape, output);
        xml::end(&mut body, &result);
    }
    xml::open(&mut body, "ResponseMetadata", None, &[]);
    xml::element(&mut body, "RequestId", request_id);
    xml::end(&mut body, "ResponseMetadata");
    xml::end(&mut body, &root);
    response(200, XML, body)
}

pub(super) fn fail(service: &Service, fault: &Fault, request_id: &str) -> http::Response<Bytes> {
    let mut body = String::new();
    xml::open(&mut body, "ErrorResponse", namespace(service), &[]);
    rest_xml::error_element(&mut body, service, fault, true);
    xml::element(&mut body, "RequestId", request_id);
    xml::end(&mut body, "ErrorResponse");
    response(fault.status(), XML, body)
}
