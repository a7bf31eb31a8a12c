//! What one write does: steps that happen together or not at all. Never touches an engine.

use std::sync::Arc;

use serde::Serialize;

use crate::{Key, Record, Revision, Sequence, StoreError, Table};

/// Steps that are committed together or not at all, in the order they were added.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    pub(crate) steps: Vec<Step>,
    /// A value that could not be encoded; the write answers with it.
    pub(crate) broken: Option<StoreError>,
}

/// What a step expects to find under its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Whatever is there.
    Any,
    /// No record.
    Absent,
    /// A record, of any revision.
    Present,
    /// The record of that revision and no other.
    Revision(Revision),
}

/// A write that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commit {
    /// Its number. A transaction that changed nothing has the number of the commit before it.
    pub sequence: Sequence,
}

impl Commit {
    /// The revision of every record this commit put.
    #[must_use]
    pub fn revision(self) -> Revision {
        self.sequence.into()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) table: &'static str,
    pub(crate) key: Key,
    pub(crate) expect: Expect,
    pub(crate) effect: Effect,
}

#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Put(Arc<str>),
    Delete,
    Check,
}

impl Transaction {
    /// A transaction without steps.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` under `key` if `expect` holds.
    #[must_use]
    pub fn put<T: Serialize>(mut self, table: &Table<T>, key: Key, value: &T, expect: Expect) -> Self {
        match serde_json::to_string(value) {
            Ok(json) => self.step(table, key, expect, Effect::Put(json.into())),
            Err(source) => {
                let broken = StoreError::Encode { table: table.name(), key, source: Arc::new(source) };
                self.broken.get_or_insert(broken);
                self
            }
        }
    }

    /// Writes a record back, changed, if nobody wrote it since it was read.
    #[must_use]
    pub fn update<T: Serialize>(self, table: &Table<T>, record: &Record<T>) -> Self {
        self.put(table, record.key.clone(), &record.value, Expect::Revision(record.revision))
    }

    /// Removes what is under `key` if `expect` holds; with [`Expect::Any`] an absent key is no change.
    #[must_use]
    pub fn delete<T>(self, table: &Table<T>, key: Key, expect: Expect) -> Self {
        self.step(table, key, expect, Effect::Delete)
    }

    /// Changes nothing, but lets the whole transaction happen only if `expect` holds.
    #[must_use]
    pub fn check<T>(self, table: &Table<T>, key: Key, expect: Expect) -> Self {
        self.step(table, key, expect, Effect::Check)
    }

    /// How many steps it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has no steps.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let size = |step: &Step| match &step.effect {
            Effect::Put(json) => json.len() + step.key.as_bytes().len(),
            Effect::Delete | Effect::Check => step.key.as_bytes().len(),
        };
        self.steps.iter().map(size).sum()
    }

    fn step<T>(mut self, table: &Table<T>, key: Key, expect: Expect, effect: Effect) -> Self {
        self.steps.push(Step { table: table.name(), key, expect, effect });
        self
    }
}

impl Expect {
    pub(crate) fn holds(self, found: Option<Revision>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => found.is_none(),
            Self::Present => found.is_some(),
            Self::Revision(revision) => found == Some(revision),
        }
    }
}
