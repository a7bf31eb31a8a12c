//! Trees are made once, seen whole or not at all, and go only when nobody needs them.

mod merged;

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

fn zip_of(name: &str, content: &[u8]) -> Bytes {
    let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default()).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner().into()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Nothing half-made and nothing thrown away.
fn assert_tidy(root: &Path) {
    assert_eq!(names(&root.join("staging")), [""; 0]);
    assert_eq!(names(&root.join("trash")), [""; 0]);
}

fn inode(tree: &Tree) -> u64 {
    tree.path().metadata().unwrap().ino()
}

#[tokio::test]
async fn a_tree_is_the_zip_unpacked() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let zip = zip_of("a/b.py", b"x = 1");
    let tree = trees.unpack(zip.clone()).await.unwrap();
    assert_eq!(tree.digest(), Digest::of(&zip));
    assert_eq!(tree.unzipped_bytes(), 5);
    assert_eq!(fs::read(tree.path().join("a/b.py")).unwrap(), b"x = 1");
    assert_eq!(names(tree.path()), ["a"]);
    assert_eq!(tree.path().metadata().unwrap().mode() & 0o7777, 0o755);
    assert_tidy(root.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_callers_at_once_one_unpacks() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let zip = zip_of("big", &vec![7; 3 << 20]);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (trees, zip) = (trees.clone(), zip.clone());
        callers.spawn(async move { trees.unpack(zip).await.unwrap() });
    }
    let got = callers.join_all().await;
    assert!(got.iter().all(|tree| Arc::ptr_eq(&tree.0, &got[0].0)));
    // A second unpacking would have thrown the first one away.
    assert_tidy(root.path());
    assert!(trees.0.known().gates.is_empty());
}

#[tokio::test]
async fn many_packages_wait_for_few_slots() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..UNPACKS_AT_ONCE_MAX * 5 {
        let trees = trees.clone();
        callers.spawn(async move { trees.unpack(zip_of("n", n.to_string().as_bytes())).await.unwrap() });
    }
    let digests: BTreeSet<_> = callers.join_all().await.iter().map(Tree::digest).collect();
    assert_eq!(digests.len(), UNPACKS_AT_ONCE_MAX * 5);
}

#[tokio::test]
async fn a_bad_zip_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let mut zip = zip_of("a", &[1; 5000]).to_vec();
    zip[40] ^= 0xFF;
    for _ in 0..2 {
        let error = trees.unpack(zip.clone().into()).await.unwrap_err();
        assert!(matches!(error, PackageError::Entry { .. }), "{error:?}");
        assert_tidy(root.path());
        assert_eq!(trees.0.shelf.digests().unwrap(), []);
        assert_eq!(trees.get(&Digest::of(&zip)).map(|tree| tree.digest()), None);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_tree_or_none() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let zip = zip_of("big", &vec![7; 20 << 20]);
    for polls in 0..6 {
        let mut gone = Box::pin(trees.unpack(zip.clone()));
        for _ in 0..polls {
            if poll_once(&mut gone).await {
                break;
            }
        }
        drop(gone);
        let tree = trees.unpack(zip.clone()).await.unwrap();
        assert_eq!(tree.path().join("big").metadata().unwrap().len(), 20 << 20);
        drop(tree);
        trees.collect(BTreeSet::new()).await.unwrap();
    }
    assert_tidy(root.path());
    // What the last abandoned caller held is given back by then or soon after: wait for its turn.
    drop(Turn::at(&trees.0, Digest::of(&zip)).await);
    assert!(trees.0.known().gates.is_empty());
}

/// Polls once, lets other tasks run once, and says whether it is done.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> bool {
    let done = std::future::poll_fn(|cx| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_ready())
    });
    let done = done.await;
    tokio::task::yield_now().await;
    done
}

#[tokio::test]
async fn a_tree_outlives_the_server() {
    let root = tempfile::tempdir().unwrap();
    let zip = zip_of("a", b"x");
    let before = inode(&Trees::open(root.path()).unwrap().unpack(zip.clone()).await.unwrap());
    let trees = Trees::open(root.path()).unwrap();
    let found = trees.get(&Digest::of(&zip)).unwrap();
    assert_eq!((inode(&found), found.unzipped_bytes()), (before, 1));
    assert_eq!(inode(&trees.unpack(zip).await.unwrap()), before);
}

#[tokio::test]
async fn what_a_crash_leaves_is_never_a_tree() {
    let root = tempfile::tempdir().unwrap();
    let zip = zip_of("a", b"x");
    let digest = Digest::of(&zip);
    {
        let trees = Trees::open(root.path()).unwrap();
        // Killed while unpacking, and while collecting.
        let staged = trees.0.shelf.stage().unwrap();
        fs::write(staged.files().join("a"), "half").unwrap();
        std::mem::forget(staged);
        trees.unpack(zip.clone()).await.unwrap();
        trees.0.shelf.discard(digest).unwrap();
    }
    let trees = Trees::open(root.path()).unwrap();
    assert!(trees.get(&digest).is_none());
    assert_eq!(names(&root.path().join("staging")), [""; 0]);
    trees.sweep().await.unwrap();
    assert_tidy(root.path());
}

#[tokio::test]
async fn trees_of_another_boot_are_dropped() {
    let root = tempfile::tempdir().unwrap();
    let digest = Digest::of(b"zip");
    for boot in [Some("first".to_owned()), Some("second".to_owned()), None, None] {
        let shelf = Shelf::open(root.path().to_owned(), boot.clone()).unwrap();
        assert_eq!(shelf.find(digest), None, "{boot:?}");
        shelf.publish(shelf.stage().unwrap(), digest, 3).unwrap();
        assert_eq!(shelf.find(digest), Some(3));
    }
    let shelf = Shelf::open(root.path().to_owned(), Some("third".to_owned())).unwrap();
    shelf.empty_trash().unwrap();
    assert_eq!(names(&root.path().join("whole")), ["third"]);
    assert_tidy(root.path());
}

#[tokio::test]
async fn only_unused_and_unwanted_trees_are_collected() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let used = trees.unpack(zip_of("used", b"1")).await.unwrap();
    let kept = trees.unpack(zip_of("kept", b"22")).await.unwrap().digest();
    let unused = trees.unpack(zip_of("unused", b"333")).await.unwrap().digest();
    let collected = trees.collect(BTreeSet::from([kept])).await.unwrap();
    assert_eq!(collected, Collected { trees: 1, unzipped_bytes: 3 });
    assert!(trees.get(&unused).is_none());
    assert!(trees.get(&kept).is_some());
    assert_eq!(fs::read(used.path().join("used")).unwrap(), b"1");
    assert_tidy(root.path());
    drop(used);
    assert_eq!(trees.collect(BTreeSet::from([kept])).await.unwrap().trees, 1);
    // What was collected can be had again.
    assert_eq!(trees.unpack(zip_of("unused", b"333")).await.unwrap().digest(), unused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn collecting_never_takes_a_tree_from_its_holder() {
    let root = tempfile::tempdir().unwrap();
    let trees = Trees::open(root.path()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..6_usize {
        let trees = trees.clone();
        tasks.spawn(async move {
            for round in 0..40 {
                if task < 2 {
                    trees.collect(BTreeSet::new()).await.unwrap();
                    trees.sweep().await.unwrap();
                    continue;
                }
                let tree =
                    trees.unpack(zip_of("f", &[u8::try_from((task + round) % 3).unwrap()])).await.unwrap();
                assert_eq!(fs::read(tree.path().join("f")).unwrap().len(), 1);
            }
        });
    }
    tasks.join_all().await;
    trees.collect(BTreeSet::new()).await.unwrap();
    assert_eq!(trees.0.shelf.digests().unwrap(), []);
    assert_tidy(root.path());
}

/// A file system of one mebibyte, gone when dropped.
struct SmallDisk(tempfile::TempDir);

#[expect(clippy::disallowed_methods, reason = "mount and umount, waited for at once")]
impl SmallDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(mount.status.success(), "this test needs root to mount: {mount:?}");
        Self(folder)
    }
}

#[expect(clippy::disallowed_methods, reason = "mount and umount, waited for at once")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let umount = std::process::Command::new("umount").arg(self.0.path()).output().unwrap();
        assert!(umount.status.success(), "{umount:?}");
    }
}

#[tokio::test]
async fn a_full_disk_is_the_servers_fault_and_leaves_nothing() {
    let disk = SmallDisk::new();
    let trees = Trees::open(disk.0.path()).unwrap();
    let error = trees.unpack(zip_of("big", &vec![0; 2 << 20])).await.unwrap_err();
    assert!(matches!(error, PackageError::DiskFull), "{error:?}");
    assert_eq!(error.aws_message(), None);
    assert_tidy(disk.0.path());
    assert_eq!(trees.0.shelf.digests().unwrap(), []);
    // And goes on when there is room.
    trees.unpack(zip_of("small", b"fits")).await.unwrap();
}

#[test]
fn uploads_have_a_limit_of_their_own() {
    use crate::package::check_upload;
    use lambent_core::limits::ZIP_UPLOAD_MAX_BYTES;
    let limit = usize::try_from(ZIP_UPLOAD_MAX_BYTES).unwrap();
    assert!(matches!(check_upload(b""), Err(PackageError::Empty)));
    check_upload(&vec![0; limit]).unwrap();
    let error = check_upload(&vec![0; limit + 1]).unwrap_err();
    assert_eq!(error.aws_message().as_deref(), Some("Zipped size must be smaller than 52428800 bytes"));
}
