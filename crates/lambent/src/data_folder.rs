//! The data folder: made, or found, for this user alone. Code and variables of functions are in it, so nobody else may
//! even list it. Never reads what is in it.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::process::geteuid;
use tracing::{info, warn};

/// All for the owner, nothing for anyone else.
const PRIVATE: u32 = 0o700;

/// Makes the folder where it is missing. Comes before the log: says nothing.
pub(crate) fn make(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE)
        .create(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))
}

/// Closes a folder of ours that was open to others.
pub(crate) fn close_to_others(folder: &Path) -> Result<()> {
    let fault = || format!("cannot close {} to other users", folder.display());
    let found = fs::metadata(folder).with_context(fault)?;
    if found.mode() & 0o077 == 0 {
        return Ok(());
    }
    if found.uid() != geteuid().as_raw() {
        warn!("{} belongs to another user, and others can look into it", folder.display());
        return Ok(());
    }
    fs::set_permissions(folder, Permissions::from_mode(PRIVATE)).with_context(fault)?;
    info!("{} was open to other users: now it is not", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_folder_is_for_its_owner_alone() {
        let root = tempfile::tempdir().unwrap();
        let fresh = root.path().join("parent/data");
        make(&fresh).unwrap();
        assert_eq!((mode(&fresh), mode(&root.path().join("parent"))), (0o700, 0o700));
        fs::set_permissions(&fresh, Permissions::from_mode(0o755)).unwrap();
        make(&fresh).unwrap();
        close_to_others(&fresh).unwrap();
        assert_eq!(mode(&fresh), 0o700);
    }
}
