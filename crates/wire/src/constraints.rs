//! Holds a value against its shape and says what is wrong in AWS's words. Changes nothing, chooses no code.
//!
//! Source: the answers of AWS, which are the same for every service:
//! `2 validation errors detected: Value '…' at '…' failed to satisfy constraint: Member must …; …`

mod order;
mod pattern;
mod words;

use std::fmt;

use self::words::{all, at_least, at_most, bound, enum_words, lower_camel, pattern_words, print};
use crate::schema::{Kind, Location, Member, Shape};
use crate::value::{Structure, Value};

/// How many violations one message names; a larger request says no more about what is wrong.
pub const VIOLATIONS_MAX: usize = 50;

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where it is: `snapStart.applyOn`, `layers.1.member`.
    pub path: String,
    /// The value as the message shows it.
    pub value: Shown,
    /// What it should have been: `Member must not be null`.
    pub constraint: String,
}

/// A value in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// It is not there: `Value null at`.
    Null,
    /// It is sensitive: `Value at`.
    Hidden,
    /// `Value '…' at`.
    Text(String),
}

/// Everything that is wrong, in the order of the model's members.
#[must_use]
pub fn check(shape: &Shape, value: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    if let Value::Structure(given) = value {
        structure(shape, given, Path::Root, &mut found);
    }
    found.truncate(VIOLATIONS_MAX);
    found
}

/// The message of a ValidationException.
#[must_use]
pub fn message(violations: &[Violation]) -> String {
    let count = violations.len();
    let errors = if count == 1 { "error" } else { "errors" };
    let items: Vec<String> = violations.iter().map(Violation::to_string).collect();
    format!("{count} validation {errors} detected: {}", items.join("; "))
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Shown::Text(value) => write!(f, "Value '{value}'")?,
            Shown::Hidden => f.write_str("Value")?,
            Shown::Null => f.write_str("Value null")?,
        }
        write!(f, " at '{}' failed to satisfy constraint: {}", self.path, self.constraint)
    }
}

/// Where we are; made text only when something is wrong there.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Member(&'p Self, &'static str),
    Item(&'p Self, usize),
    Entry(&'p Self, &'p str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(&lower_camel(name)),
            Self::Member(parent, name) => write!(f, "{parent}.{}", lower_camel(name)),
            Self::Item(parent, number) => write!(f, "{parent}.{number}.member"),
            Self::Entry(parent, key) => write!(f, "{parent}.{key}.member"),
        }
    }
}

fn structure(shape: &Shape, given: &Structure, path: Path<'_>, found: &mut Vec<Violation>) {
    for member in shape.members() {
        let path = Path::Member(&path, member.name);
        match given.get(member.name) {
            None if member.required && member.location != Location::Status => {
                let constraint = "Member must not be null".to_owned();
                found.push(Violation { path: path.to_string(), value: Shown::Null, constraint });
            }
            None => {}
            Some(value) => one(member, value, path, found),
        }
    }
}

fn one(member: &Member, value: &Value, path: Path<'_>, found: &mut Vec<Violation>) {
    if found.len() >= VIOLATIONS_MAX {
        return;
    }
    let shape = member.shape();
    for constraint in failed(shape, value) {
        found.push(Violation { path: path.to_string(), value: shown(&[shape], value), constraint });
    }
    match (&shape.kind, value) {
        (Kind::Structure { .. }, Value::Structure(given)) => structure(shape, given, path, found),
        (Kind::List(item), Value::List(items)) => list(shape, item, items, path, found),
        (Kind::Map { key, value: member }, Value::Map(entries)) => {
            let shapes = [shape, key.shape(), member.shape()];
            keys(key, entries, path, || shown(&shapes, value), found);
            values(shape, member, entries, path, || shown(&shapes, value), found);
        }
        _ => {}
    }
}

/// The value as text, unless a shape that describes it hides it.
fn shown(shapes: &[&Shape], value: &Value) -> Shown {
    if shapes.iter().any(|shape| shape.sensitive) { Shown::Hidden } else { Shown::Text(print(value)) }
}

/// A list of scalars is judged as one, with all an item must satisfy; one of structures item by item.
fn list(shape: &Shape, item: &Member, items: &[Value], path: Path<'_>, found: &mut Vec<Violation>) {
    if is_nested(item) {
        for (at, value) in items.iter().enumerate().filter(|(_, value)| !value.is_null()) {
            one(item, value, Path::Item(&path, at + 1), found);
        }
    }
    if items.iter().any(|value| item_is_wrong(shape, item, value)) {
        let constraint = format!("Member must satisfy constraint: [{}]", all(item.shape(), !shape.sparse));
        let texts: Vec<String> = items.iter().map(print).collect();
        let hidden = shape.sensitive || item.shape().sensitive;
        let value = if hidden { Shown::Hidden } else { Shown::Text(format!("[{}]", texts.join(", "))) };
        found.push(Violation { path: path.to_string(), value, constraint });
    }
}

fn is_nested(member: &Member) -> bool {
    matches!(member.shape().kind, Kind::Structure { .. } | Kind::List(_) | Kind::Map { .. })
}

/// Whether an item fails by itself; items that are judged one by one fail here by being null only.
fn item_is_wrong(shape: &Shape, item: &Member, value: &Value) -> bool {
    if value.is_null() { !shape.sparse } else { !is_nested(item) && !failed(item.shape(), value).is_empty() }
}

fn keys(
    key: &Member,
    entries: &[(String, Value)],
    path: Path<'_>,
    shown: impl Fn() -> Shown,
    found: &mut Vec<Violation>,
) {
    if entries.iter().any(|(text, _)| !failed_text(key.shape(), text).is_empty()) {
        let constraint = format!("Map keys must satisfy constraint: [{}]", all(key.shape(), true));
        found.push(Violation { path: path.to_string(), value: shown(), constraint });
    }
}

fn values(
    shape: &Shape,
    member: &Member,
    entries: &[(String, Value)],
    path: Path<'_>,
    shown: impl Fn() -> Shown,
    found: &mut Vec<Violation>,
) {
    if is_nested(member) {
        for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
            one(member, value, Path::Entry(&path, key), found);
        }
    }
    if entries.iter().any(|(_, value)| item_is_wrong(shape, member, value)) {
        let constraint =
            format!("Map value must satisfy constraint: [{}]", all(member.shape(), !shape.sparse));
        found.push(Violation { path: path.to_string(), value: shown(), constraint });
    }
}

/// What a value fails by itself, its items apart.
fn failed(shape: &Shape, value: &Value) -> Vec<String> {
    let mut words = Vec::new();
    let size = size(value);
    let number = number(value);
    #[expect(clippy::cast_precision_loss, reason = "bounds of the models are far below 2^53")]
    for (sized, measured) in [(true, size.map(|size| size as f64)), (false, number)] {
        let Some(measured) = measured else { continue };
        // What is not a number is within no bound.
        if let Some(max) = shape.max.filter(|max| measured.is_nan() || measured > *max as f64) {
            words.push(at_most(sized, bound(shape, max)));
        }
        if let Some(min) = shape.min.filter(|min| measured.is_nan() || measured < *min as f64) {
            words.push(at_least(sized, bound(shape, min)));
        }
    }
    if let Value::String(text) = value {
        words.extend(failed_form(shape, text));
    }
    words
}

/// What a text fails: length, pattern, enumeration.
fn failed_text(shape: &Shape, text: &str) -> Vec<String> {
    let length = i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX);
    let mut words = Vec::new();
    words.extend(shape.max.filter(|max| length > *max).map(|max| at_most(true, max)));
    words.extend(shape.min.filter(|min| length < *min).map(|min| at_least(true, min)));
    words.extend(failed_form(shape, text));
    words
}

fn failed_form(shape: &Shape, text: &str) -> impl Iterator<Item = String> {
    let pattern = shape.pattern.filter(|pattern| !pattern::matches(pattern, text)).map(pattern_words);
    let unlisted = !shape.values.is_empty() && !shape.values.contains(&text);
    pattern.into_iter().chain(unlisted.then(|| enum_words(shape)))
}

/// Java's length of a string: UTF-16 units.
#[expect(clippy::wildcard_enum_match_arm, reason = "what else there is has no size")]
fn size(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.encode_utf16().count()),
        Value::Blob(bytes) => Some(bytes.len()),
        Value::List(items) => Some(items.len()),
        Value::Map(entries) => Some(entries.len()),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "only compared with bounds far below 2^53")]
#[expect(clippy::wildcard_enum_match_arm, reason = "what else there is is no number")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}
