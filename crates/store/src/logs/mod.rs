//! Log events by group and stream, in files of the data folder.
//!
//! Lines of functions are given with [`Logs::push`], which copies them into memory and returns: a task writes them within
//! [`limits::LOG_LINGER`]. Reading waits for that, so that whoever reads sees every line given before, and what was read
//! once survives `kill -9`; of lines nobody read, the last 50 milliseconds may be lost. A loss of power may take the last
//! second. Events added with [`Logs::append`] are on the disk when it returns.
//!
//! A group is a record in [`tables::LOG_GROUPS`] and a folder of segments, read when it is first used, so that many groups
//! cost nothing at start. Never reads a clock, and never knows what a function is.

mod files;
mod group;
mod groups;
mod lines;
mod page;
mod segment;
mod state;
mod writer;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use lambent_core::dice::Dice;
use lambent_core::limits;
use lambent_core::logs::group::Group as Kept;
use lambent_core::time::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

pub use self::group::{Added, Stream};
pub use self::lines::Line;
pub use self::page::{Event, NotAPosition, Page, Position, Streams, Wanted};

use self::group::Group;
use self::groups::Groups;
use self::lines::Queue;
use self::writer::Writer;
use crate::{Expect, Prefix, Revision, Store, StoreError, Transaction, WriteError, tables};

/// The log events of a store. Cheap to clone; clones are one.
#[derive(Debug, Clone)]
pub struct Logs {
    queue: Arc<Queue>,
    groups: Arc<Groups>,
    reads: Arc<Semaphore>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Logs {
    /// Those of this store, with their files in this folder, which is made when it is needed.
    #[must_use]
    pub fn open(store: Store, folder: PathBuf, dice: Arc<dyn Dice>) -> Self {
        let (queue, groups) = (Arc::new(Queue::default()), Arc::new(Groups::new(store, folder, dice)));
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let writer = Writer {
            queue: Arc::clone(&queue),
            groups: Arc::clone(&groups),
            closing: closing.clone(),
            unsynced: HashMap::new(),
        };
        tasks.spawn(writer.run());
        tasks.close();
        Self { queue, groups, reads: Arc::new(Semaphore::new(limits::LOG_READS_AT_ONCE_MAX)), closing, tasks }
    }

    /// Takes a line of a function. Its group and stream are made if they are missing.
    pub fn push(&self, line: &Line<'_>) {
        self.queue.push(line);
    }

    /// Whether so much waits that functions should be held up.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Waits until everything that was pushed before is written, and every group made that it needed.
    pub async fn written(&self) {
        self.queue.written().await;
    }

    /// Makes a stream; false if it is there.
    ///
    /// # Errors
    /// [`StoreError::File`] and [`StoreError::Full`], as all that follow.
    pub async fn create_stream(&self, group: &Kept, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.work(group, move |group| group.create_stream(&name, now.as_millis())).await
    }

    /// Deletes a stream with its events; false if there is none.
    ///
    /// # Errors
    /// See [`Self::create_stream`].
    pub async fn delete_stream(&self, group: &Kept, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.work(group, move |group| group.delete_stream(&name)).await
    }

    /// All streams in the order of their names.
    ///
    /// # Errors
    /// See [`Self::create_stream`].
    pub async fn streams(&self, group: &Kept) -> Result<Vec<Stream>, StoreError> {
        self.work(group, Group::streams).await
    }

    /// What the events of a group count, with 26 bytes for each.
    ///
    /// # Errors
    /// See [`Self::create_stream`].
    pub async fn stored_bytes(&self, group: &Kept) -> Result<u64, StoreError> {
        self.work(group, Group::stored_bytes).await
    }

    /// Adds events to a stream; false if there is none of that name.
    ///
    /// # Errors
    /// See [`Self::create_stream`].
    pub async fn append(
        &self,
        group: &Kept,
        stream: String,
        events: Vec<(i64, String)>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.work(group, move |group| {
            let added = events.iter().map(|(at_ms, text)| Added {
                stream: &stream,
                at_ms: *at_ms,
                text: text.as_bytes(),
            });
            group.append_durably(&stream, &added.collect::<Vec<_>>(), now.as_millis())
        })
        .await
    }

    /// A page of the events for which `keep` is true.
    ///
    /// # Errors
    /// See [`Self::create_stream`].
    pub async fn read(
        &self,
        group: &Kept,
        wanted: Wanted,
        mut keep: impl FnMut(&str) -> bool + Send + 'static,
    ) -> Result<Page, StoreError> {
        let _turn = self.reads.acquire().await.map_err(|_| StoreError::Closed)?;
        self.work(group, move |group| group.read(&wanted, &mut keep)).await
    }

    /// Deletes a group with all its events, if its record still has this revision; false if not.
    ///
    /// # Errors
    /// See [`Self::create_stream`].
    pub async fn delete_group(&self, kept: &Kept, revision: Revision) -> Result<bool, StoreError> {
        let group = self.groups.of(kept);
        self.queue.written().await;
        let key = tables::log_group_key(&kept.id);
        let delete = Transaction::new().delete(&tables::LOG_GROUPS, key, Expect::Revision(revision));
        match self.groups.store().write(delete).await {
            Err(WriteError::Conflict { .. }) => return Ok(false),
            Err(WriteError::Store(fault)) => return Err(fault),
            Ok(_) => {}
        }
        self.groups.forget(&kept.id, &group);
        let deleting = Arc::clone(&group);
        blocking(&group, move || deleting.delete()).await?;
        Ok(true)
    }

    /// Deletes the files of expired events, and the folders of groups that are no more.
    ///
    /// # Errors
    /// See [`Self::create_stream`].
    pub async fn collect(&self, now: Timestamp) -> Result<(), StoreError> {
        let found = self.folders().await?;
        let (mut known, mut after) = (HashSet::new(), None);
        loop {
            let records = self
                .groups
                .store()
                .list(&tables::LOG_GROUPS, &Prefix::all(), after.as_ref(), limits::STORE_PAGE_MAX)
                .await?;
            for kept in records.iter().map(|record| &record.value) {
                known.insert(kept.folder.simple().to_string());
                if kept.retention_days.is_some()
                    && let Err(fault) = self.expire(kept, now).await
                {
                    error!(group = kept.id.name, %fault, "expired log events are left for the next round");
                }
            }
            match records.last() {
                Some(last) => after = Some(last.key.clone()),
                None => break,
            }
        }
        let folder = self.groups.folder().clone();
        let left =
            found.into_iter().filter(move |name| !known.contains(name)).map(move |name| folder.join(name));
        self.files(move || left.into_iter().try_for_each(std::fs::remove_dir_all)).await
    }

    /// Deletes what expired of one group. A group that was deleted meanwhile has nothing left.
    async fn expire(&self, kept: &Kept, now: Timestamp) -> Result<(), StoreError> {
        let since_ms = kept.kept_since(now).as_millis();
        let expire = move |group: &Group| match group.collect(since_ms, now.as_millis()) {
            Err(_) if group.is_deleted() => Ok(()),
            collected => collected,
        };
        self.work(kept, expire).await
    }

    /// Writes what waits and ends. What is pushed later is lost.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.wait().await;
    }

    /// The names of the folders there are.
    async fn folders(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.groups.folder().clone();
        self.files(move || {
            let entries = match std::fs::read_dir(folder) {
                Err(none) if none.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        })
        .await
    }

    /// Works on a group when all lines are written that were pushed before.
    async fn work<T: Send + 'static>(
        &self,
        kept: &Kept,
        work: impl FnOnce(&Group) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.queue.written().await;
        let group = self.groups.of(kept);
        let working = Arc::clone(&group);
        blocking(&group, move || work(&working)).await
    }

    async fn files<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        off_thread(self.groups.folder(), work).await
    }
}

/// Does what blocks with the files of a group.
async fn blocking<T: Send + 'static>(
    group: &Group,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    off_thread(group.folder(), work).await
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds of faults are many, and all others are told alike"
)]
async fn off_thread<T: Send + 'static>(
    path: &std::path::Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|fault| Err(io::Error::other(fault)));
    done.map_err(|source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::File { path: path.to_owned(), source: Arc::new(source) },
    })
}

#[cfg(test)]
mod tests;
