//! What readers ask the database. Never writes.

use std::sync::Arc;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqlitePool};

use super::Row;
use super::failure::name;
use crate::{FeedEntry, Key, Prefix, Revision, Sequence, StoreError};

pub(super) async fn get(readers: &SqlitePool, table: &'static str, key: &Key) -> sqlx::Result<Option<Row>> {
    let found = sqlx::query("SELECT key, revision, value FROM records WHERE tbl = $1 AND key = $2")
        .bind(table)
        .bind(key.as_bytes())
        .fetch_optional(readers)
        .await?;
    found.as_ref().map(record).transpose()
}

pub(super) async fn list(
    readers: &SqlitePool,
    table: &'static str,
    prefix: &Prefix,
    after: Option<&Key>,
    limit: usize,
) -> sqlx::Result<Vec<Row>> {
    let (compare, start) = match after {
        Some(after) if after.as_bytes() >= prefix.first() => (">", after.as_bytes()),
        Some(_) | None => (">=", prefix.first()),
    };
    let end = prefix.end();
    let bound = if end.is_some() { "AND key < $4" } else { "" };
    let sql = format!(
        "SELECT key, revision, value FROM records \
         WHERE tbl = $1 AND key {compare} $2 {bound} ORDER BY key LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(table).bind(start).bind(limit);
    if let Some(end) = end {
        query = query.bind(end);
    }
    query.fetch_all(readers).await?.iter().map(record).collect()
}

pub(super) async fn last(readers: &SqlitePool) -> sqlx::Result<Sequence> {
    let last: Option<i64> = sqlx::query_scalar(LAST).fetch_one(readers).await?;
    Ok(Sequence::from_i64(last.unwrap_or(0)))
}

/// The last commit; nothing before the first.
pub(super) const LAST: &str = "SELECT max(sequence) FROM feed";

pub(super) async fn changes(
    readers: &SqlitePool,
    after: Sequence,
    limit: usize,
) -> Result<Vec<FeedEntry>, StoreError> {
    // One transaction, so that the feed isn't trimmed between the look at its beginning and the reading.
    let mut moment = readers.begin().await.map_err(name)?;
    let first: Option<i64> =
        sqlx::query_scalar("SELECT min(sequence) FROM feed").fetch_one(&mut *moment).await.map_err(name)?;
    let begins_after = Sequence::from_i64(first.unwrap_or(1) - 1);
    if after < begins_after {
        return Err(StoreError::FeedTrimmed { begins_after });
    }
    let entries = sqlx::query(CHANGES)
        .bind(after.as_i64())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX) - 1)
        .fetch_all(&mut *moment)
        .await
        .map_err(name)?;
    entries.iter().map(entry).collect::<sqlx::Result<_>>().map_err(name)
}

/// Up to and with the commit of the entry that reaches the limit, or all when there are fewer.
const CHANGES: &str = "SELECT sequence, tbl, key, deleted FROM feed \
     WHERE sequence > $1 AND sequence <= coalesce( \
         (SELECT sequence FROM feed WHERE sequence > $1 ORDER BY sequence, step LIMIT 1 OFFSET $2), \
         (SELECT max(sequence) FROM feed)) \
     ORDER BY sequence, step";

fn record(row: &SqliteRow) -> sqlx::Result<Row> {
    Ok(Row {
        key: Key::from_bytes(row.try_get(0)?),
        revision: Revision::from(Sequence::from_i64(row.try_get(1)?)),
        json: Arc::from(row.try_get::<&str, _>(2)?),
    })
}

fn entry(row: &SqliteRow) -> sqlx::Result<FeedEntry> {
    Ok(FeedEntry {
        sequence: Sequence::from_i64(row.try_get(0)?),
        table: row.try_get(1)?,
        key: Key::from_bytes(row.try_get(2)?),
        deleted: row.try_get::<i64, _>(3)? != 0,
    })
}
