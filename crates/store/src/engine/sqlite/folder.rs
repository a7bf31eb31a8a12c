//! The data folder: made when missing, held by one server at a time. Never removes anything from it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{StoreError, folder};

const DATABASE: &str = "lambent.sqlite";
const LOCK: &str = "lock";

/// A folder this process holds. The lock is the kernel's (`flock`), so it ends with the process however that
/// ends; a child forked without exec would share it, which is why the spawner is split off before.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    pub(super) fn lock(path: PathBuf) -> Result<Self, StoreError> {
        folder::make(&path).map_err(|source| file_error(&path, source))?;
        let lock_path = path.join(LOCK);
        let mut options = OpenOptions::new();
        let open = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&lock_path);
        let mut lock = open.map_err(|source| file_error(&lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(path, &mut lock)),
            Err(TryLockError::Error(source)) => return Err(file_error(&lock_path, source)),
        }
        sign(&mut lock);
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Makes the names in the folder durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        folder::sync(&self.path).map_err(|source| file_error(&self.path, source))
    }
}

/// What the error means for the store.
pub(super) fn file_error(path: &Path, source: io::Error) -> StoreError {
    let kind = source.kind();
    if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return StoreError::Full;
    }
    if kind == io::ErrorKind::ReadOnlyFilesystem {
        return StoreError::ReadOnly;
    }
    StoreError::File { path: path.to_owned(), source: Arc::new(source) }
}

fn locked(folder: PathBuf, lock: &mut File) -> StoreError {
    let mut holder = String::new();
    // The number helps whoever reads the error; without it the error is the same.
    let _ = lock.read_to_string(&mut holder);
    let holder = if holder.trim().is_empty() { "unknown" } else { holder.trim() };
    StoreError::Locked { folder, holder: holder.to_owned() }
}

/// Writes down who holds the lock. On a full disk that fails, and the lock holds all the same.
fn sign(lock: &mut File) {
    let _ = lock.set_len(0).and_then(|()| lock.rewind());
    let _ = lock.write_all(std::process::id().to_string().as_bytes());
}
