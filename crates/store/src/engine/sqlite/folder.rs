//! The data folder: made when missing, held by one server at a time. Never removes anything from it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::StoreError;

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
        make(&path)?;
        let lock_path = path.join(LOCK);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&lock_path);
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
        sync(&self.path)
    }
}

/// Makes the folder and its parents, each durably named in its own parent.
fn make(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make(parent)?;
    }
    match fs::create_dir(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(file_error(path, error)),
    }
    sync(parent.unwrap_or(Path::new(".")))
}

fn sync(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| file_error(folder, source))
}

fn file_error(path: &Path, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::File { path: path.to_owned(), source: Arc::new(source) },
    }
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
