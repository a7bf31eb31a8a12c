//! Blobs over a folder and over another object store: kept, checked, collected.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in what its tests call too")]

mod still_clock;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use lambent_store::blobs::{Blobs, Collected};
use lambent_store::{BlobError, Digest};
use object_store::memory::InMemory;
use still_clock::StillClock;
use tempfile::TempDir;

const GRACE: Duration = Duration::from_secs(60);
const FAR: i64 = 4_102_444_800_000;

/// Both kinds of blobs; the folder goes when it is dropped.
fn both() -> (TempDir, [Blobs; 2], Arc<StillClock>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(StillClock::at(FAR));
    let local = Blobs::local(&folder.path().join("new/blobs"), Arc::clone(&clock) as _).unwrap();
    let remote = Blobs::remote(Arc::new(InMemory::new()), Arc::clone(&clock) as _);
    (folder, [local, remote], clock)
}

#[tokio::test]
async fn a_blob_reads_back_by_its_digest_until_it_is_deleted() {
    let (_folder, both, _) = both();
    for blobs in both {
        for bytes in [Bytes::new(), Bytes::from_static(b"x"), Bytes::from(vec![7; 3_000_000])] {
            let digest = blobs.put(bytes.clone()).await.unwrap();
            assert_eq!(digest, Digest::of(&bytes));
            assert_eq!(blobs.put(bytes.clone()).await.unwrap(), digest);
            assert_eq!(blobs.get(digest).await.unwrap(), bytes);
            assert!(blobs.contains(digest).await.unwrap());
            assert_eq!(blobs.list().await.unwrap(), [(digest, bytes.len() as u64)]);
            blobs.delete(digest).await.unwrap();
            blobs.delete(digest).await.unwrap();
            assert!(!blobs.contains(digest).await.unwrap());
            assert!(matches!(blobs.get(digest).await, Err(BlobError::NotFound { digest: d }) if d == digest));
        }
    }
}

#[tokio::test]
async fn a_path_is_the_blob_where_blobs_are_files() {
    let (_folder, [local, remote], _) = both();
    let digest = local.put(Bytes::from_static(b"code")).await.unwrap();
    assert_eq!(fs::read(local.path(digest).unwrap()).unwrap(), b"code");
    assert_eq!(remote.path(digest), None);
}

#[tokio::test]
async fn a_damaged_blob_is_not_given_out_and_heals_when_put_again() {
    let (_folder, [local, _], _) = both();
    let digest = local.put(Bytes::from_static(b"whole")).await.unwrap();
    fs::write(local.path(digest).unwrap(), b"whale").unwrap();
    let outcome = local.get(digest).await;
    assert!(matches!(outcome, Err(BlobError::Damaged { found, .. }) if found == Digest::of(b"whale")));
    local.put(Bytes::from_static(b"whole")).await.unwrap();
    assert_eq!(local.get(digest).await.unwrap(), "whole");
}

#[tokio::test]
async fn only_old_and_unnamed_blobs_are_collected() {
    let (_folder, [local, _], clock) = both();
    let [kept, old, young, again] = put_four(&local).await;
    for digest in [kept, old, again] {
        age(&local.path(digest).unwrap(), 1_000_000);
    }
    age(&local.path(young).unwrap(), 1_030_000);
    // Putting what is there already makes it young: its file now has the real time, far beyond the clock's.
    local.put(Bytes::from_static(b"again")).await.unwrap();
    clock.move_to(1_060_000);
    let keep = BTreeSet::from([kept]);
    assert_eq!(local.collect(&keep, GRACE).await.unwrap(), Collected::default(), "60 s are not yet over");
    clock.move_to(1_060_001);
    assert_eq!(local.collect(&keep, GRACE).await.unwrap(), Collected { blobs: 1, bytes: 3 });
    for (digest, there) in [(kept, true), (old, false), (young, true), (again, true)] {
        assert_eq!(local.contains(digest).await.unwrap(), there);
    }
}

async fn put_four(blobs: &Blobs) -> [Digest; 4] {
    let mut digests = Vec::new();
    for bytes in [&b"kept"[..], b"old", b"young", b"again"] {
        digests.push(blobs.put(Bytes::from_static(bytes)).await.unwrap());
    }
    digests.try_into().unwrap()
}

fn age(file: &Path, ms: u64) {
    let file = fs::File::options().write(true).open(file).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_millis(ms)).unwrap();
}

#[tokio::test]
async fn what_a_killed_put_left_is_no_blob_and_is_swept() {
    let (_folder, [local, _], _) = both();
    let digest = local.put(Bytes::from_static(b"done")).await.unwrap();
    let left = format!("{}#1", local.path(digest).unwrap().display());
    fs::write(&left, b"half").unwrap();
    assert_eq!(local.list().await.unwrap(), [(digest, 4)]);
    local.put(Bytes::from_static(b"done")).await.unwrap();
    assert_eq!(local.get(digest).await.unwrap(), "done");
    local.collect(&BTreeSet::from([digest]), GRACE).await.unwrap();
    assert!(!Path::new(&left).exists());
    assert!(local.contains(digest).await.unwrap());
}
