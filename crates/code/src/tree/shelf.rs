//! Where trees lie on disk: `whole/<boot>/<digest>/{files/, size}`, made in `staging/`, dying in `trash/`.
//!
//! Invariant: only a rename puts a tree under `whole/` or takes it away, so a crash of the server never shows
//! half of one. Nothing is fsynced, which would cost more than unpacking: the page cache outlives the server
//! but not the machine, so trees live under the id of the boot that wrote them and die with it.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::Digest;

/// The id of this boot of the machine, `None` where `/proc` doesn't tell.
pub(super) fn boot_id() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = id.trim();
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    plain.then(|| id.to_owned())
}

#[derive(Debug)]
pub(super) struct Shelf {
    whole: PathBuf,
    staging: PathBuf,
    trash: PathBuf,
    emptying: Mutex<()>,
}

impl Shelf {
    /// Opens `root` for the boot `boot`; without one, every tree found is taken for a leftover.
    pub(super) fn open(root: PathBuf, boot: Option<String>) -> io::Result<Self> {
        let boots = root.join("whole");
        let unknown = boot.is_none();
        let shelf = Self {
            whole: boots.join(boot.unwrap_or_else(|| "unknown".to_owned())),
            staging: root.join("staging"),
            trash: root.join("trash"),
            emptying: Mutex::new(()),
        };
        for folder in [&boots, &shelf.staging, &shelf.trash] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        for leftover in children(&boots)?.into_iter().filter(|path| unknown || *path != shelf.whole) {
            shelf.throw_away(&leftover)?;
        }
        for leftover in children(&shelf.staging)? {
            shelf.throw_away(&leftover)?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&shelf.whole)?;
        Ok(shelf)
    }

    /// The folder of a tree's files, whether it is there or not.
    pub(super) fn files_of(&self, digest: Digest) -> PathBuf {
        self.tree(digest).join("files")
    }

    /// The unzipped size of a tree that is there.
    pub(super) fn find(&self, digest: Digest) -> Option<u64> {
        fs::read_to_string(self.tree(digest).join("size")).ok()?.parse().ok()
    }

    /// Every tree there is.
    pub(super) fn digests(&self) -> io::Result<Vec<Digest>> {
        let names = children(&self.whole)?;
        Ok(names.iter().filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect())
    }

    /// A place to unpack into, gone when dropped unless published.
    pub(super) fn stage(&self) -> io::Result<Staged> {
        let folder = Staged(unique_folder(&self.staging)?);
        fs::create_dir(folder.files())?;
        fs::set_permissions(folder.files(), Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    /// Makes a staged tree visible, whole.
    pub(super) fn publish(&self, staged: Staged, digest: Digest, unzipped_bytes: u64) -> io::Result<()> {
        fs::write(staged.0.join("size"), unzipped_bytes.to_string())?;
        let place = self.tree(digest);
        // Something without a readable size is in the way: nobody can have got it from `find`.
        if place.symlink_metadata().is_ok() {
            self.throw_away(&place)?;
        }
        // After the rename the guard finds nothing under its old name.
        fs::rename(&staged.0, place)
    }

    /// Takes a tree out of sight.
    pub(super) fn discard(&self, digest: Digest) -> io::Result<()> {
        self.throw_away(&self.tree(digest))
    }

    /// Deletes what was taken out of sight.
    pub(super) fn empty_trash(&self) -> io::Result<()> {
        // Two that delete the same folder would fail each other.
        let _alone = self.emptying.lock().unwrap_or_else(PoisonError::into_inner);
        children(&self.trash)?.iter().try_for_each(|path| remove(path))
    }

    fn tree(&self, digest: Digest) -> PathBuf {
        self.whole.join(digest.to_string())
    }

    fn throw_away(&self, path: &Path) -> io::Result<()> {
        let renamed = tempfile::Builder::new()
            .prefix("")
            .rand_bytes(12)
            .make_in(&self.trash, |to| fs::rename(path, to));
        renamed?.into_temp_path().keep()?;
        Ok(())
    }
}

/// A tree in the making.
#[derive(Debug)]
pub(super) struct Staged(PathBuf);

impl Staged {
    /// The folder to fill.
    pub(super) fn files(&self) -> PathBuf {
        self.0.join("files")
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            // The next open takes it out of sight, the next sweep deletes it.
            tracing::warn!(path = %self.0.display(), %error, "half-unpacked zip not removed");
        }
    }
}

fn unique_folder(parent: &Path) -> io::Result<PathBuf> {
    Ok(tempfile::Builder::new().prefix("").rand_bytes(12).tempdir_in(parent)?.keep())
}

fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

/// Removes a file or a folder with all in it; nothing there is fine.
fn remove(path: &Path) -> io::Result<()> {
    match remove_once(path) {
        // Not root, and the zip had a folder without write permission.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            remove_once(path)
        }
        result => result,
    }
}

fn remove_once(path: &Path) -> io::Result<()> {
    let result = match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    if !folder.symlink_metadata()?.is_dir() {
        return Ok(());
    }
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    children(folder)?.iter().try_for_each(|child| open_up(child))
}
