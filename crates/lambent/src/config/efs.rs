//! `--efs-dir`: where the files of file systems are. Never makes a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use lambent_core::limits::EFS_CONNECTIONS_MAX;
use lambent_dispatch::efs::FileSystemOptions;

use super::absolute;

/// `DIR` for all file systems, once at most, and `fs-…=DIR` for one each.
pub(super) fn read(given: &[String], connections: Option<u32>, data_dir: &Path) -> Result<FileSystemOptions> {
    let (mut folder, mut own) = (None, BTreeMap::new());
    for text in given {
        match text.split_once('=') {
            Some((id, path)) if id.starts_with("fs-") => {
                ensure!(!path.is_empty(), "--efs-dir {text:?} names no folder");
                own.insert(id.to_owned(), absolute(PathBuf::from(path))?);
            }
            _ => {
                let path = absolute(PathBuf::from(text)).context("--efs-dir")?;
                ensure!(folder.replace(path).is_none(), "--efs-dir takes one folder for all file systems");
            }
        }
    }
    let connections_max = connections.unwrap_or(EFS_CONNECTIONS_MAX);
    ensure!(
        (1..=EFS_CONNECTIONS_MAX).contains(&connections_max),
        "--efs-connections takes 1 to {EFS_CONNECTIONS_MAX}"
    );
    let folder = folder.unwrap_or_else(|| data_dir.join("efs"));
    Ok(FileSystemOptions { folder, given: own, connections_max })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(given: &[&str]) -> Result<FileSystemOptions> {
        let given: Vec<String> = given.iter().map(ToString::to_string).collect();
        read(&given, None, Path::new("/data"))
    }

    #[test]
    fn one_folder_for_all_and_one_for_each() {
        let options = read_all(&["/shared", "fs-1=/one"]).unwrap();
        assert_eq!(options.folder, Path::new("/shared"));
        assert_eq!(options.given["fs-1"], Path::new("/one"));
        assert_eq!(read_all(&[]).unwrap().folder, Path::new("/data/efs"));
        assert!(read_all(&["/a", "/b"]).is_err() && read_all(&["fs-1="]).is_err());
        assert!(read(&[], Some(25_001), Path::new("/data")).is_err());
    }
}
