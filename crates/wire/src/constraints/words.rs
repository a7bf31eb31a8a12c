//! AWS's words for constraints and the values that fail them. Judges nothing.

use std::fmt::Display;

use super::order;
use crate::schema::{Kind, Shape, TimestampFormat};
use crate::value::Value;

/// All that an item must satisfy, as lists and maps name it.
pub(super) fn all(shape: &Shape, not_null: bool) -> String {
    let sized = matches!(shape.kind, Kind::String | Kind::Blob | Kind::List(_) | Kind::Map { .. });
    let mut words = Vec::new();
    if let Some(max) = shape.max {
        words.push(at_most(sized, bound(shape, max)));
    }
    if let Some(min) = shape.min {
        words.push(at_least(sized, bound(shape, min)));
    }
    words.extend(shape.pattern.map(pattern_words));
    if !shape.values.is_empty() {
        words.push(enum_words(shape));
    }
    if not_null {
        words.push("Member must not be null".to_owned());
    }
    words.join(", ")
}

/// A bound as Java prints it: with a decimal point where the value has one.
pub(super) fn bound(shape: &Shape, bound: i64) -> String {
    if matches!(shape.kind, Kind::Double) { format!("{bound}.0") } else { bound.to_string() }
}

pub(super) fn at_most(sized: bool, max: impl Display) -> String {
    format!("Member must have {} less than or equal to {max}", if sized { "length" } else { "value" })
}

pub(super) fn at_least(sized: bool, min: impl Display) -> String {
    format!("Member must have {} greater than or equal to {min}", if sized { "length" } else { "value" })
}

pub(super) fn pattern_words(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

pub(super) fn enum_words(shape: &Shape) -> String {
    format!("Member must satisfy enum value set: [{}]", order::printed(shape.values).join(", "))
}

/// `KMSKeyArn` as `kMSKeyArn`: AWS lowers the first letter only.
pub(super) fn lower_camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A value as messages print it. Blobs are not printed: their bytes say nothing to a reader.
pub(super) fn print(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(given) => given.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::String(text) => text.clone(),
        Value::Blob(bytes) => format!("java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", bytes.len()),
        Value::Timestamp(moment) => moment.format(TimestampFormat::Iso8601),
        Value::List(items) => format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let texts = entries.iter().map(|(key, value)| format!("{key}={}", print(value)));
            format!("{{{}}}", texts.collect::<Vec<_>>().join(", "))
        }
        Value::Structure(given) => {
            let texts = given.iter().map(|(name, value)| format!("{}={}", lower_camel(name), print(value)));
            format!("{{{}}}", texts.collect::<Vec<_>>().join(", "))
        }
        Value::Document(document) => document.to_string(),
    }
}
