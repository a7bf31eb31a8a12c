//! Tables and the records in them. Never knows what a value means: it is whatever serde makes of it.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::Key;

/// A table of `T`s. Two tables of one name share their records, so all stand in [`crate::tables`].
pub struct Table<T> {
    name: &'static str,
    holds: PhantomData<fn() -> T>,
}

impl<T> Table<T> {
    /// The table of that name; it needs no creating.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, holds: PhantomData }
    }

    /// The name under which its records lie.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Table").field(&self.name).finish()
    }
}

/// The number of a commit: the first is 1, each later one is higher, also after a restart. 0 is before all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// As engines keep it; they count in `i64`, which lasts 292 years at a commit a nanosecond.
    pub(crate) fn as_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    pub(crate) fn from_i64(number: i64) -> Self {
        Self(u64::try_from(number).unwrap_or(0))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which commit last wrote a record; no two states of one key share it, a deleted and re-made one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl From<Sequence> for Revision {
    fn from(sequence: Sequence) -> Self {
        Self(sequence.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value as it stands in its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<T> {
    /// Where it stands.
    pub key: Key,
    /// The commit that wrote it.
    pub revision: Revision,
    /// What it holds.
    pub value: T,
}
