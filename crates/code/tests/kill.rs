//! A server killed at any moment leaves whole trees or none.

#![expect(clippy::disallowed_methods, reason = "starts the process it kills, and reaps it")]
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use lambent_code::{Digest, Tree, Trees};

mod packages;

const ROUNDS: usize = 50;
/// How often it is looked whether a tree was begun.
const LOOKS_MAX: usize = 100_000;

/// Killed and reaped when dropped.
struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Cargo builds examples beside the tests.
fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    deps.parent().unwrap().parent().unwrap().join("examples/unpack_forever")
}

fn start(folder: &Path) -> Victim {
    let child = Command::new(program()).arg(folder).env_clear().stdout(Stdio::piped()).spawn();
    Victim(child.expect("`cargo test` builds the example unpack_forever"))
}

fn assert_whole(tree: &Tree, package: u32) {
    for file in 0..packages::FILES {
        let path = tree.path().join(format!("d{}/{file}", file % 7));
        assert_eq!(fs::read_to_string(path).unwrap(), packages::content(package, file));
    }
}

#[tokio::test]
async fn fifty_kills_never_leave_half_a_tree() {
    let folder = tempfile::tempdir().unwrap();
    let digests: Vec<_> =
        (0..packages::COUNT).map(|number| Digest::of(&packages::package(number).unwrap())).collect();
    let (mut whole, mut cut_short) = (0, 0);
    for round in 0..ROUNDS {
        let mut victim = start(folder.path());
        let mut lines = BufReader::new(victim.0.stdout.take().unwrap()).lines();
        // Another number of trees each round, a whole cycle and its collection among them.
        for _ in 0..round % 11 {
            lines.next().unwrap().unwrap();
        }
        // Every second one in the middle of a tree, as far as it can be hit.
        let begun = || fs::read_dir(folder.path().join("staging")).map_or(0, Iterator::count);
        (0..LOOKS_MAX).take_while(|_| round % 2 == 1 && begun() == 0).for_each(drop);
        drop(victim);
        // Killed at once, it hasn't even made its folders.
        cut_short += begun();
        let trees = Trees::open(folder.path()).unwrap();
        for (package, digest) in (0..).zip(&digests) {
            if let Some(tree) = trees.get(digest) {
                assert_whole(&tree, package);
                whole += 1;
            }
        }
        trees.sweep().await.unwrap();
        for leftover in ["staging", "trash"] {
            assert_eq!(fs::read_dir(folder.path().join(leftover)).unwrap().count(), 0, "{leftover}");
        }
        // Every second round starts from nothing, so that there is always something to unpack.
        if round % 2 == 0 {
            trees.collect(std::collections::BTreeSet::new()).await.unwrap();
        }
    }
    assert!(whole > 0 && cut_short > 0, "{whole} whole trees, {cut_short} cut short: nothing was tested");
}
