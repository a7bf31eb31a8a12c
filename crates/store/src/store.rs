//! The store as everyone sees it: read, write, watch, close. Never holds a record itself.

use std::path::PathBuf;
use std::sync::Arc;

use lambent_core::limits;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::change::decode;
use crate::engine::{Engine, Memory, MemoryDisk, Mishaps, Row, Sqlite, Troubled};
use crate::observers::Observers;
use crate::told::Told;
use crate::writer::{Command, Writer};
use crate::{
    Change, Commit, FeedEntry, Key, Prefix, Record, Sequence, StoreError, Table, Transaction, WriteError,
};

/// Where a SQLite store lies and how it is kept.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The data folder; made when it is not there, and locked while the store is open.
    pub folder: PathBuf,
    /// How many commits the durable feed reaches back.
    pub feed_max: u64,
    /// The largest size of the database in pages of 4 KiB; `None` for as much as the disk holds.
    pub pages_max: Option<u32>,
}

impl SqliteOptions {
    /// The usual options for a store in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), feed_max: limits::STORE_FEED_MAX, pages_max: None }
    }
}

/// Records in tables, written by transactions. Cheap to clone; clones are one store.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    observers: Arc<Observers>,
    told: Arc<Told>,
    commands: mpsc::Sender<Command>,
    tasks: TaskTracker,
}

impl Store {
    /// An empty store that lives as long as its process. For tests.
    #[must_use]
    pub fn memory() -> Self {
        Self::memory_with_feed(limits::STORE_FEED_MAX)
    }

    /// The same with a feed that reaches back `feed_max` commits.
    #[must_use]
    pub fn memory_with_feed(feed_max: u64) -> Self {
        Self::start(Arc::new(Memory::new(MemoryDisk::default(), feed_max)))
    }

    /// The store that was left on a disk in memory, with what befalls it. For simulations.
    #[must_use]
    pub fn on(disk: &MemoryDisk, mishaps: impl Mishaps + 'static) -> Self {
        let engine = Memory::new(disk.clone(), limits::STORE_FEED_MAX);
        Self::start(Arc::new(Troubled { engine, mishaps }))
    }

    /// Opens the SQLite store of a folder, or makes one.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another server has it open, [`StoreError::SchemaTooNew`],
    /// [`StoreError::Corrupt`], [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::File`].
    pub async fn sqlite(options: SqliteOptions) -> Result<Self, StoreError> {
        Ok(Self::start(Arc::new(Sqlite::open(options).await?)))
    }

    fn start(engine: Arc<dyn Engine>) -> Self {
        let (commands, receiver) = mpsc::channel(limits::STORE_QUEUE_MAX);
        let observers = Arc::new(Observers::default());
        let (tasks, told) = (TaskTracker::new(), Arc::new(Told::default()));
        let writer = Writer {
            engine: Arc::clone(&engine),
            observers: Arc::clone(&observers),
            told: Arc::clone(&told),
            commands: receiver,
        };
        tasks.spawn(writer.run());
        tasks.close();
        Self { engine, observers, told, commands, tasks }
    }

    /// The record under `key`; nothing if there is none. Every observer in this process has seen it before.
    ///
    /// # Errors
    /// [`StoreError::Decode`] when the table holds something else, or what the engine met.
    pub async fn get<T: DeserializeOwned>(
        &self,
        table: &Table<T>,
        key: &Key,
    ) -> Result<Option<Record<T>>, StoreError> {
        let Some(row) = self.engine.get(table.name(), key).await? else { return Ok(None) };
        self.told.of(row.revision).await;
        record(table, row).map(Some)
    }

    /// Up to `limit` records in the order of their keys, those after `after` only.
    ///
    /// Each page is one moment. Over several pages every record that stood there all the while comes exactly
    /// once, whatever happens to others meanwhile. `limit` is cut to [`limits::STORE_PAGE_MAX`].
    ///
    /// # Errors
    /// [`StoreError::Decode`] when the table holds something else, or what the engine met.
    pub async fn list<T: DeserializeOwned>(
        &self,
        table: &Table<T>,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Record<T>>, StoreError> {
        let limit = limit.min(limits::STORE_PAGE_MAX);
        let rows = self.engine.list(table.name(), prefix, after, limit).await?;
        if let Some(newest) = rows.iter().map(|row| row.revision).max() {
            self.told.of(newest).await;
        }
        rows.into_iter().map(|row| record(table, row)).collect()
    }

    /// Does all steps of a transaction, or none. When it returns, the commit is durable and every observer in
    /// this process has seen it. Dropping the future does not take the transaction back.
    ///
    /// # Errors
    /// [`WriteError::Conflict`] names the first step whose expectation fails. After a [`WriteError::Store`]
    /// nothing was written.
    pub async fn write(&self, transaction: Transaction) -> Result<Commit, WriteError> {
        let limit = limits::STORE_TRANSACTION_STEPS_MAX;
        if let Some(broken) = transaction.broken {
            return Err(broken.into());
        }
        if transaction.len() > limit {
            return Err(StoreError::TooManySteps { steps: transaction.len(), limit }.into());
        }
        let (reply, answer) = oneshot::channel();
        let command = Command::Write { transaction, reply };
        self.commands.send(command).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Calls `observer` for each change of a table from now on: in commit order, after the commit is durable
    /// and before its `write` returns. It runs on the writing task, so it must be short and must not block.
    pub fn watch<T>(&self, table: &Table<T>, observer: impl Fn(&Change) + Send + Sync + 'static) {
        self.observers.add(table.name(), Arc::new(observer));
    }

    /// Like [`Store::watch`], but first shows every record that is there, as new, in the order of the keys.
    /// No change falls between the two. When it returns, all that was there has been shown.
    ///
    /// # Errors
    /// What the engine met; then the observer isn't added.
    pub async fn follow<T>(
        &self,
        table: &Table<T>,
        observer: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Follow { table: table.name(), observer: Arc::new(observer), reply };
        self.commands.send(command).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// The durable feed after that commit, in commit order: about `limit` entries, always whole commits.
    ///
    /// # Errors
    /// [`StoreError::FeedTrimmed`] when the feed no longer reaches back that far.
    pub async fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<FeedEntry>, StoreError> {
        self.engine.changes(after, limit.clamp(1, limits::STORE_PAGE_MAX)).await
    }

    /// The last commit.
    ///
    /// # Errors
    /// What the engine met.
    pub async fn last(&self) -> Result<Sequence, StoreError> {
        self.engine.last().await
    }

    /// Finishes the writes that wait, then closes the engine and gives its folder free. Everything after it
    /// fails with [`StoreError::Closed`].
    pub async fn close(&self) {
        let (reply, done) = oneshot::channel();
        if self.commands.send(Command::Close { reply }).await.is_ok() {
            // No answer means that the writer has already ended, which is what was asked for.
            let _ = done.await;
        }
        self.tasks.wait().await;
    }
}

fn record<T: DeserializeOwned>(table: &Table<T>, row: Row) -> Result<Record<T>, StoreError> {
    let value = decode(table.name(), &row.key, &row.json)?;
    Ok(Record { key: row.key, revision: row.revision, value })
}
