//! Another engine, with what befalls real ones: reads and commits that take their time or fail. For simulations only; never
//! changes what the engine below answers.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{Engine, Row};
use crate::plan::Outcome;
use crate::{FeedEntry, Key, Prefix, Sequence, StoreError, Transaction};

/// What befalls an engine. Whoever is a power failure never returns.
#[async_trait]
pub trait Mishaps: Debug + Send + Sync {
    /// Before anything is read.
    ///
    /// # Errors
    /// What the reader is to be told in place of what is there.
    async fn before_read(&self) -> Result<(), StoreError>;

    /// Before so many transactions are committed.
    ///
    /// # Errors
    /// What the writer is to be told; then nothing is committed.
    async fn before_commit(&self, transactions: usize) -> Result<(), StoreError>;

    /// When they are durable, but nobody has been told of them.
    async fn after_commit(&self);
}

/// An engine with its mishaps.
#[derive(Debug)]
pub(crate) struct Troubled<E, M> {
    pub(crate) engine: E,
    pub(crate) mishaps: M,
}

#[async_trait]
impl<E: Engine, M: Mishaps> Engine for Troubled<E, M> {
    async fn get(&self, table: &'static str, key: &Key) -> Result<Option<Row>, StoreError> {
        self.mishaps.before_read().await?;
        self.engine.get(table, key).await
    }

    async fn list(
        &self,
        table: &'static str,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.mishaps.before_read().await?;
        self.engine.list(table, prefix, after, limit).await
    }

    async fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<FeedEntry>, StoreError> {
        self.mishaps.before_read().await?;
        self.engine.changes(after, limit).await
    }

    async fn last(&self) -> Result<Sequence, StoreError> {
        self.mishaps.before_read().await?;
        self.engine.last().await
    }

    async fn commit(&self, batch: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
        self.mishaps.before_commit(batch.len()).await?;
        let outcomes = self.engine.commit(batch).await;
        self.mishaps.after_commit().await;
        outcomes
    }

    async fn close(&self) {
        self.engine.close().await;
    }
}
