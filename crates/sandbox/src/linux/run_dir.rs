//! The folder of one server: its lock, and the list of cgroups it made, for the next server to clear up after a crash.
//!
//! Never removes anything without holding the lock, so a live server loses nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// The lock on a folder and what is written there.
#[derive(Debug)]
pub(super) struct RunDir {
    list: PathBuf,
    /// Held as long as this value lives.
    _lock: File,
}

impl RunDir {
    /// Takes the folder for this server.
    ///
    /// # Errors
    /// `ResourceBusy` with the folder's name if another server has it.
    pub(super) fn take(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
            let words = format!("{} is in use by another server", folder.display());
            io::Error::new(io::ErrorKind::ResourceBusy, words)
        })?;
        Ok(Self { list: folder.join("cgroups"), _lock: lock })
    }

    /// The cgroup folders an earlier server made and did not remove.
    pub(super) fn leftovers(&self) -> Vec<PathBuf> {
        let list = fs::read_to_string(&self.list).unwrap_or_default();
        // A line cut short by a crash names nothing of ours: every folder made is called lambent-.
        let ours = |path: &PathBuf| {
            path.is_absolute()
                && path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("lambent-"))
        };
        list.lines().map(PathBuf::from).filter(ours).collect()
    }

    /// Writes down a cgroup folder that has been made.
    pub(super) fn remember(&self, folder: &Path) -> io::Result<()> {
        let mut list = File::options().create(true).append(true).open(&self.list)?;
        writeln!(list, "{}", folder.display())
    }

    /// Empties the list: nothing is left.
    pub(super) fn forget(&self) -> io::Result<()> {
        match fs::remove_file(&self.list) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_server_and_its_list_outlives_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunDir::take(folder.path()).unwrap();
        assert_eq!(RunDir::take(folder.path()).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        first.remember(Path::new("/sys/fs/cgroup/lambent-1-2")).unwrap();
        first.remember(Path::new("/home")).unwrap();
        drop(first);
        let second = RunDir::take(folder.path()).unwrap();
        assert_eq!(second.leftovers(), [PathBuf::from("/sys/fs/cgroup/lambent-1-2")]);
        second.forget().unwrap();
        assert!(second.leftovers().is_empty());
    }
}
