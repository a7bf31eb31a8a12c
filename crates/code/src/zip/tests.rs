//! Zips of every kind, honest and hostile, into a folder with a neighbour that must never change.

mod honest;
mod hostile;
mod mutated;
mod raw;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use lambent_core::limits::UNZIPPED_MAX_BYTES;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::unpack_limited;
use crate::package::{EntryFault, PackageError};

/// A folder to unpack into, inside one with a neighbour.
pub(super) struct Place {
    outer: tempfile::TempDir,
}

/// What lies in a tree: `path` to `file <mode> <content>`, `folder <mode>` or `link <target>`.
type Listing = BTreeMap<String, String>;

impl Place {
    pub(super) fn new() -> Self {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("neighbour"), "untouched").unwrap();
        fs::create_dir(outer.path().join("tree")).unwrap();
        Self { outer }
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.outer.path().join("tree")
    }

    fn neighbour(&self) -> PathBuf {
        self.outer.path().join("neighbour")
    }

    fn unpack(&self, zip: &[u8]) -> Result<u64, PackageError> {
        self.unpack_up_to(zip, UNZIPPED_MAX_BYTES)
    }

    /// Unpacks, and checks that nothing outside the tree changed, however it ended.
    fn unpack_up_to(&self, zip: &[u8], max_bytes: u64) -> Result<u64, PackageError> {
        let before = fs::metadata(self.neighbour()).unwrap();
        let result = unpack_limited(zip, &self.tree(), max_bytes);
        let mut names: Vec<_> =
            fs::read_dir(self.outer.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["neighbour", "tree"]);
        assert_eq!(fs::read(self.neighbour()).unwrap(), b"untouched");
        let after = fs::metadata(self.neighbour()).unwrap();
        assert_eq!((before.ino(), before.mode(), before.mtime()), (after.ino(), after.mode(), after.mtime()));
        result
    }

    fn listing(&self) -> Listing {
        let mut listing = Listing::new();
        list(&self.tree(), &self.tree(), &mut listing);
        listing
    }
}

fn list(root: &Path, folder: &Path, listing: &mut Listing) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        let mode = meta.permissions().mode() & 0o7777;
        let what = if meta.is_dir() {
            list(root, &path, listing);
            format!("folder {mode:o}")
        } else if meta.is_symlink() {
            format!("link {}", fs::read_link(&path).unwrap().display())
        } else {
            let content = fs::read(&path).unwrap();
            format!("file {mode:o} {}", String::from_utf8_lossy(&content[..content.len().min(40)]))
        };
        listing.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), what);
    }
}

fn listing<'a>(lines: impl IntoIterator<Item = (&'a str, &'a str)>) -> Listing {
    lines.into_iter().map(|(path, what)| (path.to_owned(), what.to_owned())).collect()
}

/// A zip of the `zip` crate with deflated files.
fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default().unix_permissions(0o644)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn check(zip: &[u8], expected: &[(&str, &str)]) {
    let place = Place::new();
    place.unpack(zip).unwrap();
    assert_eq!(place.listing(), listing(expected.iter().copied()));
}

fn check_fault(zip: &[u8], name: &str, expected: &EntryFault) {
    match Place::new().unpack(zip) {
        Err(PackageError::Entry { entry, fault }) => {
            assert_eq!((entry.as_str(), &fault), (name, expected));
        }
        other => panic!("expected {name} {expected}, got {other:?}"),
    }
}
