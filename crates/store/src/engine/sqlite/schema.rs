//! The schema and how older ones become it. Never changes a step that was released: it adds one.

use sqlx::{Connection, SqliteConnection};

use super::failure::name;
use crate::StoreError;

/// Each entry leads from the version that is its index to the next one.
const STEPS: &[&[&str]] = &[&[
    "CREATE TABLE records (
        tbl TEXT NOT NULL,
        key BLOB NOT NULL,
        revision BIGINT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (tbl, key)
    )",
    // The last entry stays for ever: its sequence is where counting goes on.
    "CREATE TABLE feed (
        sequence BIGINT NOT NULL,
        step BIGINT NOT NULL,
        tbl TEXT NOT NULL,
        key BLOB NOT NULL,
        deleted BIGINT NOT NULL,
        PRIMARY KEY (sequence, step)
    ) WITHOUT ROWID",
]];

/// Brings the database to the newest schema, all steps or none.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let known = i64::try_from(STEPS.len()).expect("there are few steps");
    let found = version(connection).await.map_err(name)?;
    if found > known {
        return Err(StoreError::SchemaTooNew { found, known });
    }
    if found == known {
        return Ok(());
    }
    let steps = STEPS.iter().skip(usize::try_from(found).unwrap_or(0));
    apply(connection, steps, known).await.map_err(name)
}

async fn version(connection: &mut SqliteConnection) -> sqlx::Result<i64> {
    let there = "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'";
    if sqlx::query_scalar::<_, i64>(there).fetch_one(&mut *connection).await? == 0 {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT version FROM schema_version").fetch_one(connection).await
}

async fn apply(
    connection: &mut SqliteConnection,
    steps: impl Iterator<Item = &&'static [&'static str]>,
    known: i64,
) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    for statement in steps.flat_map(|step| step.iter()) {
        sqlx::query(*statement).execute(&mut *transaction).await?;
    }
    for statement in
        ["CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", "DELETE FROM schema_version"]
    {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
        .bind(known)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}
