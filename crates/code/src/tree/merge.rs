//! Several trees laid over each other in one folder, as `/opt` shows layers: of two files of one name the later tree's is
//! there. Nothing is copied: the files are hard links to those of the trees, which are never written again.
//!
//! Invariants: no symlink of a tree is ever followed, so nothing outside the folders is read or written; only folders that
//! this module made are written into.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::{Errno, Result};

/// Folders are given their own mode when all is in them: some are not writable.
const OPEN_MODE: Mode = Mode::RWXU;

/// Lays the trees at `sources` into the existing, empty folder `into`, one after the other.
///
/// On an error the folder holds a part of the files: the caller removes it.
pub(crate) fn merge(sources: &[PathBuf], into: &Path) -> std::io::Result<()> {
    let into = open(CWD, into)?;
    let mut folders = BTreeMap::new();
    for source in sources {
        lay(&open(CWD, source)?, &into, &mut folders)?;
    }
    // The deepest first: a folder's time changes with what is made in it, and a folder may not let its owner in.
    for (path, stat) in folders.iter().rev() {
        finish(&into, path, stat)?;
    }
    Ok(())
}

/// Lays one tree. Folders are kept in a list and not in the stack: zips nest them as deep as paths can be long.
fn lay(from: &OwnedFd, into: &OwnedFd, folders: &mut BTreeMap<PathBuf, Stat>) -> Result<()> {
    let mut waiting = vec![PathBuf::from(".")];
    while let Some(folder) = waiting.pop() {
        let open = open(from, &folder)?;
        for entry in Dir::read_from(&open)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            // `./` would make the longest paths too long.
            let path = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
            let stat = rustix::fs::statat(from, &path, AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                make_folder(into, &path)?;
                folders.insert(path.clone(), stat);
                waiting.push(path);
            } else {
                link(from, into, &path)?;
            }
        }
    }
    Ok(())
}

/// Makes a folder, in the place of whatever else an earlier tree has there.
fn make_folder(into: &OwnedFd, path: &Path) -> Result<()> {
    match rustix::fs::mkdirat(into, path, OPEN_MODE) {
        Err(Errno::EXIST) if kind(into, path)? == FileType::Directory => Ok(()),
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(into, path, AtFlags::empty())?;
            rustix::fs::mkdirat(into, path, OPEN_MODE)
        }
        done => done,
    }
}

/// Links a file or a symlink, in the place of whatever an earlier tree has there.
fn link(from: &OwnedFd, into: &OwnedFd, path: &Path) -> Result<()> {
    match rustix::fs::linkat(from, path, into, path, AtFlags::empty()) {
        Err(Errno::EXIST) => {
            clear(into, path)?;
            rustix::fs::linkat(from, path, into, path, AtFlags::empty())
        }
        done => done,
    }
}

/// Removes what is at a path, whose folders are no symlinks: a file, or a folder with all in it.
pub(crate) fn clear(into: &OwnedFd, path: &Path) -> Result<()> {
    if kind(into, path)? != FileType::Directory {
        return rustix::fs::unlinkat(into, path, AtFlags::empty());
    }
    let mut found = vec![path.to_owned()];
    let mut at = 0;
    while let Some(folder) = found.get(at).cloned() {
        at += 1;
        for entry in Dir::read_from(&open(into, &folder)?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let path = folder.join(name);
            if kind(into, &path)? == FileType::Directory {
                found.push(path);
            } else {
                rustix::fs::unlinkat(into, &path, AtFlags::empty())?;
            }
        }
    }
    found.iter().rev().try_for_each(|folder| rustix::fs::unlinkat(into, folder, AtFlags::REMOVEDIR))
}

/// Gives a folder the mode and the time it has in the last tree that has it. One that a later tree put a file in the place
/// of is passed over.
fn finish(into: &OwnedFd, path: &Path, stat: &Stat) -> Result<()> {
    match kind(into, path) {
        Ok(FileType::Directory) => {}
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
        Err(error) => return Err(error),
    }
    let seconds = Timespec { tv_sec: stat.st_mtime, tv_nsec: 0 };
    let times = Timestamps { last_access: seconds, last_modification: seconds };
    rustix::fs::utimensat(into, path, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    rustix::fs::chmodat(into, path, Mode::from_raw_mode(stat.st_mode), AtFlags::empty())
}

fn kind(at: &OwnedFd, path: &Path) -> Result<FileType> {
    let stat = rustix::fs::statat(at, path, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

fn open(at: impl std::os::fd::AsFd, path: &Path) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, path, flags, Mode::empty())
}
