//! What can go wrong with the store. Never an AWS code: services choose those.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Digest, Expect, Key, Revision, Sequence};

/// Why the store could not do its work.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Nothing was written; writes succeed again once there is space.
    #[error("the disk that holds the store is full")]
    Full,
    /// The files or the file system are read-only.
    #[error("the store's files cannot be written: read-only")]
    ReadOnly,
    /// The file holds something that no store wrote.
    #[error("the store's database is corrupt: {detail}")]
    Corrupt {
        /// The engine's words.
        detail: String,
    },
    /// Another server has the folder open.
    #[error("the data folder {} is in use by another server (process {holder})", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it, as it wrote itself down.
        holder: String,
    },
    /// A newer server wrote this store.
    #[error("the store has schema version {found}, this server knows versions up to {known}")]
    SchemaTooNew {
        /// What the store says.
        found: i64,
        /// The newest this server knows.
        known: i64,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A transaction has more steps than [`lambent_core::limits::STORE_TRANSACTION_STEPS_MAX`].
    #[error("a transaction of {steps} steps is above the limit of {limit}")]
    TooManySteps {
        /// How many it has.
        steps: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The feed no longer reaches back that far: start over from the tables.
    #[error("the change feed begins after commit {begins_after}")]
    FeedTrimmed {
        /// The oldest position that can still be followed.
        begins_after: Sequence,
    },
    /// A value has no JSON form.
    #[error("the value for {key} of table {table} cannot be written as JSON")]
    Encode {
        /// The table.
        table: &'static str,
        /// The key.
        key: Key,
        /// Why.
        #[source]
        source: Arc<serde_json::Error>,
    },
    /// A stored value is not what its table holds.
    #[error("the record {key} of table {table} cannot be read")]
    Decode {
        /// The table.
        table: &'static str,
        /// The key.
        key: Key,
        /// Why.
        #[source]
        source: Arc<serde_json::Error>,
    },
    /// A file of the store could not be handled.
    #[error("cannot use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// The database failed in a way that has no name here.
    #[error("the store's database failed")]
    Database {
        /// Why.
        #[source]
        source: Arc<sqlx::Error>,
    },
}

/// Why a write changed nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// A step found something else than it expected.
    #[error("{table} {key}: expected {expected:?}, found {found:?}")]
    Conflict {
        /// The table of that step.
        table: &'static str,
        /// Its key.
        key: Key,
        /// What it expected.
        expected: Expect,
        /// The revision that is there.
        found: Option<Revision>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a blob could not be kept or had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlobError {
    /// No blob has that digest.
    #[error("no blob {digest}")]
    NotFound {
        /// The digest.
        digest: Digest,
    },
    /// The bytes kept under the digest have another one.
    #[error("the blob {digest} is damaged: its bytes have the digest {found}")]
    Damaged {
        /// What was asked for.
        digest: Digest,
        /// What is there.
        found: Digest,
    },
    /// Nothing was written; puts succeed again once there is space.
    #[error("the disk that holds the blobs is full")]
    Full,
    /// The folder or the object store failed.
    #[error("the blob store failed")]
    Backend {
        /// Why.
        #[source]
        source: Arc<object_store::Error>,
    },
}
