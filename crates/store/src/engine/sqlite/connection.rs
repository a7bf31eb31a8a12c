//! How connections to the database are set up. Never runs a statement of its own.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// Enough for two cores; each has a thread and a page cache, so none is made before it is needed.
const READERS_MAX: u32 = 4;
/// The write-ahead log is cut back to this after a checkpoint.
const LOG_MAX_BYTES: u32 = 16 * 1024 * 1024;
/// Only a checkpoint at another connection's closing can hold a lock, and for far less.
const BUSY_MAX: Duration = Duration::from_secs(10);

/// How the one writing connection opens the database, making it when it is not there.
pub(super) fn writer(database: &Path, pages_max: Option<u32>) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_MAX)
        .statement_cache_capacity(64)
        .pragma("journal_size_limit", LOG_MAX_BYTES.to_string());
    match pages_max {
        Some(pages) => options.pragma("max_page_count", pages.to_string()),
        None => options,
    }
}

/// A database under construction: nobody relies on it before it is flushed as a whole.
pub(super) fn draft(draft: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(draft)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off)
}

/// Connections that read; they can't write, whatever statement they are given.
pub(super) fn readers(database: &Path) -> SqlitePool {
    let options =
        SqliteConnectOptions::new().filename(database).busy_timeout(BUSY_MAX).pragma("query_only", "1");
    SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}
