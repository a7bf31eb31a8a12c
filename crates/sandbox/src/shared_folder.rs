//! Folders of the host that sandboxes share and may write in, each as a user of its own choice. Opened so that no link
//! inside leads out; the folder itself is whoever's the host says.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, Gid, Mode, OFlags, RenameFlags, ResolveFlags, Uid};
use serde::{Deserialize, Serialize};

/// One such folder, as a sandbox sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedFolder {
    /// The outermost folder on the host.
    pub source: PathBuf,
    /// What is seen of it, from there: `/` or `/a/b`.
    pub root: String,
    /// The absolute path inside the sandbox.
    pub target: PathBuf,
    /// Who the sandbox's user is in there.
    pub user: User,
}

/// A user of files on the host's disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
    /// At most 16 other groups.
    pub groups: Vec<u32>,
}

/// How folders are made that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Creation {
    /// Whose they are.
    pub uid: u32,
    /// Their group.
    pub gid: u32,
    /// Permissions.
    pub mode: u32,
}

/// Counts the folders under way, so that two of one moment have different names.
static MADE: AtomicU64 = AtomicU64::new(0);

/// Sees to it that the root of a shared folder is there.
///
/// # Errors
/// `NotFound` where it is not there and may not be made; any other as the system says it.
pub fn prepare(source: &Path, root: &str, creation: Option<Creation>) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = rustix::fs::open(source, flags, Mode::empty())?;
    for name in root.split('/').filter(|name| !name.is_empty()) {
        at = match (beneath(&at, name, flags), creation) {
            (Err(error), Some(creation)) if error.kind() == io::ErrorKind::NotFound => {
                make(&at, name, creation)?;
                beneath(&at, name, flags)?
            }
            (opened, _) => opened?,
        };
    }
    Ok(())
}

/// Opens what is seen of a shared folder.
pub(crate) fn open(folder: &SharedFolder) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let outer = rustix::fs::openat(CWD, &folder.source, flags, Mode::empty())?;
    match folder.root.trim_matches('/') {
        "" => Ok(outer),
        root => beneath(&outer, root, flags),
    }
}

/// Opens a folder below another; no link is followed, wherever it leads.
fn beneath(at: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    Ok(rustix::fs::openat2(at, path, flags, Mode::empty(), resolve)?)
}

/// Makes a folder that appears with its owner and permissions; one that appeared meanwhile is as good.
fn make(at: &OwnedFd, name: &str, creation: Creation) -> io::Result<()> {
    let draft = format!(".lambent-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    rustix::fs::mkdirat(at, &draft, Mode::from_raw_mode(0o700))?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let furnished = beneath(at, &draft, flags).and_then(|folder| {
        let owner = (Some(Uid::from_raw(creation.uid)), Some(Gid::from_raw(creation.gid)));
        rustix::fs::fchown(&folder, owner.0, owner.1)?;
        rustix::fs::fchmod(&folder, Mode::from_raw_mode(creation.mode))?;
        Ok(rustix::fs::renameat_with(at, &draft, at, name, RenameFlags::NOREPLACE)?)
    });
    match furnished {
        Ok(()) => Ok(()),
        Err(error) => {
            // Empty and ours: nothing is lost, and a failure to remove it is the smaller one.
            let _ = rustix::fs::unlinkat(at, &draft, rustix::fs::AtFlags::REMOVEDIR);
            if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;

    fn mine() -> Creation {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        Creation { uid: uid.as_raw(), gid: gid.as_raw(), mode: 0o751 }
    }

    #[test]
    fn a_root_is_made_once_and_only_where_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let missing = prepare(folder.path(), "/a/b", None).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        prepare(folder.path(), "/a/b", Some(mine())).unwrap();
        prepare(folder.path(), "/a/b", Some(Creation { mode: 0o700, ..mine() })).unwrap();
        for made in ["a", "a/b"] {
            assert_eq!(folder.path().join(made).metadata().unwrap().mode() & 0o7777, 0o751);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn no_link_leads_out() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(outside.path(), folder.path().join("out")).unwrap();
        assert!(prepare(folder.path(), "/out", None).is_err());
        assert!(prepare(folder.path(), "/out/x", Some(mine())).is_err());
        assert!(prepare(folder.path(), "/../x", Some(mine())).is_err());
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
