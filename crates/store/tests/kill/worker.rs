//! The process that is killed: writes without end and says what was acknowledged.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use lambent_store::blobs::Blobs;
use lambent_store::{Expect, Key, SqliteOptions, Store, Transaction};
use tokio::task::JoinSet;

use super::still_clock::StillClock;
use super::{COUNTERS, ENTRIES, Entry, WINDOW, WRITERS, blob_of, number_text};

pub(super) async fn run(folder: &Path) {
    let store = Store::sqlite(SqliteOptions::new(folder)).await.unwrap();
    let blobs = Blobs::local(&folder.join("blobs"), Arc::new(StillClock::at(0))).unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(store.clone(), blobs.clone(), writer));
    }
    writers.join_all().await;
}

async fn write(store: Store, blobs: Blobs, writer: usize) {
    let key = Key::of([writer.to_string()]);
    let counter = store.get(&COUNTERS, &key).await.unwrap();
    let (mut number, mut expect) = match counter {
        Some(record) => (record.value, Expect::Revision(record.revision)),
        None => (0, Expect::Absent),
    };
    loop {
        number += 1;
        let blob = blobs.put(Bytes::from(blob_of(writer, number))).await.unwrap();
        let mut transaction = Transaction::new()
            .put(&ENTRIES, entry_key(writer, number), &Entry { number, blob }, Expect::Absent)
            .put(&COUNTERS, key.clone(), &number, expect);
        if number > WINDOW {
            transaction = transaction.delete(&ENTRIES, entry_key(writer, number - WINDOW), Expect::Present);
        }
        let commit = store.write(transaction).await.unwrap();
        expect = Expect::Revision(commit.revision());
        say(&format!("ack {writer} {number} {} .\n", commit.sequence));
    }
}

pub(super) fn entry_key(writer: usize, number: u64) -> Key {
    Key::of([writer.to_string(), number_text(number)])
}

/// One system call a line, so that what was said before a kill is said.
fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    output.write_all(line.as_bytes()).unwrap();
    output.flush().unwrap();
}
