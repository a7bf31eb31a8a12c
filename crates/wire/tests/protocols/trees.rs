//! Between the vectors' JSON (or botocore's values as JSON) and our trees, by shape.

use bytes::Bytes;
use lambent_wire::schema::{Kind, Location, Member, Shape, TimestampFormat};
use lambent_wire::timestamp::Timestamp;
use lambent_wire::value::{Structure, Value};
use serde_json::Value as Json;

/// A structure's tree. Blobs are the UTF-8 of their text, timestamps seconds.
pub(crate) fn structure(shape: &'static Shape, given: &Json) -> Value {
    let members = shape.members().iter();
    let set = members.filter_map(|member| Some((member.name, tree(member, given.get(member.name)?))));
    Value::Structure(set.collect::<Structure>())
}

fn tree(member: &Member, given: &Json) -> Value {
    let shape = member.shape();
    if given.is_null() {
        return Value::Null;
    }
    if member.json_value && member.location == Location::Header {
        return Value::Document(given.clone());
    }
    match &shape.kind {
        Kind::Structure { .. } => structure(shape, given),
        Kind::List(item) => {
            Value::List(given.as_array().unwrap().iter().map(|value| tree(item, value)).collect())
        }
        Kind::Map { value, .. } => {
            let entries = given.as_object().unwrap().iter();
            Value::Map(entries.map(|(key, given)| (key.clone(), tree(value, given))).collect())
        }
        Kind::String => Value::String(given.as_str().unwrap().to_owned()),
        Kind::Blob => Value::Blob(Bytes::copy_from_slice(given.as_str().unwrap().as_bytes())),
        Kind::Boolean => Value::Boolean(given.as_bool().unwrap()),
        Kind::Integer | Kind::Long => Value::Integer(given.as_i64().unwrap()),
        Kind::Double => Value::Float(match given.as_str() {
            Some("NaN") => f64::NAN,
            Some("Infinity") => f64::INFINITY,
            Some("-Infinity") => f64::NEG_INFINITY,
            _ => given.as_f64().unwrap(),
        }),
        Kind::Timestamp => Value::Timestamp(Timestamp::from_seconds(given.as_f64().unwrap()).unwrap()),
        Kind::Document => Value::Document(given.clone()),
    }
}

/// One text for equal trees: the order of members and of map entries does not count.
pub(crate) fn canonical(value: &Value) -> String {
    let joined = |mut texts: Vec<String>, sort: bool| {
        if sort {
            texts.sort_unstable();
        }
        texts.join(", ")
    };
    match value {
        Value::Structure(given) => {
            let texts = given.iter().map(|(name, value)| format!("{name}: {}", canonical(value)));
            format!("{{{}}}", joined(texts.collect(), true))
        }
        Value::Map(entries) => {
            let texts = entries.iter().map(|(key, value)| format!("{key:?} = {}", canonical(value)));
            format!("<{}>", joined(texts.collect(), true))
        }
        Value::List(items) => format!("[{}]", joined(items.iter().map(canonical).collect(), false)),
        Value::Timestamp(moment) => format!("@{}", moment.format(TimestampFormat::Epoch)),
        Value::Blob(bytes) => format!("b{bytes:?}"),
        #[expect(clippy::cast_possible_truncation, reason = "models say float where 32 bits are meant")]
        Value::Float(number) => format!("f{}", *number as f32),
        Value::Document(document) => format!("json {document}"),
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::String(_) => format!("{value:?}"),
    }
}
