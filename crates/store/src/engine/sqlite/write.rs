//! The writing side of the database. Never leaves half a batch behind: it is one transaction of SQLite, and
//! whatever fails in it undoes all of it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{ConnectOptions, Connection, Row as _, Sqlite, SqliteConnection};
use tracing::warn;

use super::failure::name;
use super::{connection, read, schema, sql};
use crate::plan::{self, Outcome, Place, Plan};
use crate::{Change, Key, Revision, Sequence, SqliteOptions, StoreError, Transaction};

/// Trimming the feed costs a statement, so it is done once in so many commits.
const TRIM_EVERY: u64 = 1000;

/// The one connection that writes.
#[derive(Debug)]
pub(super) struct Writing {
    options: SqliteConnectOptions,
    /// Nothing after a failure that left the connection in doubt; the next commit opens a new one.
    connection: Option<SqliteConnection>,
    /// Nothing when it must be read again: at first and after a failure.
    last: Option<Sequence>,
    trimmed_to: u64,
    feed_max: u64,
}

impl Writing {
    pub(super) async fn open(database: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let connect = connection::writer(database, options.pages_max);
        let mut connection = connect.connect().await.map_err(name)?;
        schema::migrate(&mut connection).await?;
        let last = last(&mut connection).await.map_err(name)?;
        Ok(Self {
            options: connect,
            connection: Some(connection),
            last: Some(last),
            trimmed_to: last.0.saturating_sub(options.feed_max),
            feed_max: options.feed_max,
        })
    }

    pub(super) async fn commit(&mut self, batch: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(name)?,
        };
        match self.attempt(&mut connection, batch).await {
            Ok(plan) => {
                self.connection = Some(connection);
                self.last = Some(plan.last);
                Ok(plan.outcomes)
            }
            Err(failure) => {
                self.last = None;
                self.connection = undo(connection).await;
                Err(name(failure))
            }
        }
    }

    pub(super) async fn close(self) {
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            // Everything acknowledged is in the log already; the next opening reads it from there.
            warn!(%error, "database did not close cleanly");
        }
    }

    async fn attempt(
        &mut self,
        connection: &mut SqliteConnection,
        batch: &[Transaction],
    ) -> sqlx::Result<Plan> {
        // Before the transaction: nobody else writes.
        let before = match self.last {
            Some(last) => last,
            None => last(connection).await?,
        };
        let touched = plan::touched(batch);
        if touched.is_empty() {
            return Ok(plan::plan(batch, HashMap::new(), before));
        }
        let found = begin_and_find(connection, &touched).await?;
        let plan = plan::plan(batch, found, before);
        if plan.last == before {
            sqlx::query("ROLLBACK").execute(&mut *connection).await?;
            return Ok(plan);
        }
        keep(connection, &plan).await?;
        let trim_to = self.trim_to(plan.last);
        feed_and_commit(connection, &plan.changes().collect::<Vec<_>>(), trim_to).await?;
        self.trimmed_to = trim_to.unwrap_or(self.trimmed_to);
        Ok(plan)
    }

    /// Up to where the feed is to be trimmed now, if it is.
    fn trim_to(&self, last: Sequence) -> Option<u64> {
        // The last entry stays whatever the limit: it is where counting goes on.
        let to = last.0.saturating_sub(self.feed_max.max(1));
        (to >= self.trimmed_to + TRIM_EVERY.min(self.feed_max.max(1))).then_some(to)
    }
}

/// Takes back what the failed batch did. A connection that can't even do that is given up.
async fn undo(mut connection: SqliteConnection) -> Option<SqliteConnection> {
    match sqlx::query("ROLLBACK").execute(&mut connection).await {
        Ok(_) => Some(connection),
        // SQLite itself rolls back on a full disk, among others; then there is nothing to take back.
        Err(error) if error.to_string().contains("no transaction is active") => Some(connection),
        Err(error) => {
            warn!(%error, "writing connection given up");
            None
        }
    }
}

async fn last(connection: &mut SqliteConnection) -> sqlx::Result<Sequence> {
    let last: Option<i64> = sqlx::query_scalar(read::LAST).fetch_one(connection).await?;
    Ok(Sequence::from_i64(last.unwrap_or(0)))
}

/// At least one place.
async fn begin_and_find(
    connection: &mut SqliteConnection,
    places: &[Place],
) -> sqlx::Result<HashMap<Place, Revision>> {
    let names: HashMap<&str, &'static str> = places.iter().map(|(table, _)| (*table, *table)).collect();
    let mut found = HashMap::new();
    for (at, part) in sql::parts(places).enumerate() {
        let query =
            sqlx::query(if at == 0 { sql::begin_and_find(part.len()) } else { sql::find(part.len()) });
        for row in bind_places(query, part).fetch_all(&mut *connection).await? {
            let table = names.get(row.try_get::<&str, _>(0)?).copied();
            let table = table.expect("the statement finds only what it was asked for");
            let revision = Sequence::from_i64(row.try_get(2)?).into();
            found.insert((table, Key::from_bytes(row.try_get(1)?)), revision);
        }
    }
    Ok(found)
}

type Asked<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind_places<'q>(query: Asked<'q>, part: &'q [Place]) -> Asked<'q> {
    part.iter().fold(query, |query, (table, key)| query.bind(*table).bind(key.as_bytes()))
}

async fn keep(connection: &mut SqliteConnection, plan: &Plan) -> sqlx::Result<()> {
    for part in sql::parts(&plan.puts) {
        let mut query = sqlx::query(sql::put(part.len()));
        for ((table, key), revision, json) in part {
            let revision = Sequence(revision.0).as_i64();
            query = query.bind(*table).bind(key.as_bytes()).bind(revision).bind(Arc::clone(json));
        }
        query.execute(&mut *connection).await?;
    }
    for part in sql::parts(&plan.deletes) {
        let query = sqlx::query(sql::delete(part.len()));
        bind_places(query, part).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Ends the transaction with the entries of the feed, of which there is at least one.
async fn feed_and_commit(
    connection: &mut SqliteConnection,
    changes: &[&Change],
    trim_to: Option<u64>,
) -> sqlx::Result<()> {
    let mut step: i64 = 0;
    let mut left = changes.len();
    for part in sql::parts(changes) {
        left -= part.len();
        let is_last = left == 0 && trim_to.is_none();
        let mut query =
            sqlx::query(if is_last { sql::feed_and_commit(part.len()) } else { sql::feed(part.len()) });
        for change in part {
            // Counted through the batch: only the order within a commit matters.
            step += 1;
            query = query
                .bind(change.sequence.as_i64())
                .bind(step)
                .bind(change.table)
                .bind(change.key.as_bytes())
                .bind(i64::from(change.value.is_none()));
        }
        query.execute(&mut *connection).await?;
    }
    let Some(trim_to) = trim_to else { return Ok(()) };
    let trim = sqlx::query("DELETE FROM feed WHERE sequence <= $1; COMMIT");
    trim.bind(Sequence(trim_to).as_i64()).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_commit_is_flushed_before_it_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(folder.path());
        let mut writing = Writing::open(&folder.path().join("database"), &options).await.unwrap();
        let connection = writing.connection.as_mut().unwrap();
        let synchronous: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await.unwrap();
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(connection).await.unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"), "FULL flushes the log at every commit");
        writing.close().await;
    }
}
