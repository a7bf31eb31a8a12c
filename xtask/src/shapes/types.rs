//! Structures as Rust types with their way from and to trees. Generates types, no behaviour.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail};
use serde_json::Value as Json;

use super::model::Model;
use super::names;
use super::plan::Plan;
use super::statics::is_required;

/// One field of a structure.
struct Field<'m> {
    wire: &'m str,
    rust: String,
    inner: String,
    required: bool,
    sensitive: bool,
}

/// The type of a structure shape and its conversions.
pub(super) fn structure(name: &str, file: &str, model: &Model, plan: &Plan) -> Result<String> {
    let given = model.shape(name)?;
    let type_name = names::type_name(name);
    if matches!(type_name.as_str(), "String" | "Vec" | "Option" | "Box" | "Shape" | "Field" | "Shaped") {
        bail!("{type_name} would hide a type of Rust or of the wire");
    }
    let mut fields = Vec::new();
    for (member, part) in given["members"].as_object().into_iter().flatten() {
        fields.push(field(name, member, part, is_required(given, member), file, model, plan)?);
    }
    let mut out = declaration(&type_name, &fields)?;
    if fields.iter().any(|field| field.sensitive) {
        out += &debug(&type_name, &fields)?;
    }
    out += &conversions(&type_name, &fields)?;
    write!(
        out,
        "impl Shaped for {type_name} {{ const SHAPE: &'static Shape = &shape::{}; }}\n\n",
        names::constant(name)
    )?;
    Ok(out)
}

fn field<'m>(
    owner: &str,
    wire: &'m str,
    given: &Json,
    required: bool,
    file: &str,
    model: &Model,
    plan: &Plan,
) -> Result<Field<'m>> {
    let shape = given["shape"].as_str().unwrap_or("");
    let mut inner = if given["jsonvalue"].as_bool() == Some(true) && given["location"] == "header" {
        "serde_json::Value".to_owned()
    } else {
        rust_type(shape, file, model, plan)?
    };
    if contains(model, shape, owner, &mut BTreeSet::new())? {
        inner = format!("Box<{inner}>");
    }
    let sensitive = model.shape(shape)?["sensitive"].as_bool() == Some(true);
    Ok(Field { wire, rust: names::field(wire), inner, required, sensitive })
}

/// Whether a structure holds another one by value, so that the type would have no size.
fn contains(model: &Model, shape: &str, sought: &str, seen: &mut BTreeSet<String>) -> Result<bool> {
    if model.shape(shape)?["type"] != "structure" {
        return Ok(false);
    }
    if shape == sought {
        return Ok(true);
    }
    if seen.insert(shape.to_owned()) {
        for part in model.parts(shape)? {
            if contains(model, part, sought, seen)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn rust_type(name: &str, file: &str, model: &Model, plan: &Plan) -> Result<String> {
    let given = model.shape(name)?;
    let part = |key: &str| -> Result<String> {
        let inner = rust_type(given[key]["shape"].as_str().unwrap_or(""), file, model, plan)?;
        Ok(if given["sparse"].as_bool() == Some(true) { format!("Option<{inner}>") } else { inner })
    };
    Ok(match given["type"].as_str().unwrap_or("") {
        "structure" if given["document"].as_bool() == Some(true) => "serde_json::Value".to_owned(),
        "structure" => match plan.file(name) {
            home if home == file => names::type_name(name),
            home => format!("super::{home}::{}", names::type_name(name)),
        },
        "list" => format!("Vec<{}>", part("member")?),
        "map" => format!("BTreeMap<String, {}>", part("value")?),
        "string" | "character" => "String".to_owned(),
        "blob" => "Bytes".to_owned(),
        "boolean" => "bool".to_owned(),
        "byte" | "short" | "integer" => "i32".to_owned(),
        "long" | "bigInteger" => "i64".to_owned(),
        "float" | "double" | "bigDecimal" => "f64".to_owned(),
        "timestamp" => "Timestamp".to_owned(),
        other => bail!("type {other:?} of {name}"),
    })
}

fn declaration(type_name: &str, fields: &[Field<'_>]) -> Result<String> {
    let debug = if fields.iter().any(|field| field.sensitive) { "" } else { "Debug, " };
    let mut out = format!("#[derive({debug}Clone, Default, PartialEq)]\npub struct {type_name} {{\n");
    for Field { rust, inner, required, .. } in fields {
        if *required {
            writeln!(out, "pub {rust}: {inner},")?;
        } else {
            writeln!(out, "pub {rust}: Option<{inner}>,")?;
        }
    }
    out += "}\n\n";
    Ok(out)
}

fn debug(type_name: &str, fields: &[Field<'_>]) -> Result<String> {
    let mut out = format!(
        "impl fmt::Debug for {type_name} {{ fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n\
         f.debug_struct({type_name:?})\n"
    );
    for Field { rust, sensitive, required, .. } in fields {
        let name = rust.trim_start_matches("r#");
        match (sensitive, required) {
            (false, _) => writeln!(out, ".field({name:?}, &self.{rust})")?,
            (true, true) => writeln!(out, ".field({name:?}, &Redacted)")?,
            (true, false) => writeln!(out, ".field({name:?}, &self.{rust}.as_ref().map(|_| Redacted))")?,
        }
    }
    out += ".finish()\n}}\n\n";
    Ok(out)
}

fn conversions(type_name: &str, fields: &[Field<'_>]) -> Result<String> {
    let mut out = format!("impl Field for {type_name} {{\n");
    if fields.is_empty() {
        write!(
            out,
            "fn from_value(value: Value) -> Result<Self, Mismatch> {{ members(value).map(|_| Self {{}}) }}\n\n\
             fn into_value(self) -> Value {{ Value::Structure(Structure::new()) }}\n}}\n\n"
        )?;
        return Ok(out);
    }
    out += "fn from_value(value: Value) -> Result<Self, Mismatch> {\nlet mut given = members(value)?;\nOk(Self {\n";
    for Field { wire, rust, required, .. } in fields {
        let read = if *required { "required" } else { "optional" };
        writeln!(out, "{rust}: {read}(&mut given, {wire:?})?,")?;
    }
    out += "})\n}\n\nfn into_value(self) -> Value {\n";
    writeln!(out, "let mut made = Structure::with_capacity({});", fields.len())?;
    for Field { wire, rust, required, .. } in fields {
        let value = if *required { format!("Some(self.{rust})") } else { format!("self.{rust}") };
        writeln!(out, "put(&mut made, {wire:?}, {value});")?;
    }
    out += "Value::Structure(made)\n}\n}\n\n";
    Ok(out)
}
