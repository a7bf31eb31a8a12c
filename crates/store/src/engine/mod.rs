//! What an engine must do, and the engines there are. Never decides whether a transaction may happen:
//! `plan.rs` does, for all of them.

mod memory;
mod sqlite;
mod troubled;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::plan::Outcome;
use crate::{FeedEntry, Key, Prefix, Revision, Sequence, StoreError, Transaction};

pub(crate) use memory::Memory;
pub use memory::MemoryDisk;
pub(crate) use sqlite::Sqlite;
pub use troubled::Mishaps;
pub(crate) use troubled::Troubled;

/// A record as an engine keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) revision: Revision,
    pub(crate) json: Arc<str>,
}

/// A place where records last.
#[async_trait]
pub(crate) trait Engine: Debug + Send + Sync {
    /// The record under `key`.
    async fn get(&self, table: &'static str, key: &Key) -> Result<Option<Row>, StoreError>;

    /// Up to `limit` records of `prefix` in the order of their keys, those after `after` only.
    async fn list(
        &self,
        table: &'static str,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// The feed after that commit: `limit` entries, and more to end with a whole commit.
    async fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<FeedEntry>, StoreError>;

    /// The last commit.
    async fn last(&self) -> Result<Sequence, StoreError>;

    /// Judges the transactions one after the other and makes what they change durable, all with one flush.
    /// An error means that none of them happened. Only the writer calls it, never two at once.
    async fn commit(&self, batch: &[Transaction]) -> Result<Vec<Outcome>, StoreError>;

    /// Gives back what the engine holds open; calls after it fail with [`StoreError::Closed`].
    async fn close(&self);
}
