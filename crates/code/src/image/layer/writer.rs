//! Writes entries below one folder through directory handles. Symlinks on the way lead to where they would with the folder as
//! the root, which the kernel sees to; the last part of a path is never followed.

mod place;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, XattrFlags};
use rustix::io::Errno;

use super::entry::{Content, Entry};
use super::fault::Fault;
use super::path::LayerPath;
use crate::image::LayerFault;
use place::Root;

const FILE_FLAGS: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// What a folder has that no entry names.
const DEFAULT_FOLDER_MODE: u32 = 0o755;

pub(super) struct Writer {
    root: Root,
    /// What folders get when nothing more is put into them: they may be closed to their owner.
    folders: BTreeMap<LayerPath, Option<Entry>>,
}

impl Writer {
    pub(super) fn open(into: &Path) -> Result<Self, Fault> {
        Ok(Self { root: Root::open(into)?, folders: BTreeMap::new() })
    }

    /// Makes whatever is not a file.
    pub(super) fn put(&mut self, entry: &Entry) -> Result<(), Fault> {
        match &entry.content {
            Content::File { .. } => self.file(entry).map(drop),
            Content::Folder => self.folder(entry),
            Content::Symlink(target) => self.symlink(entry, target),
            Content::Link(target) => self.link(entry, target),
            Content::Fifo => self.fifo(entry),
            Content::Whiteout => pass_over_files(self.whiteout(entry)),
            Content::Opaque => pass_over_files(self.opaque(entry)),
        }
    }

    /// Makes an empty file in the place of whatever is there.
    pub(super) fn file(&mut self, entry: &Entry) -> Result<File, Fault> {
        let create = |parent: &OwnedFd, name: &OsStr| {
            rustix::fs::openat(parent, name, FILE_FLAGS, Mode::from_raw_mode(0o600))
        };
        self.make(entry, create).map(File::from)
    }

    /// Sets what the folders get last, the deepest first.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        self.root.forget();
        for (path, entry) in std::mem::take(&mut self.folders).into_iter().rev() {
            let folder = match self.root.folder(&path) {
                Ok(folder) => folder,
                // A later entry took its place.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => continue,
                Err(errno) => return Err(Fault::writing(path.as_bytes(), errno)),
            };
            match entry {
                Some(entry) => settle(&folder, &entry)?,
                None => rustix::fs::fchmod(&folder, Mode::from_raw_mode(DEFAULT_FOLDER_MODE))
                    .map_err(|errno| Fault::writing(path.as_bytes(), errno))?,
            }
        }
        Ok(())
    }

    fn folder(&mut self, entry: &Entry) -> Result<(), Fault> {
        if !entry.path.is_root() {
            let (folder, name) = entry.path.split();
            let parent = self.parent(entry, &folder)?;
            if place::make_folder(parent, name).map_err(|errno| writing(entry, errno))? {
                self.root.forget();
            }
        }
        self.folders.insert(entry.path.clone(), Some(entry.clone()));
        Ok(())
    }

    fn symlink(&mut self, entry: &Entry, target: &OsStr) -> Result<(), Fault> {
        self.make(entry, |parent, name| rustix::fs::symlinkat(target, parent, name))?;
        self.touch(entry)
    }

    fn fifo(&mut self, entry: &Entry) -> Result<(), Fault> {
        let mode = Mode::from_raw_mode(entry.mode);
        self.make(entry, |parent, name| {
            rustix::fs::mknodat(parent, name, FileType::Fifo, mode, 0)?;
            // Whatever the umask took. Nobody else is here who could have put something else in its place.
            rustix::fs::chmodat(parent, name, mode, AtFlags::empty())
        })?;
        self.touch(entry)
    }

    /// A hard link to what the layer has at `target`. What a lower layer has there is not in reach, as in Docker.
    fn link(&mut self, entry: &Entry, target: &LayerPath) -> Result<(), Fault> {
        let missing = |errno| match errno {
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::PERM | Errno::MLINK => {
                entry.fault(LayerFault::BadLink)
            }
            errno => writing(entry, errno),
        };
        let (folder, target) = target.split();
        let from = self.root.folder(&folder).map_err(missing)?;
        let there = place::look(&from, target).map_err(missing)?;
        let kind = FileType::from_raw_mode(there.st_mode);
        if !matches!(kind, FileType::RegularFile | FileType::Symlink | FileType::Fifo) {
            return Err(entry.fault(LayerFault::BadLink));
        }
        let (folder, name) = entry.path.split();
        let parent = self.parent(entry, &folder)?;
        // A link to itself would lose the file when room is made for the link.
        if place::look(parent, name).is_ok_and(|old| (old.st_dev, old.st_ino) == (there.st_dev, there.st_ino))
        {
            return Ok(());
        }
        let link = |parent: &OwnedFd, name: &OsStr| {
            rustix::fs::linkat(&from, target, parent, name, AtFlags::empty())
        };
        self.make(entry, link).map_err(|fault| {
            let Fault::Storage(error) = fault else { return fault };
            Errno::from_io_error(&error).map_or(Fault::Storage(error), missing)
        })
    }

    /// Only lower layers are hidden: what this layer has at the path stays.
    fn whiteout(&mut self, entry: &Entry) -> Result<(), Fault> {
        let (folder, name) = entry.path.split();
        let parent = self.parent(entry, &folder)?;
        let made = match place::look(parent, name) {
            Err(Errno::NOENT) => place::make_whiteout(parent, name),
            Ok(there) if FileType::from_raw_mode(there.st_mode) == FileType::Directory => {
                place::open_folder(parent, name).and_then(|folder| place::make_opaque(&folder))
            }
            there => there.map(drop),
        };
        made.map_err(|errno| writing(entry, errno))
    }

    fn opaque(&mut self, entry: &Entry) -> Result<(), Fault> {
        self.parent(entry, &entry.path)?;
        let folder = self.root.folder(&entry.path).map_err(|errno| writing(entry, errno))?;
        place::make_opaque(&folder).map_err(|errno| writing(entry, errno))
    }

    /// Makes something at the entry's path, in the place of whatever is there.
    fn make<T>(
        &mut self,
        entry: &Entry,
        create: impl Fn(&OwnedFd, &OsStr) -> rustix::io::Result<T>,
    ) -> Result<T, Fault> {
        let (folder, name) = entry.path.split();
        let parent = self.parent(entry, &folder)?;
        let mut replaced = false;
        let made = match create(parent, name) {
            Err(Errno::EXIST) => {
                replaced = true;
                place::clear(parent, name).and_then(|()| create(parent, name))
            }
            made => made,
        };
        if replaced {
            self.root.forget();
        }
        made.map_err(|errno| writing(entry, errno))
    }

    /// The folder an entry lies in, made if it is not there.
    fn parent(&mut self, entry: &Entry, path: &LayerPath) -> Result<&OwnedFd, Fault> {
        let folders = &mut self.folders;
        let made = |path: LayerPath| {
            folders.entry(path).or_default();
        };
        self.root.parent(path, made).map_err(|errno| match errno {
            Errno::NOENT | Errno::EXIST => entry.fault(LayerFault::ParentNotAFolder),
            errno => writing(entry, errno),
        })
    }

    fn touch(&mut self, entry: &Entry) -> Result<(), Fault> {
        let (folder, name) = entry.path.split();
        let parent = self.parent(entry, &folder)?;
        rustix::fs::utimensat(parent, name, &times(entry), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| writing(entry, errno))
    }
}

/// Writes a piece of a file, of a sparse one only where it is not zero.
pub(super) fn append(file: &mut File, bytes: &[u8], sparse: bool) -> Result<(), Fault> {
    if sparse && bytes.iter().all(|byte| *byte == 0) {
        let hole = i64::try_from(bytes.len()).expect("a buffer is far smaller");
        return file.seek(SeekFrom::Current(hole)).map(drop).map_err(Fault::Storage);
    }
    file.write_all(bytes).map_err(Fault::Storage)
}

/// Gives a sparse file its length: it may end in a hole.
pub(super) fn end(file: &File, bytes: u64) -> Result<(), Fault> {
    file.set_len(bytes).map_err(Fault::Storage)
}

/// Gives a written file its attributes, permissions and time.
pub(super) fn seal(file: &File, entry: &Entry) -> Result<(), Fault> {
    settle(file, entry)
}

/// Where the layer has a file in a folder's place, nothing of that folder is left to hide: umoci says so all the same.
fn pass_over_files(hidden: Result<(), Fault>) -> Result<(), Fault> {
    match hidden {
        Err(Fault::Entry { fault: LayerFault::ParentNotAFolder, .. }) => Ok(()),
        hidden => hidden,
    }
}

fn settle(fd: impl AsFd, entry: &Entry) -> Result<(), Fault> {
    for (name, value) in &entry.attributes {
        match rustix::fs::fsetxattr(&fd, name.as_str(), value, XattrFlags::empty()) {
            // File systems differ in what they hold; no program counts on these.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSPC | Errno::TOOBIG | Errno::RANGE | Errno::PERM) => {}
            Err(errno) => return Err(writing(entry, errno)),
        }
    }
    let settled = rustix::fs::fchmod(&fd, Mode::from_raw_mode(entry.mode))
        .and_then(|()| rustix::fs::futimens(&fd, &times(entry)));
    settled.map_err(|errno| writing(entry, errno))
}

fn times(entry: &Entry) -> Timestamps {
    let omitted = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let modified = entry.modified_s.map_or(omitted, |tv_sec| Timespec { tv_sec, tv_nsec: 0 });
    Timestamps { last_access: omitted, last_modification: modified }
}

fn writing(entry: &Entry, errno: Errno) -> Fault {
    Fault::writing(entry.path.as_bytes(), errno)
}
