//! Trees: packages unpacked once per digest, and layers merged once per list of digests, shared read-only by every
//! environment that runs them.
//!
//! Invariants: a tree that can be seen is whole; a tree with a living [`Tree`] handle stays on disk; whatever
//! fails or crashes leaves nothing that looks like a tree. Trees are a cache of the stored zips: losing them
//! all loses nothing.

pub(crate) mod merge;
mod shelf;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use lambent_core::limits::UNPACKS_AT_ONCE_MAX;
use tokio::sync::Semaphore;

use crate::Digest;
use crate::blocking::blocking;
use crate::package::PackageError;
use shelf::Shelf;
use turn::Turn;

/// Below this, hashing costs less than moving to another thread.
const HASH_IN_PLACE_MAX_BYTES: usize = 64 * 1024;

/// One unpacked package; while a clone of it lives, its files stay on disk.
#[derive(Debug, Clone)]
pub struct Tree(Arc<Unpacked>);

#[derive(Debug)]
struct Unpacked {
    digest: Digest,
    path: PathBuf,
    unzipped_bytes: u64,
}

impl Tree {
    /// The digest of the zip it came from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The folder that holds the package's files: what `/var/task` shows.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The sum of its files' sizes.
    #[must_use]
    pub fn unzipped_bytes(&self) -> u64 {
        self.0.unzipped_bytes
    }
}

/// What [`Trees::collect`] removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many trees.
    pub trees: usize,
    /// The sum of their unzipped sizes.
    pub unzipped_bytes: u64,
}

/// All trees of this server; a clone is another handle to the same.
#[derive(Debug, Clone)]
pub struct Trees(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shelf: Shelf,
    known: Mutex<Known>,
    /// CPU and disk are shared by few; the rest waits here and not inside the blocking pool.
    slots: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Known {
    trees: HashMap<Digest, Weak<Unpacked>>,
    /// One for each digest that is being unpacked: see [`Turn`].
    gates: HashMap<Digest, Arc<tokio::sync::Mutex<()>>>,
}

impl Trees {
    /// Opens the folder of trees, made if it isn't there; one server at a time.
    ///
    /// Takes what a crash left out of sight, in a time that doesn't depend on its size: call [`Trees::sweep`]
    /// in the background to delete it. Trees unpacked before the last boot of the machine are dropped too:
    /// they were not synced, so a power loss may have taken parts of them.
    ///
    /// # Errors
    /// When the folder cannot be made, read or written.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let inner = Inner {
            shelf: Shelf::open(folder.into(), shelf::boot_id())?,
            known: Mutex::default(),
            slots: Arc::new(Semaphore::new(UNPACKS_AT_ONCE_MAX)),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The tree of a zip that was unpacked before, without the zip.
    #[must_use]
    pub fn get(&self, digest: &Digest) -> Option<Tree> {
        self.0.get(*digest)
    }

    /// The tree of `zip`, unpacked now unless it is there; of many callers at once one does the work.
    ///
    /// Hold the handle until the digest is in the `keep` of every [`Trees::collect`] to come.
    /// Dropping the future stops nothing half-way: the tree is then made for nobody, or not at all.
    ///
    /// # Errors
    /// [`PackageError`]; nothing is left on disk then.
    pub async fn unpack(&self, zip: Bytes) -> Result<Tree, PackageError> {
        let digest = digest_of(&zip).await;
        self.filled(digest, PackageError::storage, move |into| crate::zip::unpack(&zip, into)).await
    }

    /// Trees laid over each other in this order, the last on top: made now unless it is there, without copying a file. One
    /// tree is itself; of none there is nothing.
    ///
    /// # Errors
    /// [`PackageError::DiskFull`], [`PackageError::Storage`]; nothing is left on disk then.
    pub async fn merged(&self, trees: &[Tree]) -> Result<Option<Tree>, PackageError> {
        if let [] | [_] = trees {
            return Ok(trees.first().cloned());
        }
        let digests: Vec<String> = trees.iter().map(|tree| tree.digest().to_string()).collect();
        // No zip has this digest: none begins so.
        let digest = Digest::of(format!("trees {}", digests.join(" ")).as_bytes());
        let trees = trees.to_vec();
        let merged = self.filled(digest, PackageError::storage, move |into| {
            let sources: Vec<PathBuf> = trees.iter().map(|tree| tree.path().to_owned()).collect();
            merge::merge(&sources, into).map_err(|e| PackageError::storage("merge layers", e))?;
            Ok(trees.iter().map(Tree::unzipped_bytes).sum())
        });
        merged.await.map(Some)
    }

    /// The tree of `digest`, made now by `fill` unless it is there, as one of few at the same time; `fill` puts it into an
    /// empty folder and says its size. On an error nothing is left on disk.
    pub(crate) async fn filled<E: Send + 'static>(
        &self,
        digest: Digest,
        storage: fn(&'static str, io::Error) -> E,
        fill: impl FnOnce(&Path) -> Result<u64, E> + Send + 'static,
    ) -> Result<Tree, E> {
        if let Some(tree) = self.get(&digest) {
            return Ok(tree);
        }
        let turn = Turn::at(&self.0, digest).await;
        if let Some(tree) = self.get(&digest) {
            return Ok(tree);
        }
        let inner = Arc::clone(&self.0);
        let slot = Arc::clone(&inner.slots).acquire_owned().await.expect("the semaphore is never closed");
        // Both guards travel with the work: if the caller goes away, the next one still waits for its end.
        blocking(move || {
            let tree = inner.fill(digest, storage, fill);
            drop((turn, slot));
            tree
        })
        .await
    }

    /// Removes the trees that are neither in `keep` nor in use, and what [`Trees::sweep`] removes.
    ///
    /// # Errors
    /// When the disk refuses; what was not removed is tried again next time.
    pub async fn collect(&self, keep: BTreeSet<Digest>) -> io::Result<Collected> {
        let inner = Arc::clone(&self.0);
        blocking(move || {
            let collected = inner.put_away(&keep)?;
            inner.shelf.empty_trash()?;
            Ok(collected)
        })
        .await
    }

    /// Deletes what a crash, an older boot or a failed [`Trees::collect`] left behind.
    ///
    /// # Errors
    /// When the disk refuses; it is tried again next time.
    pub async fn sweep(&self) -> io::Result<()> {
        let inner = Arc::clone(&self.0);
        blocking(move || inner.shelf.empty_trash()).await
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Each change to the maps is one insert or remove, so a panic cannot leave them half-changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, digest: Digest) -> Option<Tree> {
        // The lock is held while looking at the disk, so that `put_away` cannot come in between.
        let mut known = self.known();
        if let Some(unpacked) = known.trees.get(&digest).and_then(Weak::upgrade) {
            return Some(Tree(unpacked));
        }
        let unzipped_bytes = self.shelf.find(digest)?;
        Some(self.remember(&mut known, digest, unzipped_bytes))
    }

    fn remember(&self, known: &mut Known, digest: Digest, unzipped_bytes: u64) -> Tree {
        let path = self.shelf.files_of(digest);
        let unpacked = Arc::new(Unpacked { digest, path, unzipped_bytes });
        known.trees.insert(digest, Arc::downgrade(&unpacked));
        Tree(unpacked)
    }

    fn fill<E>(
        &self,
        digest: Digest,
        storage: fn(&'static str, io::Error) -> E,
        fill: impl FnOnce(&Path) -> Result<u64, E>,
    ) -> Result<Tree, E> {
        let staged = self.shelf.stage().map_err(|e| storage("make a folder to unpack into", e))?;
        let unzipped_bytes = fill(&staged.files())?;
        let mut known = self.known();
        self.shelf
            .publish(staged, digest, unzipped_bytes)
            .map_err(|e| storage("put what was unpacked in its place", e))?;
        Ok(self.remember(&mut known, digest, unzipped_bytes))
    }

    fn put_away(&self, keep: &BTreeSet<Digest>) -> io::Result<Collected> {
        let mut collected = Collected::default();
        for digest in self.shelf.digests()? {
            if keep.contains(&digest) {
                continue;
            }
            // Taken anew for each tree: a rename is short, all of them together need not be.
            let mut known = self.known();
            if known.trees.get(&digest).is_some_and(|weak| weak.strong_count() > 0) {
                continue;
            }
            // Another collection may have been quicker.
            let Some(unzipped_bytes) = self.shelf.find(digest) else { continue };
            self.shelf.discard(digest)?;
            known.trees.remove(&digest);
            collected.trees += 1;
            collected.unzipped_bytes += unzipped_bytes;
        }
        let mut known = self.known();
        known.trees.retain(|_, weak| weak.strong_count() > 0);
        Ok(collected)
    }
}

async fn digest_of(zip: &Bytes) -> Digest {
    if zip.len() <= HASH_IN_PLACE_MAX_BYTES {
        return Digest::of(zip);
    }
    let zip = zip.clone();
    blocking(move || Digest::of(&zip)).await
}
