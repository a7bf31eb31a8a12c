//! The folder where servers of one host see each other's networks. Never one per data folder, unless there is no other.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where servers of this host see each other.
const SHARED: &str = "/run/lambent";

/// A file for locks.
pub(super) fn open(run_dir: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    open_in(Path::new(SHARED), name).or_else(|_| open_in(run_dir, name))
}

/// A name of its own for each network namespace: every one has its own switches and interfaces.
pub(super) fn of_namespace(name: &str) -> io::Result<String> {
    Ok(format!("{name}-{}", std::fs::metadata("/proc/thread-self/ns/net")?.ino()))
}

fn open_in(folder: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    let path = folder.join(name);
    let mut options = File::options();
    let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(&path)?;
    Ok((file, path))
}
