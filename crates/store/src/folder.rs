//! Folders whose names last. Never removes one.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Makes the folder and its parents where they are missing, and makes its name durable.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if !path.is_dir() {
        parent.map_or(Ok(()), make)?;
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match sync(parent.unwrap_or_else(|| Path::new("."))) {
        // A parent that may be passed but not read can't be flushed; whoever made it so made the folder too.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        outcome => outcome,
    }
}

/// Makes the names in the folder durable.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
