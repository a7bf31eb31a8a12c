//! What the fuzzers found worth keeping, and the seeds they began with, each replayed as a plain test.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::{Path, PathBuf};

mod doors;

/// Runs every file of a corpus through its door.
fn replay(corpus: &str, door: impl Fn(&[u8])) {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(corpus);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    for file in files {
        door(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn layers() {
    replay("layer", doors::layer);
}

#[test]
fn zips() {
    replay("zip", doors::zip);
}

#[test]
fn manifests() {
    replay("manifest", doors::manifest);
}

#[test]
fn configurations() {
    replay("configuration", doors::configuration);
}
