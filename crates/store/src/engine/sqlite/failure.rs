//! Gives SQLite's result codes their names. Never hides one: an unknown code stays a database error.
//!
//! Source: <https://www.sqlite.org/rescode.html>

use std::sync::Arc;

use crate::StoreError;

const SQLITE_READONLY: i32 = 8;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_NOTADB: i32 = 26;

/// What the error means for the store.
pub(super) fn name(error: sqlx::Error) -> StoreError {
    match primary_code(&error) {
        Some(SQLITE_FULL) => StoreError::Full,
        Some(SQLITE_READONLY) => StoreError::ReadOnly,
        Some(SQLITE_CORRUPT | SQLITE_NOTADB) => StoreError::Corrupt { detail: error.to_string() },
        Some(_) => StoreError::Database { source: Arc::new(error) },
        None if matches!(error, sqlx::Error::PoolClosed) => StoreError::Closed,
        None => StoreError::Database { source: Arc::new(error) },
    }
}

/// The lower byte; the upper ones only say more about it.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
