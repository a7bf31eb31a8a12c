//! Prints how long a store takes to open, and how many durable writes and reads a second it does for some
//! numbers of clients. Never a test: numbers depend on the disk.
//!
//! `cargo run --release -p lambent-store --example write_rate -- FOLDER`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use lambent_core::time::{RealClock, Timestamp};
use lambent_store::blobs::Blobs;
use lambent_store::{Expect, Key, SqliteOptions, Store, Table, Transaction};
use tokio::task::JoinSet;

const EVENTS: Table<String> = Table::new("events");
const SPAN: Duration = Duration::from_secs(2);

/// What each turn does.
#[derive(Debug, Clone, Copy)]
enum Load {
    Record { bytes: usize },
    RecordAndBlob { bytes: usize },
    Read,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "printing is what this example does")]
async fn main() {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder).expect("the folder can be written");
    let store = open(folder.path()).await;
    let blobs =
        Blobs::local(&folder.path().join("blobs"), Arc::new(WallClock)).expect("a fresh folder opens");
    println!("{:<36} {:>8} {:>12}", "load", "clients", "a second");
    for load in [
        Load::Record { bytes: 200 },
        Load::Record { bytes: 2000 },
        Load::RecordAndBlob { bytes: 1024 },
        Load::Read,
    ] {
        for clients in [1, 32, 128] {
            let rate = measure(&store, &blobs, load, clients).await;
            println!("{:<36} {clients:>8} {rate:>12.0}", format!("{load:?}"));
        }
    }
    store.close().await;
    show_size(folder.path());
    open(folder.path()).await.close().await;
}

#[expect(clippy::print_stdout, reason = "printing is what this example does")]
#[expect(clippy::disallowed_methods, reason = "it measures real time, and nothing it does depends on it")]
async fn open(folder: &Path) -> Store {
    let begin = Instant::now();
    let store = Store::sqlite(SqliteOptions::new(folder)).await.expect("the folder is this example's own");
    println!("open: {:?}", begin.elapsed());
    store
}

#[expect(clippy::disallowed_methods, reason = "it measures real time, and nothing it does depends on it")]
async fn measure(store: &Store, blobs: &Blobs, load: Load, clients: usize) -> f64 {
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        let (store, blobs) = (store.clone(), blobs.clone());
        tasks.spawn(async move {
            let mut writes = 0_u32;
            while begin.elapsed() < SPAN {
                write(&store, &blobs, load, &format!("{load:?} {clients} {client} {writes}")).await;
                writes += 1;
            }
            writes
        });
    }
    let writes: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(writes) / begin.elapsed().as_secs_f64()
}

async fn write(store: &Store, blobs: &Blobs, load: Load, name: &str) {
    let value = match load {
        Load::Read => {
            let key = Key::of(["Record { bytes: 2000 } 1 0 0"]);
            let found = store.get(&EVENTS, &key).await.expect("the store is whole");
            assert!(found.is_some(), "the load before wrote it");
            return;
        }
        Load::Record { bytes } => "x".repeat(bytes),
        Load::RecordAndBlob { bytes } => {
            let bytes = name.repeat(bytes / name.len() + 1);
            blobs.put(Bytes::from(bytes)).await.expect("the disk has room").to_string()
        }
    };
    let put = Transaction::new().put(&EVENTS, Key::of([name]), &value, Expect::Absent);
    store.write(put).await.expect("the disk has room");
}

#[expect(clippy::print_stdout, reason = "printing is what this example does")]
fn show_size(folder: &Path) {
    let size = std::fs::metadata(folder.join("lambent.sqlite")).map_or(0, |file| file.len());
    println!("database: {} KiB", size / 1024);
}

#[derive(Debug)]
struct WallClock;

impl RealClock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "an example has no server to take a clock from")]
    fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}
