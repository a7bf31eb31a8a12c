//! Blobs by their SHA-256, in a folder or any object store. Never overwrites one by other bytes, and never
//! gives out bytes whose digest it did not check.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use lambent_core::time::{RealClock, Timestamp};
use object_store::local::LocalFileSystem;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path as Location};
use tokio::sync::RwLock;

use crate::{BlobError, Digest};

/// Where blobs lie. Cheap to clone; clones are one place.
#[derive(Debug, Clone)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    folder: Option<Arc<Path>>,
    clock: Arc<dyn RealClock>,
    /// Puts share it, a removal has it alone: a blob put again while it is collected is not lost.
    gate: Arc<RwLock<()>>,
}

/// What a collection removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// How many blobs.
    pub blobs: usize,
    /// Their bytes together.
    pub bytes: u64,
}

impl Blobs {
    /// Blobs in a folder, which is made when it is not there. A put returns when file and folder are flushed.
    ///
    /// # Errors
    /// [`BlobError::Backend`] when the folder can't be made or used.
    pub fn local(folder: &Path, clock: Arc<dyn RealClock>) -> Result<Self, BlobError> {
        let failed = |source: io::Error| BlobError::Backend {
            source: Arc::new(object_store::Error::Generic { store: "folder", source: Box::new(source) }),
        };
        crate::folder::make(folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        let objects = LocalFileSystem::new_with_prefix(&folder).map_err(backend)?.with_fsync(true);
        Ok(Self { folder: Some(folder.into()), ..Self::remote(Arc::new(objects), clock) })
    }

    /// Blobs in an object store whose writes are durable when they return, as S3's are.
    #[must_use]
    pub fn remote(objects: Arc<dyn ObjectStore>, clock: Arc<dyn RealClock>) -> Self {
        Self { objects, folder: None, clock, gate: Arc::default() }
    }

    /// Keeps the bytes and returns their name; durable when it returns.
    ///
    /// Bytes that are there already are written again and atomically replaced: that heals a damaged blob and
    /// makes it young again for [`Blobs::collect`], so whoever puts a blob may count on it for the grace period.
    ///
    /// # Errors
    /// [`BlobError::Full`] or [`BlobError::Backend`]; then nothing of the blob is visible.
    pub async fn put(&self, bytes: Bytes) -> Result<Digest, BlobError> {
        let digest = digest_of(bytes.clone()).await;
        let _shared = self.gate.read().await;
        self.objects.put(&location(digest), bytes.into()).await.map_err(backend)?;
        Ok(digest)
    }

    /// The bytes, checked against their name.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::Damaged`], [`BlobError::Backend`].
    pub async fn get(&self, digest: Digest) -> Result<Bytes, BlobError> {
        let missing = |error| not_found(digest, error);
        let object = self.objects.get(&location(digest)).await.map_err(missing)?;
        let bytes = object.bytes().await.map_err(missing)?;
        let found = digest_of(bytes.clone()).await;
        if found == digest { Ok(bytes) } else { Err(BlobError::Damaged { digest, found }) }
    }

    /// The file of a blob, where blobs are files. It is not checked, and may not be there.
    #[must_use]
    pub fn path(&self, digest: Digest) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(location(digest).as_ref()))
    }

    /// Whether the blob is there; its bytes aren't read.
    ///
    /// # Errors
    /// [`BlobError::Backend`].
    pub async fn contains(&self, digest: Digest) -> Result<bool, BlobError> {
        match self.objects.head(&location(digest)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(backend(error)),
        }
    }

    /// Removes the blob; one that is not there is no error.
    ///
    /// # Errors
    /// [`BlobError::Backend`].
    pub async fn delete(&self, digest: Digest) -> Result<(), BlobError> {
        match self.objects.delete(&location(digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(backend(error)),
        }
    }

    /// Every blob and its size, in the order of their names.
    ///
    /// # Errors
    /// [`BlobError::Backend`].
    pub async fn list(&self) -> Result<Vec<(Digest, u64)>, BlobError> {
        let mut blobs: Vec<_> =
            self.metas().await?.into_iter().map(|(digest, meta)| (digest, meta.size)).collect();
        blobs.sort_unstable();
        Ok(blobs)
    }

    /// Removes the blobs that are not in `keep` and were put longer than `grace` ago.
    ///
    /// The caller gathers `keep` from committed records first. A blob is put before the record that names it
    /// is committed, so `grace` must be longer than that can take. Within one process no blob is lost by being
    /// put again just now; several nodes on one object store must also not collect within `grace` of each
    /// other's puts, which one lease for the collector gives.
    ///
    /// # Errors
    /// [`BlobError::Backend`]; blobs removed before it stay removed.
    pub async fn collect(&self, keep: &BTreeSet<Digest>, grace: Duration) -> Result<Collected, BlobError> {
        let mut collected = Collected::default();
        for (digest, meta) in self.metas().await? {
            if !keep.contains(&digest) && self.is_old(&meta, grace) && self.remove_old(digest, grace).await? {
                collected.blobs += 1;
                collected.bytes += meta.size;
            }
        }
        self.sweep(grace).await?;
        Ok(collected)
    }

    /// Looks again before it removes, with no put under way.
    async fn remove_old(&self, digest: Digest, grace: Duration) -> Result<bool, BlobError> {
        let _alone = self.gate.write().await;
        match self.objects.head(&location(digest)).await {
            Ok(meta) if self.is_old(&meta, grace) => self.delete(digest).await.map(|()| true),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(backend(error)),
        }
    }

    /// Removes files that a put left unfinished when its process was killed.
    async fn sweep(&self, grace: Duration) -> Result<(), BlobError> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let _alone = self.gate.write().await;
        let now = self.clock.wall();
        let sweep = move || crate::staged::sweep(&folder.join(ROOT), |written| now.since(written) > grace);
        let swept = tokio::task::spawn_blocking(sweep).await;
        swept.expect("a sweep does not panic").map_err(|source| {
            backend(object_store::Error::Generic { store: "folder", source: Box::new(source) })
        })
    }

    fn is_old(&self, meta: &ObjectMeta, grace: Duration) -> bool {
        self.clock.wall().since(Timestamp::from_millis(meta.last_modified.timestamp_millis())) > grace
    }

    async fn metas(&self) -> Result<Vec<(Digest, ObjectMeta)>, BlobError> {
        let metas: Vec<ObjectMeta> =
            self.objects.list(Some(&Location::from(ROOT))).try_collect().await.map_err(backend)?;
        let digest = |meta: &ObjectMeta| meta.location.filename()?.parse().ok();
        Ok(metas.into_iter().filter_map(|meta| Some((digest(&meta)?, meta))).collect())
    }
}

/// The folder of all blobs; below it one for each first byte, so that none grows long.
const ROOT: &str = "sha256";
/// From here on hashing takes long enough to disturb other tasks of the thread.
const HASH_APART_BYTES: usize = 256 * 1024;

fn location(digest: Digest) -> Location {
    let name = digest.to_string();
    Location::from_iter([ROOT, &name[..2], &name])
}

async fn digest_of(bytes: Bytes) -> Digest {
    if bytes.len() < HASH_APART_BYTES {
        return Digest::of(&bytes);
    }
    let hashed = tokio::task::spawn_blocking(move || Digest::of(&bytes)).await;
    hashed.expect("hashing does not panic")
}

fn not_found(digest: Digest, error: object_store::Error) -> BlobError {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return BlobError::NotFound { digest };
    }
    backend(error)
}

fn backend(error: object_store::Error) -> BlobError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(one) = cause {
        let kind = one.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
            return BlobError::Full;
        }
        cause = one.source();
    }
    BlobError::Backend { source: Arc::new(error) }
}
