//! The files of a service: its index, its errors, and one for each noun. Puts together what the others make.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use super::model::Model;
use super::plan::{ERRORS, Plan};
use super::{Entry, Noun, names, statics, types};

const MARK: &str = concat!("@", "generated");

fn head(what: &str, entry: &Entry) -> String {
    format!(
        "//! {MARK} by `cargo xtask shapes` from botocore's model {}: {what}. Never edited by hand.\n\n\
         #![allow(missing_docs, clippy::too_many_lines, reason = \"generated: names and constraints only\")]\n\n",
        entry.model
    )
}

/// `mod.rs`: the service with its operations and errors.
pub(super) fn index(name: &str, entry: &Entry, model: &Model) -> Result<String> {
    let mut out = head("the service and its operations", entry);
    out += "pub mod errors;\n";
    for noun in &entry.noun {
        writeln!(out, "pub mod {};", noun.name)?;
    }
    out += "\nuse std::sync::OnceLock;\n\nuse crate::protocol::Protocol;\n";
    out += "use crate::schema::{Known, Manners, Service};\n\n";
    let calls = entry.noun.iter().map(|noun| format!("{}::{{{}}}", noun.name, noun.operations.join(", ")));
    writeln!(out, "pub use self::{{{}}};\n", calls.collect::<Vec<_>>().join(", "))?;
    out += &service(name, entry, model)?;
    out += "/// Every operation of the model, built or not.\npub static KNOWN: &[Known] = &[\n";
    for (name, operation) in &model.operations {
        let (method, uri) = (method(operation), uri(operation));
        let query = required(operation, model, "querystring")?;
        let headers = required(operation, model, "header")?;
        writeln!(
            out,
            "Known {{ name: {name:?}, method: {method:?}, uri: {uri:?}, query: &{query:?}, headers: &{headers:?} }},"
        )?;
    }
    out += "];\n";
    Ok(out)
}

/// The names on the wire of the input's required members at one location.
fn required<'m>(operation: &Json, model: &'m Model, location: &str) -> Result<Vec<&'m str>> {
    let Some(input) = operation["input"]["shape"].as_str() else { return Ok(Vec::new()) };
    let shape = model.shape(input)?;
    let members = shape["members"].as_object().into_iter().flatten();
    let there =
        members.filter(|(name, part)| part["location"] == location && statics::is_required(shape, name));
    Ok(there.map(|(name, part)| part["locationName"].as_str().unwrap_or(name)).collect())
}

fn service(name: &str, entry: &Entry, model: &Model) -> Result<String> {
    let metadata = &model.metadata;
    let signing_name = metadata["signingName"].as_str().or_else(|| metadata["endpointPrefix"].as_str());
    let operations = entry.noun.iter().flat_map(|noun| {
        noun.operations.iter().map(|operation| format!("&{}::{}", noun.name, names::constant(operation)))
    });
    let errors = model.errors().into_iter().map(|error| format!("&errors::{}", names::constant(error)));
    Ok(format!(
        "/// The service.\npub static {}: Service = Service {{ signing_name: {:?}, api_version: {:?}, \
         protocols: &[{}], target_prefix: {:?}, xml_namespace: {:?}, query_compatible: {}, \
         operations: &[{}], errors: &[{}], known: KNOWN, manners: {}, router: OnceLock::new() }};\n\n",
        names::constant(name),
        signing_name.context("the model has no signing name")?,
        metadata["apiVersion"].as_str().unwrap_or(""),
        protocols(metadata)?,
        metadata["targetPrefix"].as_str(),
        metadata["xmlNamespace"].as_str(),
        !metadata["awsQueryCompatible"].is_null(),
        operations.collect::<Vec<_>>().join(", "),
        errors.collect::<Vec<_>>().join(", "),
        manners(entry),
    ))
}

fn manners(entry: &Entry) -> String {
    let super::Manners {
        not_json,
        not_json_prefix,
        type_in_body,
        capital_message,
        bare_xml_errors,
        code_member,
    } = &entry.manners;
    format!(
        "Manners {{ not_json: {not_json:?}, not_json_prefix: {not_json_prefix:?}, \
         type_in_body: {type_in_body}, capital_message: &{capital_message:?}, \
         bare_xml_errors: {bare_xml_errors}, code_member: {code_member:?} }}"
    )
}

fn protocols(metadata: &Json) -> Result<String> {
    let listed = metadata["protocols"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let version = metadata["jsonVersion"].as_str().unwrap_or("1.0");
    let found: Vec<&str> = listed
        .filter_map(|name| match (name, version) {
            ("rest-json", _) => Some("Protocol::RestJson"),
            ("json", "1.1") => Some("Protocol::AwsJson11"),
            ("json", _) => Some("Protocol::AwsJson10"),
            ("query", _) => Some("Protocol::Query"),
            ("rest-xml", _) => Some("Protocol::RestXml"),
            ("smithy-rpc-v2-cbor", _) => Some("Protocol::RpcV2Cbor"),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        bail!("no protocol of the model is known");
    }
    Ok(found.join(", "))
}

fn method(operation: &Json) -> &str {
    operation["http"]["method"].as_str().unwrap_or("POST")
}

fn uri(operation: &Json) -> &str {
    operation["http"]["requestUri"].as_str().unwrap_or("/")
}

/// `errors.rs`: every error shape of the model, and what only they hold.
pub(super) fn errors(entry: &Entry, model: &Model, plan: &Plan) -> Result<String> {
    let mut out = head("its error shapes", entry);
    out += "pub use self::shape::*;\n\n";
    out += &shapes(ERRORS, model, plan)?;
    Ok(out)
}

/// One noun's file: operations, types, shapes.
pub(super) fn noun(noun: &Noun, entry: &Entry, model: &Model, plan: &Plan) -> Result<String> {
    let mut body = String::new();
    for name in &noun.operations {
        body += &operation(name, &noun.name, model, plan)?;
    }
    for name in plan.shapes(&noun.name) {
        let given = model.shape(name)?;
        if given["type"] == "structure" && given["document"].as_bool() != Some(true) {
            body += &types::structure(name, &noun.name, model, plan)?;
        }
    }
    let mut out = head(&format!("the {} and its operations", noun.name), entry);
    out += &imports(&body);
    out += &body;
    out += &shapes(&noun.name, model, plan)?;
    Ok(out)
}

/// Only what the file uses: an unused import is an error.
fn imports(body: &str) -> String {
    let mut out = String::new();
    for (needle, import) in
        [("BTreeMap<", "use std::collections::BTreeMap;\n"), ("fmt::Debug", "use std::fmt;\n")]
    {
        if body.contains(needle) {
            out += import;
        }
    }
    // A member may be called `storedBytes`: only the type counts.
    if [": Bytes,", "<Bytes>"].into_iter().any(|form| body.contains(form)) {
        out += "\nuse bytes::Bytes;\n";
    }
    out += "\nuse crate::schema::{Operation, Shape};\n";
    let traits =
        ["Call", "Field", "Mismatch", "Redacted", "Shaped", "members", "optional", "put", "required"];
    let used = |name: &&str| match *name {
        "Call" | "Field" | "Mismatch" | "Shaped" => true,
        "members" => body.contains("members(value)"),
        "Redacted" => body.contains("Redacted"),
        call => body.contains(&format!("{call}(&mut")),
    };
    out += &format!(
        "use crate::shaped::{{{}}};\n",
        traits.into_iter().filter(used).collect::<Vec<_>>().join(", ")
    );
    if body.contains("Timestamp>") || body.contains(": Timestamp") {
        out += "use crate::timestamp::Timestamp;\n";
    }
    out += "use crate::value::{Structure, Value};\n\n";
    out
}

fn operation(name: &str, file: &str, model: &Model, plan: &Plan) -> Result<String> {
    let given = model.operation(name)?;
    let side = |side: &str| given[side]["shape"].as_str();
    let of_shape = |shape: Option<&str>| match shape {
        None => "None".to_owned(),
        Some(shape) if plan.file(shape) == file => format!("Some(&shape::{})", names::constant(shape)),
        Some(shape) => format!("Some(&super::{}::shape::{})", plan.file(shape), names::constant(shape)),
    };
    let of_type = |shape: Option<&str>| match shape {
        None => "()".to_owned(),
        Some(shape) if plan.file(shape) == file => names::type_name(shape),
        Some(shape) => format!("super::{}::{}", plan.file(shape), names::type_name(shape)),
    };
    let errors = given["errors"].as_array().into_iter().flatten().filter_map(|error| error["shape"].as_str());
    let constant = names::constant(name);
    Ok(format!(
        "/// The operation {name}.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub struct {name};\n\n\
         impl Call for {name} {{ type Input = {}; type Output = {}; \
         const OPERATION: &'static Operation = &{constant}; }}\n\n\
         pub static {constant}: Operation = Operation {{ name: {name:?}, method: {:?}, uri: {:?}, \
         status: {}, input: {}, output: {}, errors: &{:?}, output_name: {:?} }};\n\n",
        of_type(side("input")),
        of_type(side("output")),
        method(given),
        uri(given),
        given["http"]["responseCode"].as_u64().unwrap_or(200),
        of_shape(side("input")),
        of_shape(side("output")),
        errors.collect::<Vec<_>>(),
        given["output"]["locationName"].as_str(),
    ))
}

/// `pub mod shape`: the descriptions of a file's shapes.
fn shapes(file: &str, model: &Model, plan: &Plan) -> Result<String> {
    let mut body = String::new();
    for name in plan.shapes(file) {
        body += &statics::shape(name, file, model, plan)?;
        body += "\n";
    }
    let used: Vec<&str> =
        ["ErrorTraits", "Kind", "Location", "Member", "Namespace", "Shape", "TimestampFormat"]
            .into_iter()
            .filter(|name| [" {", "::"].iter().any(|after| body.contains(&format!("{name}{after}"))))
            .collect();
    Ok(format!(
        "/// The descriptions of the shapes.\npub mod shape {{\nuse crate::schema::{{{}}};\n\n{body}}}\n",
        used.join(", ")
    ))
}
