//! Finds what unfinished puts left in a folder of blobs. Never touches a finished blob.

use std::path::Path;
use std::time::UNIX_EPOCH;
use std::{fs, io};

use lambent_core::time::Timestamp;

/// Removes unfinished files one level below `root` whose time of writing is `old`.
///
/// `object_store` writes `NAME#N` beside a blob and renames it when it is flushed; a killed process leaves it.
pub(crate) fn sweep(root: &Path, old: impl Fn(Timestamp) -> bool) -> io::Result<()> {
    let folders = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folders => folders?,
    };
    for folder in folders {
        for file in fs::read_dir(folder?.path())? {
            let file = file?;
            let unfinished = file.file_name().to_string_lossy().contains('#');
            if unfinished && old(written(&file.metadata()?)) {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

fn written(metadata: &fs::Metadata) -> Timestamp {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let ms = since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    Timestamp::from_millis(ms)
}
