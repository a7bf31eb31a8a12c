//! How much a folder takes on disk. Never follows a link, never looks at more files than a limit.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use lambent_core::limits::EFS_MEASURED_FILES_MAX;

/// The size of a block as the system counts them.
const BLOCK_BYTES: u64 = 512;

/// The bytes on disk of everything in a folder; none of one that is not there.
pub(super) fn of(folder: &Path) -> io::Result<u64> {
    let (mut bytes, mut looked) = (0_u64, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            looked += 1;
            if looked > EFS_MEASURED_FILES_MAX {
                return Ok(bytes);
            }
            let entry = entry?;
            // Who is removed meanwhile has no size.
            let Ok(metadata) = entry.metadata() else { continue };
            bytes = bytes.saturating_add(metadata.blocks() * BLOCK_BYTES);
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_folders_counts_and_what_is_not_there_is_nothing() {
        let folder = std::env::temp_dir().join(format!("lambent-size-{}", std::process::id()));
        assert_eq!(of(&folder).unwrap(), 0);
        std::fs::create_dir_all(folder.join("a/b")).unwrap();
        std::fs::write(folder.join("a/b/c"), vec![1; 100_000]).unwrap();
        assert!(of(&folder).unwrap() >= 100_000);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
