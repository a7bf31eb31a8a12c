//! Builds a [`Service`] at run time from a botocore-style JSON model. Leaks it: models live as long as
//! the process, and only tests and tools build them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use super::{
    ErrorTraits, Kind, Known, Location, Manners, Member, Namespace, Operation, Service, Shape, Target,
    TimestampFormat,
};
use crate::protocol::Protocol;

/// Why a model could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the model is not usable: {what}")]
pub struct ModelError {
    what: String,
}

fn wrong(what: impl Into<String>) -> ModelError {
    ModelError { what: what.into() }
}

type Cells = BTreeMap<String, &'static OnceLock<&'static Shape>>;

/// Builds the service a model describes.
///
/// # Errors
/// [`ModelError`] when a shape is missing or has a type or protocol that is not known.
pub fn service(model: &Json) -> Result<&'static Service, ModelError> {
    let empty = Map::new();
    let shapes = model["shapes"].as_object().unwrap_or(&empty);
    let cells: Cells =
        shapes.keys().map(|name| (name.clone(), &*Box::leak(Box::new(OnceLock::new())))).collect();
    for (name, description) in shapes {
        let built = shape(name, description, &cells)?;
        cells[name].set(leak(built)).map_err(|_| wrong(format!("{name} stands twice")))?;
    }
    let metadata = &model["metadata"];
    let operations = model["operations"].as_object().unwrap_or(&empty);
    let built = operations.values().map(|given| operation(given, &cells)).collect::<Result<Vec<_>, _>>()?;
    let known = built.iter().map(|operation| known(operation)).collect::<Vec<_>>();
    let errors = cells.values().filter_map(|cell| cell.get().copied()).filter(|s| s.error.is_some());
    Ok(leak(Service {
        signing_name: text(&metadata["signingName"])
            .or_else(|| text(&metadata["endpointPrefix"]))
            .unwrap_or(""),
        api_version: text(&metadata["apiVersion"]).unwrap_or(""),
        protocols: leak(protocols(metadata)?),
        target_prefix: text(&metadata["targetPrefix"]),
        xml_namespace: text(&metadata["xmlNamespace"]),
        query_compatible: !metadata["awsQueryCompatible"].is_null(),
        operations: leak(built),
        errors: leak(errors.collect::<Vec<_>>()),
        known: leak(known),
        manners: Manners::PLAIN,
        router: OnceLock::new(),
    }))
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn text(value: &Json) -> Option<&'static str> {
    value.as_str().map(|text| &*String::leak(text.to_owned()))
}

fn flag(value: &Json) -> bool {
    value.as_bool().unwrap_or(false)
}

fn protocols(metadata: &Json) -> Result<Vec<Protocol>, ModelError> {
    let mut names: Vec<&str> =
        metadata["protocols"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    names.extend(metadata["protocol"].as_str().filter(|name| !names.contains(name)));
    let version = metadata["jsonVersion"].as_str().unwrap_or("1.0");
    let found: Vec<Protocol> = names.iter().filter_map(|name| Protocol::named(name, version)).collect();
    if found.is_empty() { Err(wrong(format!("no known protocol among {names:?}"))) } else { Ok(found) }
}

fn operation(given: &Json, cells: &Cells) -> Result<&'static Operation, ModelError> {
    let name = text(&given["name"]).ok_or_else(|| wrong("an operation without a name"))?;
    let shape_of = |side: &Json| match side["shape"].as_str() {
        None => Ok(None),
        Some(shape) => find(shape, cells).map(|cell| cell.get().copied()),
    };
    let errors = given["errors"].as_array().into_iter().flatten();
    let status = given["http"]["responseCode"].as_u64().unwrap_or(200);
    Ok(leak(Operation {
        name,
        method: text(&given["http"]["method"]).unwrap_or("POST"),
        uri: text(&given["http"]["requestUri"]).unwrap_or("/"),
        status: u16::try_from(status).map_err(|_| wrong(format!("status {status} of {name}")))?,
        input: shape_of(&given["input"])?,
        output: shape_of(&given["output"])?,
        errors: leak(errors.filter_map(|error| text(&error["shape"])).collect::<Vec<_>>()),
        output_name: text(&given["output"]["locationName"]),
    }))
}

fn known(operation: &Operation) -> Known {
    let required = |location: Location| {
        let members = operation.input.map_or(&[][..], Shape::members).iter();
        let names = members.filter(|member| member.required && member.location == location);
        &**leak(names.map(Member::wire_name).collect::<Vec<_>>())
    };
    Known {
        name: operation.name,
        method: operation.method,
        uri: operation.uri,
        query: required(Location::Query),
        headers: required(Location::Header),
    }
}

fn find(name: &str, cells: &Cells) -> Result<&'static OnceLock<&'static Shape>, ModelError> {
    cells.get(name).copied().ok_or_else(|| wrong(format!("shape {name} is missing")))
}

fn shape(name: &str, given: &Json, cells: &Cells) -> Result<Shape, ModelError> {
    let values = given["enum"].as_array().into_iter().flatten().filter_map(text).collect::<Vec<_>>();
    Ok(Shape {
        min: bound(&given["min"]),
        max: bound(&given["max"]),
        pattern: text(&given["pattern"]),
        values: leak(values),
        timestamp_format: timestamp_format(&given["timestampFormat"])?,
        flattened: flag(&given["flattened"]),
        location_name: text(&given["locationName"]),
        xml_namespace: namespace(&given["xmlNamespace"]),
        sensitive: flag(&given["sensitive"]),
        streaming: flag(&given["streaming"]),
        boxed: flag(&given["box"]),
        sparse: flag(&given["sparse"]),
        union: flag(&given["union"]),
        event_stream: flag(&given["eventstream"]),
        event: flag(&given["event"]),
        error: error_traits(given),
        ..Shape::of(String::leak(name.to_owned()), kind(name, given, cells)?)
    })
}

/// A bound as a whole number; models write a few as `1.0`.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and no bound is that large")]
fn bound(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|bound| bound as i64))
}

fn kind(name: &str, given: &Json, cells: &Cells) -> Result<Kind, ModelError> {
    Ok(match given["type"].as_str().unwrap_or("") {
        "structure" if flag(&given["document"]) => Kind::Document,
        "structure" => structure(given, cells)?,
        "list" => Kind::List(member("", &given["member"], false, cells)?),
        "map" => Kind::Map {
            key: member("key", &given["key"], false, cells)?,
            value: member("value", &given["value"], false, cells)?,
        },
        "string" | "character" => Kind::String,
        "blob" => Kind::Blob,
        "boolean" => Kind::Boolean,
        "byte" | "short" | "integer" => Kind::Integer,
        "long" | "bigInteger" => Kind::Long,
        "float" | "double" | "bigDecimal" => Kind::Double,
        "timestamp" => Kind::Timestamp,
        "document" => Kind::Document,
        other => return Err(wrong(format!("shape {name} has type {other:?}"))),
    })
}

fn structure(given: &Json, cells: &Cells) -> Result<Kind, ModelError> {
    let required: Vec<&str> =
        given["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let members = given["members"].as_object().into_iter().flatten();
    let members = members
        .map(|(name, description)| member(name, description, required.contains(&name.as_str()), cells))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Kind::Structure { members: leak(members), payload: text(&given["payload"]) })
}

fn member(name: &str, given: &Json, required: bool, cells: &Cells) -> Result<Member, ModelError> {
    let target = given["shape"].as_str().ok_or_else(|| wrong(format!("member {name} has no shape")))?;
    Ok(Member {
        location: location(given["location"].as_str()),
        location_name: text(&given["locationName"]),
        required,
        flattened: flag(&given["flattened"]),
        xml_attribute: flag(&given["xmlAttribute"]),
        xml_namespace: namespace(&given["xmlNamespace"]),
        timestamp_format: timestamp_format(&given["timestampFormat"])?,
        json_value: flag(&given["jsonvalue"]),
        idempotency_token: flag(&given["idempotencyToken"]),
        host_label: flag(&given["hostLabel"]),
        streaming: flag(&given["streaming"]),
        boxed: flag(&given["box"]),
        event_payload: flag(&given["eventpayload"]),
        ..Member::to(String::leak(name.to_owned()), Target::Late(find(target, cells)?))
    })
}

fn location(name: Option<&str>) -> Location {
    match name {
        Some("uri") => Location::Uri,
        Some("querystring") => Location::Query,
        Some("header") => Location::Header,
        Some("headers") => Location::Headers,
        Some("statusCode") => Location::Status,
        _ => Location::Body,
    }
}

fn namespace(given: &Json) -> Option<Namespace> {
    if let Some(uri) = text(given) {
        return Some(Namespace { prefix: None, uri });
    }
    text(&given["uri"]).map(|uri| Namespace { prefix: text(&given["prefix"]), uri })
}

fn timestamp_format(given: &Json) -> Result<Option<TimestampFormat>, ModelError> {
    match given.as_str() {
        None => Ok(None),
        Some("iso8601") => Ok(Some(TimestampFormat::Iso8601)),
        Some("rfc822") => Ok(Some(TimestampFormat::HttpDate)),
        Some("unixTimestamp") => Ok(Some(TimestampFormat::Epoch)),
        Some(other) => Err(wrong(format!("timestamp format {other:?}"))),
    }
}

fn error_traits(given: &Json) -> Option<ErrorTraits> {
    let error = &given["error"];
    if error.is_null() && !flag(&given["exception"]) {
        return None;
    }
    Some(ErrorTraits {
        code: text(&error["code"]),
        status: error["httpStatusCode"].as_u64().and_then(|status| u16::try_from(status).ok()),
        sender_fault: error["senderFault"].as_bool(),
        fault: flag(&given["fault"]) || flag(&error["fault"]),
    })
}
