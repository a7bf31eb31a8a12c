//! The tree between bytes and types: what every protocol reads into and writes from. Knows no bytes itself.

use bytes::Bytes;

use crate::timestamp::Timestamp;

/// One value of some shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing: a JSON null, or a member that is not there.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes, shared and never copied.
    Blob(Bytes),
    /// A moment.
    Timestamp(Timestamp),
    /// Items.
    List(Vec<Value>),
    /// Keys to values, in the order they came.
    Map(Vec<(String, Value)>),
    /// Members by the model's names.
    Structure(Structure),
    /// Any JSON.
    Document(serde_json::Value),
}

impl Value {
    /// Whether nothing is there.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// What it is, for error messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Float(_) => "float",
            Self::String(_) => "string",
            Self::Blob(_) => "blob",
            Self::Timestamp(_) => "timestamp",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Structure(_) => "structure",
            Self::Document(_) => "document",
        }
    }
}

/// The members that are set, by the model's names; few enough that a search beats a hash.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Structure(Vec<(&'static str, Value)>);

impl Structure {
    /// A structure of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A structure with room for so many members.
    #[must_use]
    pub fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// Sets a member; the last setting stands, and null unsets it.
    pub fn set(&mut self, name: &'static str, value: Value) {
        let found = self.0.iter().position(|(member, _)| *member == name);
        match (found, value.is_null()) {
            (Some(at), true) => drop(self.0.remove(at)),
            (Some(at), false) => self.0[at].1 = value,
            (None, true) => {}
            (None, false) => self.0.push((name, value)),
        }
    }

    /// The member of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(member, _)| *member == name).map(|(_, value)| value)
    }

    /// Takes a member out without copying it.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(member, _)| *member == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Whether no member is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

impl IntoIterator for Structure {
    type Item = (&'static str, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(&'static str, Value)> for Structure {
    fn from_iter<T: IntoIterator<Item = (&'static str, Value)>>(members: T) -> Self {
        let mut structure = Self::new();
        members.into_iter().for_each(|(name, value)| structure.set(name, value));
        structure
    }
}
