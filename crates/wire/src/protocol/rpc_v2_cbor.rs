//! Smithy RPC v2 CBOR: the operation in the path, CBOR both ways. Current SDKs speak it to CloudWatch.
//!
//! Source: <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

use bytes::Bytes;
use ciborium::Value as Cbor;
use http::HeaderValue;

use super::{NESTING_MAX, Request, response};
use crate::error::{Fault, Malformed};
use crate::schema::{EMPTY, Kind, Member, Operation, Service, Shape};
use crate::timestamp::Timestamp;
use crate::value::{Structure, Value};

/// The operation's name out of `/service/<service>/operation/<operation>`.
pub(super) fn operation<'r>(request: &Request<'r>) -> Option<&'r str> {
    let mut parts = request.path.rsplit('/');
    let name = parts.next()?;
    (parts.next() == Some("operation")).then_some(name)
}

pub(super) fn parse(operation: &Operation, body: &[u8]) -> Result<Structure, Malformed> {
    let shape = operation.input.unwrap_or(&EMPTY);
    if body.is_empty() {
        return Ok(Structure::new());
    }
    let given: Cbor = ciborium::de::from_reader_with_recursion_limit(body, NESTING_MAX)
        .map_err(|error| Malformed::Syntax(format!("the body is not CBOR: {error}")))?;
    let Cbor::Map(entries) = given else { return Err(refuse("structure")) };
    read_structure(shape, entries)
}

fn refuse(wanted: &str) -> Malformed {
    Malformed::Data(format!("a value can not be converted to {wanted}"))
}

fn read_structure(shape: &Shape, entries: Vec<(Cbor, Cbor)>) -> Result<Structure, Malformed> {
    let mut structure = Structure::new();
    for (key, value) in entries {
        let Cbor::Text(key) = key else { return Err(refuse("a member's name")) };
        if let Some(member) = shape.members().iter().find(|member| member.name == key) {
            structure.set(member.name, read(member, value)?);
        }
    }
    Ok(structure)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a key of a map is a text; Cbor may grow variants")]
fn read(member: &Member, value: Cbor) -> Result<Value, Malformed> {
    let shape = member.shape();
    match (&shape.kind, value) {
        (_, Cbor::Null) => Ok(Value::Null),
        (Kind::Structure { .. }, Cbor::Map(entries)) => read_structure(shape, entries).map(Value::Structure),
        (Kind::List(item), Cbor::Array(items)) => {
            items.into_iter().map(|value| read(item, value)).collect::<Result<_, _>>().map(Value::List)
        }
        (Kind::Map { value: member, .. }, Cbor::Map(entries)) => entries
            .into_iter()
            .map(|(key, value)| match key {
                Cbor::Text(key) => Ok((key, read(member, value)?)),
                _ => Err(refuse("a key")),
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        (Kind::String, Cbor::Text(text)) => Ok(Value::String(text)),
        (Kind::Blob, Cbor::Bytes(bytes)) => Ok(Value::Blob(Bytes::from(bytes))),
        (Kind::Boolean, Cbor::Bool(given)) => Ok(Value::Boolean(given)),
        (Kind::Integer | Kind::Long, value) => read_whole(shape, value),
        (Kind::Double, value) => number(&value).map(Value::Float).ok_or_else(|| refuse("Double")),
        (Kind::Timestamp, value) => read_timestamp(&value),
        (Kind::Document, value) => document(value).map(Value::Document),
        (
            Kind::Structure { .. }
            | Kind::List(_)
            | Kind::Map { .. }
            | Kind::String
            | Kind::Blob
            | Kind::Boolean,
            _,
        ) => Err(refuse(shape.name)),
    }
}

fn read_whole(shape: &Shape, value: Cbor) -> Result<Value, Malformed> {
    let Cbor::Integer(number) = value else { return Err(refuse(shape.name)) };
    let number = i64::try_from(number).map_err(|_| refuse("Long"))?;
    if matches!(shape.kind, Kind::Integer) && i32::try_from(number).is_err() {
        return Err(refuse("Integer"));
    }
    Ok(Value::Integer(number))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a whole number given for a float is rounded as by every client"
)]
fn number(value: &Cbor) -> Option<f64> {
    let whole = || value.as_integer().and_then(|number| i64::try_from(number).ok());
    value.as_float().or_else(|| whole().map(|number| number as f64))
}

fn read_timestamp(value: &Cbor) -> Result<Value, Malformed> {
    let inner = if let Cbor::Tag(1, inner) = value { inner } else { value };
    let seconds = number(inner).ok_or_else(|| refuse("Timestamp"))?;
    Timestamp::from_seconds(seconds).map(Value::Timestamp).map_err(|_| refuse("Timestamp"))
}

fn document(value: Cbor) -> Result<serde_json::Value, Malformed> {
    value.deserialized().map_err(|_| refuse("Document"))
}

pub(super) fn respond(operation: &Operation, output: &Structure) -> http::Response<Bytes> {
    match operation.output {
        // Without an output shape there is neither a body nor its type.
        None => marked(response(200, "", Bytes::new())),
        Some(shape) => write(200, Cbor::Map(structure(shape, output))),
    }
}

pub(super) fn fail(service: &Service, fault: &Fault) -> http::Response<Bytes> {
    let mut entries = vec![(Cbor::from("__type"), Cbor::from(fault.code()))];
    let outside = fault.message_outside(service);
    entries.extend(outside.map(|(key, message)| (Cbor::from(key), Cbor::from(message))));
    entries.extend(structure(fault.shape().unwrap_or(&EMPTY), &fault.members(service)));
    write(fault.status(), Cbor::Map(entries))
}

fn write(status: u16, body: Cbor) -> http::Response<Bytes> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&body, &mut bytes).expect("a vector takes all, and every value has a form");
    marked(response(status, "application/cbor", bytes))
}

fn marked(mut response: http::Response<Bytes>) -> http::Response<Bytes> {
    response.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    response
}

fn structure(shape: &Shape, given: &Structure) -> Vec<(Cbor, Cbor)> {
    let members = shape.members().iter();
    members
        .filter_map(|member| Some((Cbor::from(member.name), cbor(member, given.get(member.name)?))))
        .collect()
}

fn cbor(member: &Member, value: &Value) -> Cbor {
    match (value, &member.shape().kind) {
        (Value::Structure(given), _) => Cbor::Map(structure(member.shape(), given)),
        (Value::List(items), Kind::List(item)) => {
            Cbor::Array(items.iter().map(|value| cbor(item, value)).collect())
        }
        (Value::Map(entries), Kind::Map { value: member, .. }) => Cbor::Map(
            entries.iter().map(|(key, value)| (Cbor::from(key.as_str()), cbor(member, value))).collect(),
        ),
        (Value::Boolean(given), _) => Cbor::Bool(*given),
        (Value::Integer(number), _) => Cbor::from(*number),
        (Value::Float(number), _) => Cbor::Float(*number),
        (Value::String(text), _) => Cbor::from(text.as_str()),
        (Value::Blob(bytes), _) => Cbor::Bytes(bytes.to_vec()),
        (Value::Timestamp(moment), _) => Cbor::Tag(1, Box::new(seconds(*moment))),
        (Value::Document(document), _) => Cbor::serialized(document).unwrap_or(Cbor::Null),
        (Value::Null | Value::List(_) | Value::Map(_), _) => Cbor::Null,
    }
}

fn seconds(moment: Timestamp) -> Cbor {
    let millis = moment.as_millis();
    if millis % 1000 == 0 { Cbor::from(millis / 1000) } else { Cbor::Float(moment.as_seconds()) }
}
