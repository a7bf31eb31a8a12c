//! Records in a SQLite database: one connection that writes, a few that read. Never lets a reader wait for
//! the writer (WAL), and never reports a commit before it is flushed (`synchronous=FULL`).

mod connection;
mod create;
mod failure;
mod folder;
mod read;
mod schema;
mod sql;
mod write;

use async_trait::async_trait;
use sqlx::SqlitePool;
use tokio::sync::Mutex;

use super::{Engine, Row};
use crate::plan::Outcome;
use crate::{FeedEntry, Key, Prefix, Sequence, SqliteOptions, StoreError, Transaction};
use failure::name;
use folder::Folder;
use write::Writing;

/// The engine for one server.
#[derive(Debug)]
pub(crate) struct Sqlite {
    readers: SqlitePool,
    writing: Mutex<Option<Writing>>,
    folder: Mutex<Option<Folder>>,
}

impl Sqlite {
    pub(crate) async fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let folder = Folder::lock(options.folder.clone())?;
        let database = folder.database();
        create::create(&folder).await?;
        let writing = Writing::open(&database, &options).await?;
        let readers = connection::readers(&database);
        Ok(Self { readers, writing: Mutex::new(Some(writing)), folder: Mutex::new(Some(folder)) })
    }
}

#[async_trait]
impl Engine for Sqlite {
    async fn get(&self, table: &'static str, key: &Key) -> Result<Option<Row>, StoreError> {
        read::get(&self.readers, table, key).await.map_err(name)
    }

    async fn list(
        &self,
        table: &'static str,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        read::list(&self.readers, table, prefix, after, limit).await.map_err(name)
    }

    async fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<FeedEntry>, StoreError> {
        read::changes(&self.readers, after, limit).await
    }

    async fn last(&self) -> Result<Sequence, StoreError> {
        read::last(&self.readers).await.map_err(name)
    }

    async fn commit(&self, batch: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
        let mut writing = self.writing.lock().await;
        writing.as_mut().ok_or(StoreError::Closed)?.commit(batch).await
    }

    async fn close(&self) {
        self.readers.close().await;
        if let Some(writing) = self.writing.lock().await.take() {
            writing.close().await;
        }
        // Last, so that the next server finds the files at rest.
        drop(self.folder.lock().await.take());
    }
}
