//! A full disk and a read-only one: nothing half done, nothing acknowledged that is not there, and the store
//! goes on when there is space again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in what its tests call too")]
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod still_clock;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use lambent_store::blobs::Blobs;
use lambent_store::{
    BlobError, Expect, Key, Prefix, SqliteOptions, Store, StoreError, Table, Transaction, WriteError,
};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use still_clock::StillClock;

const THINGS: Table<String> = Table::new("things");
const VALUE_BYTES: usize = 20_000;

fn name(number: usize) -> Key {
    Key::of([format!("{number:06}")])
}

/// Two records that belong together.
fn pair(number: usize) -> Transaction {
    let value = "x".repeat(VALUE_BYTES);
    [number * 2, number * 2 + 1]
        .into_iter()
        .fold(Transaction::new(), |tx, number| tx.put(&THINGS, name(number), &value, Expect::Absent))
}

/// Writes pairs until there is no room, and says how many were acknowledged before.
async fn fill(store: &Store) -> usize {
    for number in 0.. {
        match store.write(pair(number)).await {
            Ok(_) => {}
            Err(WriteError::Store(StoreError::Full)) => return number,
            Err(other) => panic!("{other:?}"),
        }
    }
    unreachable!("a disk is not endless")
}

async fn count(store: &Store) -> usize {
    store.list(&THINGS, &Prefix::all(), None, 1000).await.unwrap().len()
}

#[tokio::test]
async fn a_database_at_its_largest_refuses_whole_transactions_and_takes_them_again_after_deletes() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { pages_max: Some(500), ..SqliteOptions::new(folder.path()) };
    let store = Store::sqlite(options).await.unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&told);
    store.watch(&THINGS, move |_| {
        counter.fetch_add(1, Ordering::AcqRel);
    });
    let pairs = fill(&store).await;
    assert!(pairs > 10, "{pairs}");
    assert_eq!((count(&store).await, told.load(Ordering::Acquire)), (pairs * 2, pairs * 2));
    assert_eq!(store.last().await.unwrap().0, pairs as u64);
    // A small one may still fit or not; it must not be half there.
    let room = (0..4).fold(Transaction::new(), |tx, n| tx.delete(&THINGS, name(n), Expect::Present));
    store.write(room).await.unwrap();
    let commit = store.write(pair(pairs)).await.unwrap();
    assert_eq!(commit.sequence.0, pairs as u64 + 2);
    assert_eq!(count(&store).await, pairs * 2 - 2);
    store.close().await;
}

/// Runs `test` on a tmpfs of its own, in a mount namespace that ends with its thread. Where that needs
/// rights this process lacks, it says so and the page limit above stands alone.
fn on_small_disk(test: impl AsyncFnOnce(&Path) + Send) {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        if let Err(error) = unshare(CloneFlags::CLONE_NEWNS) {
            eprintln!("skipped: no mount namespace of its own ({error})");
            return;
        }
        let nothing: Option<&str> = None;
        mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing).unwrap();
        mount(Some("tmpfs"), folder.path(), Some("tmpfs"), MsFlags::empty(), Some("size=4m")).unwrap();
        // Threads of this runtime are made by this thread, so they see the mount.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(test(folder.path()));
    };
    std::thread::scope(|scope| scope.spawn(run).join().unwrap());
}

#[test]
fn a_full_disk_refuses_writes_and_the_store_goes_on_when_there_is_space() {
    on_small_disk(async |disk| {
        let ballast = disk.join("ballast");
        fs::write(&ballast, vec![1; 1_500_000]).unwrap();
        let store = Store::sqlite(SqliteOptions::new(disk.join("data"))).await.unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        store.watch(&THINGS, move |change| sink.lock().unwrap().push(change.key.clone()));
        let pairs = fill(&store).await;
        assert!(pairs > 5, "{pairs}");
        for _ in 0..3 {
            let again = store.write(pair(pairs)).await;
            assert!(matches!(again, Err(WriteError::Store(StoreError::Full))), "{again:?}");
        }
        let expected: Vec<Key> = (0..pairs * 2).map(name).collect();
        assert_eq!(*told.lock().unwrap(), expected, "observers see exactly what was acknowledged");
        assert_eq!(count(&store).await, pairs * 2);
        fs::remove_file(&ballast).unwrap();
        store.write(pair(pairs)).await.unwrap();
        store.close().await;
        let store = Store::sqlite(SqliteOptions::new(disk.join("data"))).await.unwrap();
        assert_eq!(count(&store).await, pairs * 2 + 2);
        store.close().await;
    });
}

#[test]
fn a_full_disk_takes_no_part_of_a_blob() {
    on_small_disk(async |disk| {
        let ballast = disk.join("ballast");
        fs::write(&ballast, vec![1; 3_500_000]).unwrap();
        let blobs = Blobs::local(&disk.join("blobs"), Arc::new(StillClock::at(0))).unwrap();
        let bytes = Bytes::from(vec![2; 1_000_000]);
        let outcome = blobs.put(bytes.clone()).await;
        assert!(matches!(outcome, Err(BlobError::Full)), "{outcome:?}");
        assert!(blobs.list().await.unwrap().is_empty());
        fs::remove_file(&ballast).unwrap();
        let digest = blobs.put(bytes.clone()).await.unwrap();
        assert_eq!(blobs.get(digest).await.unwrap(), bytes);
    });
}

#[test]
fn a_disk_that_is_full_at_the_start_or_read_only_is_named() {
    on_small_disk(async |disk| {
        let _ = fs::write(disk.join("ballast"), vec![1; 8_000_000]);
        let outcome = Store::sqlite(SqliteOptions::new(disk.join("data"))).await;
        assert!(matches!(outcome, Err(StoreError::Full)), "{outcome:?}");
        fs::remove_file(disk.join("ballast")).unwrap();
        Store::sqlite(SqliteOptions::new(disk.join("data"))).await.unwrap().close().await;
        let nothing: Option<&str> = None;
        mount(nothing, disk, nothing, MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY, nothing).unwrap();
        let outcome = Store::sqlite(SqliteOptions::new(disk.join("data"))).await;
        assert!(matches!(outcome, Err(StoreError::ReadOnly)), "{outcome:?}");
    });
}
