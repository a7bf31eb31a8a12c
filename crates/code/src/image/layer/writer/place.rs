//! Places in the folder of a layer, by handle. Never leaves the folder: paths of several parts are opened by the kernel with
//! the folder as the root, the rest are single names.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, XattrFlags};
use rustix::io::{Errno, Result};

use super::super::fault::Fault;
use super::super::path::LayerPath;

const FOLDER_FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Folders get their own mode when all is in them.
const OPEN_MODE: Mode = Mode::RWXU;
const OPAQUE: [&str; 2] = ["trusted.overlay.opaque", "user.overlay.opaque"];

/// The folder of a layer.
pub(super) struct Root {
    root: OwnedFd,
    /// The folder of the last entry: neighbours in a tar are neighbours on disk.
    last: Option<(LayerPath, OwnedFd)>,
}

impl Root {
    pub(super) fn open(into: &Path) -> std::result::Result<Self, Fault> {
        let root = rustix::fs::open(into, FOLDER_FLAGS, Mode::empty());
        Ok(Self { root: root.map_err(|errno| Fault::Storage(errno.into()))?, last: None })
    }

    /// After something was removed or replaced, the last folder may be another one.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// A folder that is there.
    pub(super) fn folder(&self, path: &LayerPath) -> Result<OwnedFd> {
        let inside = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(&self.root, path.as_path(), FOLDER_FLAGS, Mode::empty(), inside)
    }

    /// The folder at `path`, made with those above it if it is not there; `made` is told of each.
    pub(super) fn parent(&mut self, path: &LayerPath, made: impl FnMut(LayerPath)) -> Result<&OwnedFd> {
        if self.last.as_ref().is_none_or(|(known, _)| known != path) {
            let folder = match self.folder(path) {
                Err(Errno::NOENT | Errno::NOTDIR) => self.make(path, made)?,
                folder => folder?,
            };
            self.last = Some((path.clone(), folder));
        }
        let (_, folder) = self.last.as_ref().expect("it was set just above");
        Ok(folder)
    }

    /// Goes down part by part. A whiteout on the way becomes a folder that hides what it hid.
    fn make(&self, path: &LayerPath, mut made: impl FnMut(LayerPath)) -> Result<OwnedFd> {
        let mut above = LayerPath::default();
        let mut folder = self.folder(&above)?;
        for part in path.parts() {
            let here = above.child(part);
            folder = match self.folder(&here) {
                Err(Errno::NOENT | Errno::NOTDIR) => {
                    let name = OsStr::from_bytes(part);
                    if look(&folder, name).is_ok_and(|there| !is_whiteout(&there)) {
                        return Err(Errno::NOTDIR);
                    }
                    make_folder(&folder, name)?;
                    made(here.clone());
                    self.folder(&here)?
                }
                there => there?,
            };
            above = here;
        }
        Ok(folder)
    }
}

/// What is at a name, itself and not what it leads to.
pub(super) fn look(parent: &OwnedFd, name: &OsStr) -> Result<Stat> {
    rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// The folder at a name.
pub(super) fn open_folder(parent: &OwnedFd, name: &OsStr) -> Result<OwnedFd> {
    rustix::fs::openat(parent, name, FOLDER_FLAGS | OFlags::NOFOLLOW, Mode::empty())
}

/// Makes a folder in the place of whatever is there; a folder stays with all in it. Says whether something went for it.
pub(super) fn make_folder(parent: &OwnedFd, name: &OsStr) -> Result<bool> {
    let make = || rustix::fs::mkdirat(parent, name, OPEN_MODE);
    match make() {
        Err(Errno::EXIST) => {}
        made => return made.map(|()| false),
    }
    let there = look(parent, name)?;
    if FileType::from_raw_mode(there.st_mode) == FileType::Directory {
        return Ok(false);
    }
    clear(parent, name)?;
    make()?;
    if is_whiteout(&there) {
        make_opaque(open_folder(parent, name)?)?;
    }
    Ok(true)
}

/// Removes what is at a name, with all in it.
pub(super) fn clear(parent: &OwnedFd, name: &OsStr) -> Result<()> {
    crate::tree::merge::clear(parent, Path::new(name))
}

/// Hides what lower layers have at a name.
pub(super) fn make_whiteout(parent: &OwnedFd, name: &OsStr) -> Result<()> {
    rustix::fs::mknodat(parent, name, FileType::CharacterDevice, Mode::empty(), 0)
}

/// Hides what lower layers have in a folder: by the attribute that only the host's root may set, else by the other.
pub(super) fn make_opaque(folder: impl AsFd) -> Result<()> {
    let set = |name| rustix::fs::fsetxattr(&folder, name, b"y", XattrFlags::empty());
    match set(OPAQUE[0]) {
        Err(Errno::PERM) => set(OPAQUE[1]),
        done => done,
    }
}

fn is_whiteout(there: &Stat) -> bool {
    FileType::from_raw_mode(there.st_mode) == FileType::CharacterDevice && there.st_rdev == 0
}
