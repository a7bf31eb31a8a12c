//! Shapes as `static` data: each trait of the model as a field. Mirrors `lambent_wire::schema::model`, which
//! builds the same at run time; a test there compares the two.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use super::model::{Model, is_error};
use super::names;
use super::plan::Plan;

/// `pub static FUNCTION_NAME: Shape = …;`
pub(super) fn shape(name: &str, file: &str, model: &Model, plan: &Plan) -> Result<String> {
    let given = model.shape(name)?;
    let kind = kind(given, file, plan).with_context(|| format!("shape {name}"))?;
    let mut fields = String::new();
    for bound in ["min", "max"] {
        if let Some(number) = whole(&given[bound]) {
            write!(fields, "{bound}: Some({number}), ")?;
        }
    }
    if let Some(pattern) = given["pattern"].as_str() {
        write!(fields, "pattern: Some({pattern:?}), ")?;
    }
    if let Some(values) = given["enum"].as_array() {
        write!(fields, "values: &{}, ", strings(values))?;
    }
    fields += &shared_traits(given)?;
    fields += &flags(given, &["sensitive", "sparse", "union", "event"]);
    if given["eventstream"].as_bool() == Some(true) {
        fields += "event_stream: true, ";
    }
    if is_error(given) {
        fields += &error(given)?;
    }
    let plain = format!("Shape::of({name:?}, {kind})");
    let value = if fields.is_empty() { plain } else { format!("Shape {{ {fields} ..{plain} }}") };
    Ok(format!("pub static {}: Shape = {value};\n", names::constant(name)))
}

/// A bound as a whole number; models write a few as `1.0`.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and no bound is that large")]
fn whole(bound: &Json) -> Option<i64> {
    bound.as_i64().or_else(|| bound.as_f64().map(|bound| bound as i64))
}

fn strings(values: &[Json]) -> String {
    let items: Vec<String> = values.iter().filter_map(Json::as_str).map(|text| format!("{text:?}")).collect();
    format!("[{}]", items.join(", "))
}

/// The traits a shape and a member may both have.
fn shared_traits(given: &Json) -> Result<String> {
    let mut fields = flags(given, &["flattened", "streaming"]);
    if given["box"].as_bool() == Some(true) {
        fields += "boxed: true, ";
    }
    if let Some(name) = given["locationName"].as_str() {
        write!(fields, "location_name: Some({name:?}), ")?;
    }
    let namespace = &given["xmlNamespace"];
    if let Some(uri) = namespace.as_str().or_else(|| namespace["uri"].as_str()) {
        let prefix = namespace["prefix"].as_str();
        write!(fields, "xml_namespace: Some(Namespace {{ prefix: {prefix:?}, uri: {uri:?} }}), ")?;
    }
    if let Some(format) = given["timestampFormat"].as_str() {
        let format = match format {
            "iso8601" => "Iso8601",
            "rfc822" => "HttpDate",
            "unixTimestamp" => "Epoch",
            other => bail!("timestamp format {other}"),
        };
        write!(fields, "timestamp_format: Some(TimestampFormat::{format}), ")?;
    }
    Ok(fields)
}

fn flags(given: &Json, names: &[&str]) -> String {
    let set = names.iter().filter(|name| given[**name].as_bool() == Some(true));
    set.map(|name| format!("{name}: true, ")).collect()
}

fn error(given: &Json) -> Result<String> {
    let error = &given["error"];
    let code = error["code"].as_str();
    let status = error["httpStatusCode"].as_u64();
    let sender_fault = error["senderFault"].as_bool();
    let fault = given["fault"].as_bool() == Some(true) || error["fault"].as_bool() == Some(true);
    let mut out = String::new();
    write!(
        out,
        "error: Some(ErrorTraits {{ code: {code:?}, status: {status:?}, sender_fault: {sender_fault:?}, \
         fault: {fault} }}), "
    )?;
    Ok(out)
}

fn kind(given: &Json, file: &str, plan: &Plan) -> Result<String> {
    Ok(match given["type"].as_str().unwrap_or("") {
        "structure" if given["document"].as_bool() == Some(true) => "Kind::Document".to_owned(),
        "structure" => structure(given, file, plan)?,
        "list" => format!("Kind::List({})", member("", &given["member"], false, file, plan)?),
        "map" => format!(
            "Kind::Map {{ key: {}, value: {} }}",
            member("key", &given["key"], false, file, plan)?,
            member("value", &given["value"], false, file, plan)?
        ),
        "string" | "character" => "Kind::String".to_owned(),
        "blob" => "Kind::Blob".to_owned(),
        "boolean" => "Kind::Boolean".to_owned(),
        "byte" | "short" | "integer" => "Kind::Integer".to_owned(),
        "long" | "bigInteger" => "Kind::Long".to_owned(),
        "float" | "double" | "bigDecimal" => "Kind::Double".to_owned(),
        "timestamp" => "Kind::Timestamp".to_owned(),
        "document" => "Kind::Document".to_owned(),
        other => bail!("type {other:?} is not known"),
    })
}

fn structure(given: &Json, file: &str, plan: &Plan) -> Result<String> {
    let payload = given["payload"].as_str();
    let mut members = String::new();
    for (name, part) in given["members"].as_object().into_iter().flatten() {
        members += &member(name, part, is_required(given, name), file, plan)?;
        members += ", ";
    }
    Ok(format!("Kind::Structure {{ members: &[{members}], payload: {payload:?} }}"))
}

/// Whether a structure requires a member.
pub(super) fn is_required(structure: &Json, member: &str) -> bool {
    structure["required"].as_array().is_some_and(|names| names.iter().any(|name| name == member))
}

fn member(name: &str, given: &Json, required: bool, file: &str, plan: &Plan) -> Result<String> {
    let target = given["shape"].as_str().with_context(|| format!("member {name} has no shape"))?;
    let mut fields = String::new();
    if required {
        fields += "required: true, ";
    }
    if let Some(location) = given["location"].as_str() {
        let location = match location {
            "uri" => "Uri",
            "querystring" => "Query",
            "header" => "Header",
            "headers" => "Headers",
            "statusCode" => "Status",
            other => bail!("location {other:?} of member {name}"),
        };
        write!(fields, "location: Location::{location}, ")?;
    }
    for (trait_name, field) in [
        ("xmlAttribute", "xml_attribute"),
        ("jsonvalue", "json_value"),
        ("idempotencyToken", "idempotency_token"),
        ("hostLabel", "host_label"),
        ("eventpayload", "event_payload"),
    ] {
        if given[trait_name].as_bool() == Some(true) {
            write!(fields, "{field}: true, ")?;
        }
    }
    fields += &shared_traits(given)?;
    let home = plan.file(target);
    let path = if home == file { String::new() } else { format!("super::super::{home}::shape::") };
    let plain = format!("Member::of({name:?}, &{path}{})", names::constant(target));
    Ok(if fields.is_empty() { plain } else { format!("Member {{ {fields} ..{plain} }}") })
}
