//! Folders whose names last, for this user alone. Never removes one.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Makes the folder and its parents where they are missing, closed to other users, and makes its name durable.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if !path.is_dir() {
        parent.map_or(Ok(()), make)?;
        match DirBuilder::new().mode(0o700).create(path) {
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn other_users_cannot_look_into_a_new_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        make(&folder).unwrap();
        for made in [root.path().join("a"), folder] {
            assert_eq!(made.metadata().unwrap().mode() & 0o777, 0o700, "{made:?}");
        }
    }
}
