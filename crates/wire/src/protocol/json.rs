//! JSON bodies by shape, for restJson and awsJson: read in one pass, written in one pass. Knows no HTTP.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::Malformed;
use crate::schema::{Kind, Member, Shape, TimestampFormat};
use crate::timestamp::Timestamp;
use crate::value::{Structure, Value};

/// Reads the members of a structure that stand in the body. An empty body has none.
pub(super) fn read_structure(shape: &'static Shape, body: &[u8]) -> Result<Structure, Malformed> {
    if body.is_empty() {
        return Ok(Structure::new());
    }
    // A structure reads as one or, out of a JSON null, as nothing.
    let read = read(Seed(shape), body)?;
    Ok(if let Value::Structure(structure) = read { structure } else { Structure::new() })
}

/// Reads a body that is one value.
pub(super) fn read_value(member: &Member, body: &[u8]) -> Result<Value, Malformed> {
    read(Seed::of(member), body)
}

/// The value a document has when its text stands in a header or a string.
pub(super) fn read_document(text: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(text).map(Value::Document).map_err(|error| Malformed::Data(error.to_string()))
}

fn read(seed: Seed, body: &[u8]) -> Result<Value, Malformed> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut json).map_err(|error| malformed(&error))?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Malformed {
    let words = error.to_string();
    if error.is_data() {
        let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
        Malformed::Data(words.to_owned())
    } else {
        Malformed::Syntax(words)
    }
}

#[derive(Clone, Copy)]
struct Seed(&'static Shape);

impl Seed {
    fn of(member: &Member) -> Self {
        Self(member.shape())
    }

    /// Coral's words for a token that cannot become what the shape wants.
    fn refuse<E: serde::de::Error>(self, token: &str) -> E {
        let wanted = match self.0.kind {
            Kind::Structure { .. } | Kind::Map { .. } => {
                return E::custom(format!("Unexpected token {token}"));
            }
            Kind::List(_) => return E::custom("Expected list or null"),
            Kind::String => "String",
            Kind::Blob => "Blob",
            Kind::Boolean => "Boolean",
            Kind::Integer => "Integer",
            Kind::Long => "Long",
            Kind::Double => "Double",
            Kind::Timestamp => "Timestamp",
            Kind::Document => "Document",
        };
        E::custom(format!("{token} can not be converted to {wanted}"))
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if matches!(self.0.kind, Kind::Document) {
            let document: serde_json::Value = serde::Deserialize::deserialize(deserializer)?;
            return Ok(if document.is_null() { Value::Null } else { Value::Document(document) });
        }
        deserializer.deserialize_any(self)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other kind refuses the token alike")]
impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, given: bool) -> Result<Value, E> {
        match self.0.kind {
            Kind::Boolean => Ok(Value::Boolean(given)),
            _ => Err(self.refuse(if given { "TRUE_VALUE" } else { "FALSE_VALUE" })),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, given: i64) -> Result<Value, E> {
        match self.0.kind {
            Kind::Integer if i32::try_from(given).is_err() => Err(self.refuse("NUMBER_VALUE")),
            Kind::Integer | Kind::Long => Ok(Value::Integer(given)),
            #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles to most clients")]
            Kind::Double | Kind::Timestamp => self.visit_f64(given as f64),
            _ => Err(self.refuse("NUMBER_VALUE")),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, given: u64) -> Result<Value, E> {
        match i64::try_from(given) {
            Ok(given) => self.visit_i64(given),
            #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles to most clients")]
            Err(_) => self.visit_f64(given as f64),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, given: f64) -> Result<Value, E> {
        match self.0.kind {
            Kind::Double => Ok(Value::Float(given)),
            Kind::Timestamp => {
                Timestamp::from_seconds(given).map(Value::Timestamp).map_err(|_| self.refuse("NUMBER_VALUE"))
            }
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range by the guard")]
            Kind::Integer | Kind::Long if given.fract() == 0.0 && given.abs() < 2e9 => {
                Ok(Value::Integer(given as i64))
            }
            _ => Err(self.refuse("NUMBER_VALUE")),
        }
    }

    fn visit_str<E: serde::de::Error>(self, given: &str) -> Result<Value, E> {
        match self.0.kind {
            Kind::String => Ok(Value::String(given.to_owned())),
            Kind::Blob => STANDARD
                .decode(given)
                .map(|bytes| Value::Blob(Bytes::from(bytes)))
                .map_err(|_| self.refuse("STRING_VALUE")),
            Kind::Timestamp => {
                Timestamp::parse(given).map(Value::Timestamp).map_err(|_| self.refuse("STRING_VALUE"))
            }
            Kind::Double => match given {
                "NaN" => Ok(Value::Float(f64::NAN)),
                "Infinity" => Ok(Value::Float(f64::INFINITY)),
                "-Infinity" => Ok(Value::Float(f64::NEG_INFINITY)),
                _ => Err(self.refuse("STRING_VALUE")),
            },
            _ => Err(self.refuse("STRING_VALUE")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Kind::List(item) = &self.0.kind else {
            return Err(A::Error::custom("Start of list found where not expected"));
        };
        let mut list = Vec::new();
        while let Some(value) = items.next_element_seed(Self::of(item))? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        match &self.0.kind {
            Kind::Map { value: member, .. } => {
                let mut map = Vec::new();
                while let Some(key) = entries.next_key::<String>()? {
                    map.push((key, entries.next_value_seed(Self::of(member))?));
                }
                Ok(Value::Map(map))
            }
            Kind::Structure { .. } => self.members(entries),
            _ => Err(A::Error::custom("Start of structure or map found where not expected.")),
        }
    }
}

impl Seed {
    /// The members of a structure; names the model does not have are skipped.
    fn members<'de, A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut structure = Structure::new();
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            match self.0.body_members().find(|member| member.wire_name() == key) {
                Some(member) => structure.set(member.name, entries.next_value_seed(Self::of(member))?),
                None => drop(entries.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Structure(structure))
    }
}

/// Writes the members of a structure that stand in the body, after `extra` ones outside the model.
pub(super) fn write_structure(out: &mut Vec<u8>, shape: &Shape, given: &Structure, extra: &[(&str, &str)]) {
    out.push(b'{');
    let mut first = true;
    for (key, text) in extra {
        comma(out, &mut first);
        string(out, key);
        out.push(b':');
        string(out, text);
    }
    for member in shape.body_members() {
        let Some(value) = given.get(member.name) else { continue };
        comma(out, &mut first);
        string(out, member.wire_name());
        out.push(b':');
        write_member(out, member, value);
    }
    out.push(b'}');
}

/// Writes one value where a member stands.
pub(super) fn write_member(out: &mut Vec<u8>, member: &Member, value: &Value) {
    match (value, &member.shape().kind) {
        (Value::Structure(given), _) => write_structure(out, member.shape(), given, &[]),
        (Value::List(items), Kind::List(item)) => {
            out.push(b'[');
            let mut first = true;
            for value in items {
                comma(out, &mut first);
                write_member(out, item, value);
            }
            out.push(b']');
        }
        (Value::Map(entries), Kind::Map { value: member, .. }) => {
            out.push(b'{');
            let mut first = true;
            for (key, value) in entries {
                comma(out, &mut first);
                string(out, key);
                out.push(b':');
                write_member(out, member, value);
            }
            out.push(b'}');
        }
        (Value::Timestamp(moment), _) => write_timestamp(out, member, *moment),
        _ => write_scalar(out, value),
    }
}

fn write_timestamp(out: &mut Vec<u8>, member: &Member, moment: Timestamp) {
    match member.timestamp_format().unwrap_or(TimestampFormat::Epoch) {
        TimestampFormat::Epoch => out.extend(moment.format(TimestampFormat::Epoch).bytes()),
        format @ (TimestampFormat::Iso8601 | TimestampFormat::HttpDate) => {
            string(out, &moment.format(format));
        }
    }
}

fn write_scalar(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Boolean(true) => out.extend(b"true"),
        Value::Boolean(false) => out.extend(b"false"),
        Value::Integer(number) => out.extend(number.to_string().bytes()),
        Value::Float(number) if number.is_nan() => out.extend(b"\"NaN\""),
        Value::Float(number) if number.is_infinite() => {
            string(out, if *number > 0.0 { "Infinity" } else { "-Infinity" });
        }
        Value::Float(number) => serde_json::to_writer(out, number).expect("a finite number is JSON"),
        Value::String(text) => string(out, text),
        Value::Blob(bytes) => string(out, &STANDARD.encode(bytes)),
        Value::Document(document) => serde_json::to_writer(out, document).expect("JSON is JSON"),
        // A list or map whose shape is none is a fault of the caller; null is the one safe answer.
        Value::Null | Value::Timestamp(_) | Value::List(_) | Value::Map(_) | Value::Structure(_) => {
            out.extend(b"null");
        }
    }
}

fn comma(out: &mut Vec<u8>, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("text is JSON");
}
