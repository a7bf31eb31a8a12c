//! Looks at everything a killed worker left.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lambent_store::blobs::Blobs;
use lambent_store::{Digest, Key, Prefix, Sequence, SqliteOptions, Store};

use super::still_clock::StillClock;
use super::worker::entry_key;
use super::{Acknowledged, COUNTERS, ENTRIES, WINDOW, WRITERS, blob_of};

/// What was seen by the last look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The last commit.
    pub(super) sequence: u64,
    counters: [u64; WRITERS],
}

pub(super) async fn look(folder: &Path, acknowledged: &[Acknowledged], seen: &mut Seen) {
    let store = Store::sqlite(SqliteOptions::new(folder)).await.unwrap();
    let blobs = Blobs::local(&folder.join("blobs"), Arc::new(StillClock::at(i64::MAX))).unwrap();
    let mut named = BTreeSet::new();
    let mut commits = 0;
    for writer in 0..WRITERS {
        let own: Vec<_> = acknowledged.iter().filter(|one| one.writer == writer).collect();
        let counter = counter(&store, writer).await;
        let before = seen.counters[writer];
        // Acknowledged one after the other, without a gap, from where the last life ended; at most one more
        // was written whose acknowledgement died with the process.
        assert_eq!(
            own.iter().map(|one| one.number).collect::<Vec<_>>(),
            (before + 1..).take(own.len()).collect::<Vec<_>>()
        );
        let last = own.last().map_or(before, |one| one.number);
        assert!(
            counter == last || counter == last + 1,
            "writer {writer}: {last} acknowledged, {counter} kept"
        );
        named.extend(entries(&store, &blobs, writer, counter, &own).await);
        commits += counter - before;
        seen.counters[writer] = counter;
    }
    let last = store.last().await.unwrap().0;
    assert_eq!(last, seen.sequence + commits, "each commit has one number and each number one commit");
    assert_eq!(feed(&store, seen.sequence).await, (commits, last));
    seen.sequence = last;
    // A blob without a record is rubbish of a write that did not come to its commit; a named one stays.
    blobs.collect(&named, Duration::ZERO).await.unwrap();
    let left: BTreeSet<Digest> = blobs.list().await.unwrap().into_iter().map(|(digest, _)| digest).collect();
    assert_eq!(left, named);
    store.close().await;
}

async fn counter(store: &Store, writer: usize) -> u64 {
    store.get(&COUNTERS, &Key::of([writer.to_string()])).await.unwrap().map_or(0, |record| record.value)
}

/// Checks that exactly the last records of a writer are there, whole, with their blobs.
async fn entries(
    store: &Store,
    blobs: &Blobs,
    writer: usize,
    counter: u64,
    own: &[&Acknowledged],
) -> Vec<Digest> {
    let sequences: HashMap<u64, u64> = own.iter().map(|one| (one.number, one.sequence)).collect();
    let prefix = Prefix::under([writer.to_string()]);
    let records = store.list(&ENTRIES, &prefix, None, 1000).await.unwrap();
    let expected: Vec<Key> =
        (counter.saturating_sub(WINDOW) + 1..=counter).map(|number| entry_key(writer, number)).collect();
    assert_eq!(records.iter().map(|record| record.key.clone()).collect::<Vec<_>>(), expected);
    let mut named = Vec::new();
    for record in records {
        let number = record.value.number;
        assert_eq!(record.key, entry_key(writer, number));
        assert!(sequences.get(&number).is_none_or(|sequence| *sequence == record.revision.0));
        let bytes = blobs.get(record.value.blob).await.unwrap();
        assert_eq!(bytes, blob_of(writer, number));
        named.push(record.value.blob);
    }
    named
}

/// How many commits the feed tells of after `after`, each whole, and the last of them.
async fn feed(store: &Store, after: u64) -> (u64, u64) {
    let (mut commits, mut at) = (0, after);
    loop {
        let entries = store.changes(Sequence(at), 100).await.unwrap();
        let Some(last) = entries.last() else { return (commits, at) };
        at = last.sequence.0;
        for commit in entries.chunk_by(|a, b| a.sequence == b.sequence) {
            commits += 1;
            let tables: Vec<(&str, bool)> =
                commit.iter().map(|entry| (entry.table.as_str(), entry.deleted)).collect();
            let put = [("entries", false), ("counters", false)];
            let put_and_deleted = [put[0], put[1], ("entries", true)];
            assert!(tables == put || tables == put_and_deleted, "{tables:?}");
        }
    }
}
