//! Writes entries below one folder through directory handles. Never follows a symlink on the way.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT};
use rustix::fs::{fchmod, futimens, mkdirat, openat, statat, symlinkat, unlinkat, utimensat};
use rustix::io::Errno;

use super::entry::Entry;
use crate::package::{EntryFault, PackageError};

const FOLDER_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE_FLAGS: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const DEFAULT_FOLDER_MODE: u32 = 0o755;

pub(super) struct Writer {
    root: OwnedFd,
    /// The folder of the last entry: neighbours in a zip are neighbours on disk.
    parent: Option<(String, OwnedFd)>,
    /// Folders the zip lists: their permissions and times are set when nothing more is put into them.
    folders: BTreeMap<String, Entry>,
}

impl Writer {
    pub(super) fn open(into: &Path) -> Result<Self, PackageError> {
        let root = rustix::fs::open(into, FOLDER_FLAGS, Mode::empty()).map_err(storage("open the folder"))?;
        Ok(Self { root, parent: None, folders: BTreeMap::new() })
    }

    /// Makes a folder, and the folders above it, unless they are there.
    pub(super) fn folder(&mut self, entry: &Entry) -> Result<(), PackageError> {
        drop(self.open_folder(entry, entry.path.as_str())?);
        self.folders.insert(entry.path.as_str().to_owned(), entry.clone());
        Ok(())
    }

    /// Makes an empty file in the place of whatever file or symlink is there.
    pub(super) fn file(&mut self, entry: &Entry) -> Result<File, PackageError> {
        let (folder, name) = entry.path.split();
        let parent = self.parent(entry, folder)?;
        let create = || openat(parent, name, FILE_FLAGS, Mode::from_raw_mode(0o600));
        let made = match create() {
            Err(Errno::EXIST) => make_room(parent, name, entry).and_then(|()| create().map_err(making)),
            made => made.map_err(making),
        };
        made.map(File::from)
    }

    /// Makes a symlink in the place of whatever file or symlink is there. It may dangle: it is for the
    /// sandbox, which has another root.
    pub(super) fn symlink(&mut self, entry: &Entry, target: &[u8]) -> Result<(), PackageError> {
        if target.is_empty() {
            return Err(entry.fault(EntryFault::BadSymlinkTarget));
        }
        let (folder, name) = entry.path.split();
        let parent = self.parent(entry, folder)?;
        let create = || symlinkat(target, parent, name);
        match create() {
            Err(Errno::EXIST) => {
                make_room(parent, name, entry)?;
                create().map_err(making)?;
            }
            made => made.map_err(making)?,
        }
        let Some(times) = times(entry) else { return Ok(()) };
        utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(making)
    }

    /// Sets what the folders get last, the deepest first, so that a folder closed to its owner comes last.
    pub(super) fn finish(mut self) -> Result<(), PackageError> {
        self.parent = None;
        for (path, entry) in std::mem::take(&mut self.folders).into_iter().rev() {
            let folder = self.open_folder(&entry, &path)?;
            set_mode_and_time(&folder, &entry)?;
        }
        Ok(())
    }

    fn parent(&mut self, entry: &Entry, path: &str) -> Result<&OwnedFd, PackageError> {
        if path.is_empty() {
            return Ok(&self.root);
        }
        if self.parent.as_ref().is_none_or(|(known, _)| known != path) {
            self.parent = Some((path.to_owned(), self.open_folder(entry, path)?));
        }
        let (_, folder) = self.parent.as_ref().expect("it was set just above");
        Ok(folder)
    }

    /// Opens `path` part by part, making what is missing.
    fn open_folder(&self, entry: &Entry, path: &str) -> Result<OwnedFd, PackageError> {
        let mut folder: Option<OwnedFd> = None;
        for part in path.split('/') {
            let above = folder.as_ref().unwrap_or(&self.root);
            folder = Some(open_or_make(above, part, entry)?);
        }
        Ok(folder.expect("split gives at least one part"))
    }
}

/// Gives a written file its permissions and time.
pub(super) fn seal(file: &File, entry: &Entry) -> Result<(), PackageError> {
    set_mode_and_time(file, entry)
}

fn open_or_make(above: &OwnedFd, part: &str, entry: &Entry) -> Result<OwnedFd, PackageError> {
    let open = || openat(above, part, FOLDER_FLAGS, Mode::empty());
    let made = match open() {
        Err(Errno::NOENT) => {
            mkdirat(above, part, Mode::from_raw_mode(DEFAULT_FOLDER_MODE)).map_err(making)?;
            let made = open().map_err(making)?;
            // Whatever the umask took.
            fchmod(&made, Mode::from_raw_mode(DEFAULT_FOLDER_MODE)).map_err(making)?;
            return Ok(made);
        }
        made => made,
    };
    made.map_err(|error| match error {
        // A file, or a symlink that was not followed.
        Errno::NOTDIR | Errno::LOOP => entry.fault(EntryFault::ParentNotAFolder),
        error => making(error),
    })
}

/// Removes the file or symlink that has the name; a folder stays and is a fault.
fn make_room(parent: &OwnedFd, name: &str, entry: &Entry) -> Result<(), PackageError> {
    let there = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(making)?;
    if FileType::from_raw_mode(there.st_mode) == FileType::Directory {
        return Err(entry.fault(EntryFault::Clash));
    }
    unlinkat(parent, name, AtFlags::empty()).map_err(making)
}

fn set_mode_and_time(fd: impl AsFd, entry: &Entry) -> Result<(), PackageError> {
    fchmod(&fd, Mode::from_raw_mode(entry.mode)).map_err(making)?;
    times(entry).map_or(Ok(()), |times| futimens(&fd, &times).map_err(making))
}

fn times(entry: &Entry) -> Option<Timestamps> {
    Some(Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: entry.modified_s?, tv_nsec: 0 },
    })
}

fn making(error: Errno) -> PackageError {
    PackageError::storage("make a file of the zip", io::Error::from(error))
}

fn storage(doing: &'static str) -> impl Fn(Errno) -> PackageError {
    move |error| PackageError::storage(doing, io::Error::from(error))
}
