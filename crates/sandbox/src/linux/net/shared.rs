//! The folder where servers of one host see each other's networks. Never one per data folder, unless there is no other.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Where servers of this host see each other.
const SHARED: &str = "/run/lambent";

/// A file for locks, one for each network namespace: another has addresses and interfaces of its own.
pub(super) fn open(run_dir: &Path, name: &str) -> io::Result<File> {
    let namespace = std::fs::metadata("/proc/thread-self/ns/net")?.ino();
    let file = format!("{name}-{namespace}");
    open_in(Path::new(SHARED), &file).or_else(|_| open_in(run_dir, &file))
}

fn open_in(folder: &Path, file: &str) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(folder.join(file))
}
