//! What a commit changed, as observers in this process and followers of the feed are told. Never decides.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Key, Revision, Sequence, StoreError, Table};

/// One record that a commit put or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The commit.
    pub sequence: Sequence,
    /// The name of the table.
    pub table: &'static str,
    /// The key of the record.
    pub key: Key,
    /// The revision it had before; nothing for a new record.
    pub old_revision: Option<Revision>,
    /// The JSON it holds now; nothing when it was deleted.
    pub value: Option<Arc<str>>,
}

impl Change {
    /// The revision the record has now; nothing when it was deleted.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.value.as_ref().map(|_| self.sequence.into())
    }

    /// The value the record has now; nothing when it was deleted.
    ///
    /// # Errors
    /// [`StoreError::Decode`] when `table` holds something else than was written.
    pub fn decode<T: DeserializeOwned>(&self, table: &Table<T>) -> Result<Option<T>, StoreError> {
        let Some(json) = &self.value else { return Ok(None) };
        decode(table.name(), &self.key, json).map(Some)
    }
}

/// One line of the durable feed: which record moved, not its value.
///
/// Keeping values would double what every write costs. Whoever follows the feed reads the record; if it
/// moved on since, a later entry says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEntry {
    /// The commit.
    pub sequence: Sequence,
    /// The name of the table.
    pub table: String,
    /// The key of the record.
    pub key: Key,
    /// Whether the record was deleted.
    pub deleted: bool,
}

pub(crate) fn decode<T: DeserializeOwned>(
    table: &'static str,
    key: &Key,
    json: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|source| StoreError::Decode {
        table,
        key: key.clone(),
        source: Arc::new(source),
    })
}

impl From<&Change> for FeedEntry {
    fn from(change: &Change) -> Self {
        Self {
            sequence: change.sequence,
            table: change.table.to_owned(),
            key: change.key.clone(),
            deleted: change.value.is_none(),
        }
    }
}
