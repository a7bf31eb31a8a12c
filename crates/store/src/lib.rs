//! What lasts: tables on one page, engines, the change feed, blobs.
//!
//! Invariant: what was acknowledged is durable and what was not is wholly absent, also after `kill -9` and a
//! full disk; this crate never sees an AWS shape and never reads a clock.

pub mod blobs;
mod change;
mod engine;
mod error;
mod folder;
mod key;
pub mod logs;
pub mod metrics;
mod observers;
mod plan;
mod staged;
mod store;
mod table;
pub mod tables;
mod told;
mod transaction;
mod writer;

#[cfg(test)]
mod conformance;

pub use change::{Change, FeedEntry};
pub use engine::{MemoryDisk, Mishaps};
pub use error::{BlobError, StoreError, WriteError};
pub use key::{Key, Prefix};
pub use lambent_core::digest::Digest;
pub use store::{SqliteOptions, Store};
pub use table::{Record, Revision, Sequence, Table};
pub use transaction::{Commit, Expect, Transaction};
