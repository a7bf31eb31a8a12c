//! Between trees and Rust types: the traits generated types implement. Checks types only, not constraints.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

use crate::schema::{self, Operation, Shape};
use crate::timestamp::Timestamp;
use crate::value::{Structure, Value};

/// A Rust type that a [`Value`] can become and that can become one.
pub trait Field: Sized {
    /// The type out of the tree; nothing large is copied.
    ///
    /// # Errors
    /// [`Mismatch`] when the tree holds another type or lacks a required member.
    fn from_value(value: Value) -> Result<Self, Mismatch>;

    /// The tree of this type; nothing large is copied.
    fn into_value(self) -> Value;
}

/// A generated structure.
pub trait Shaped: Field {
    /// Its description.
    const SHAPE: &'static Shape;
}

/// An operation as a type: what goes in, what comes out.
pub trait Call {
    /// The input.
    type Input: Shaped;
    /// The output.
    type Output: Shaped;
    /// Its description.
    const OPERATION: &'static Operation;
}

/// A tree that does not fit the type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another type stands there.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A required member is not there.
    #[error("{member} is required")]
    Missing {
        /// The member's name in the model.
        member: &'static str,
    },
}

/// Stands in `Debug` output for what may not be logged.
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// The members of a structure value.
///
/// # Errors
/// [`Mismatch`] when it is none.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other kind is refused alike")]
pub fn members(value: Value) -> Result<Structure, Mismatch> {
    match value {
        Value::Structure(structure) => Ok(structure),
        Value::Null => Ok(Structure::new()),
        other => Err(mismatch("structure", &other)),
    }
}

/// A member that may be absent.
///
/// # Errors
/// [`Mismatch`] when it is there with another type.
pub fn optional<T: Field>(members: &mut Structure, name: &'static str) -> Result<Option<T>, Mismatch> {
    members.take(name).map(T::from_value).transpose()
}

/// A member that must be there.
///
/// # Errors
/// [`Mismatch`] when it is absent or has another type.
pub fn required<T: Field>(members: &mut Structure, name: &'static str) -> Result<T, Mismatch> {
    optional(members, name)?.ok_or(Mismatch::Missing { member: name })
}

/// Sets a member when there is a value.
pub fn put<T: Field>(members: &mut Structure, name: &'static str, value: Option<T>) {
    if let Some(value) = value {
        members.set(name, value.into_value());
    }
}

fn mismatch(expected: &'static str, found: &Value) -> Mismatch {
    Mismatch::Type { expected, found: found.kind() }
}

macro_rules! plain {
    ($type:ty, $variant:ident, $expected:literal) => {
        impl Field for $type {
            fn from_value(value: Value) -> Result<Self, Mismatch> {
                if let Value::$variant(inner) = value { Ok(inner) } else { Err(mismatch($expected, &value)) }
            }

            fn into_value(self) -> Value {
                Value::$variant(self)
            }
        }
    };
}

plain!(bool, Boolean, "boolean");
plain!(i64, Integer, "long");
plain!(String, String, "string");
plain!(Bytes, Blob, "blob");
plain!(Timestamp, Timestamp, "timestamp");
plain!(serde_json::Value, Document, "document");

impl Field for i32 {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let Value::Integer(number) = value else { return Err(mismatch("integer", &value)) };
        Self::try_from(number).map_err(|_| Mismatch::Type { expected: "integer", found: "long" })
    }

    fn into_value(self) -> Value {
        Value::Integer(self.into())
    }
}

impl Field for f64 {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other kind is refused alike")]
    #[expect(clippy::cast_precision_loss, reason = "a whole number given for a float is one in JSON too")]
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Float(number) => Ok(number),
            Value::Integer(number) => Ok(number as Self),
            other => Err(mismatch("double", &other)),
        }
    }

    fn into_value(self) -> Value {
        Value::Float(self)
    }
}

impl<T: Field> Field for Vec<T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let Value::List(items) = value else { return Err(mismatch("list", &value)) };
        items.into_iter().map(T::from_value).collect()
    }

    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let Value::Map(entries) = value else { return Err(mismatch("map", &value)) };
        entries.into_iter().map(|(key, value)| Ok((key, T::from_value(value)?))).collect()
    }

    fn into_value(self) -> Value {
        Value::Map(self.into_iter().map(|(key, value)| (key, value.into_value())).collect())
    }
}

// For items of sparse lists and maps: null is a value there.
impl<T: Field> Field for Option<T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }

    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

// For structures that contain themselves.
impl<T: Field> Field for Box<T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        T::from_value(value).map(Self::new)
    }

    fn into_value(self) -> Value {
        T::into_value(*self)
    }
}

// For operations without input or output.
impl Field for () {
    fn from_value(_: Value) -> Result<Self, Mismatch> {
        Ok(())
    }

    fn into_value(self) -> Value {
        Value::Structure(Structure::new())
    }
}

impl Shaped for () {
    const SHAPE: &'static Shape = &schema::EMPTY;
}
