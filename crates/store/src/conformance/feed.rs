//! What observers and followers of the feed are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Engine, OTHERS, THINGS, key, put, thing, watch};
use crate::{Expect, Sequence, Store, StoreError, Transaction};

pub(super) async fn observers_are_told_before_the_write_returns(engine: &impl Engine) {
    let store = engine.fresh().await;
    let seen = watch(&store);
    let first = store.write(put("a", "one", Expect::Absent)).await.unwrap();
    let change = seen.lock().unwrap().pop().unwrap();
    assert_eq!((change.sequence, change.table, &change.key), (first.sequence, "things", &key("a")));
    assert_eq!((change.old_revision, change.revision()), (None, Some(first.revision())));
    assert_eq!(change.decode(&THINGS).unwrap(), Some(thing("one")));
    let both = put("a", "two", Expect::Any).delete(&THINGS, key("a"), Expect::Present).put(
        &OTHERS,
        key("a"),
        &thing("unseen"),
        Expect::Any,
    );
    let second = store.write(both).await.unwrap();
    let changes = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].old_revision, Some(first.revision()));
    assert_eq!((changes[1].old_revision, changes[1].value.clone()), (Some(second.revision()), None));
    assert_eq!(changes[1].revision(), None);
    let _ = store.write(put("b", "", Expect::Present)).await.unwrap_err();
    assert!(seen.lock().unwrap().is_empty(), "a conflict is no change");
    store.close().await;
}

pub(super) async fn a_check_or_an_idle_delete_moves_nothing(engine: &impl Engine) {
    let store = engine.fresh().await;
    let seen = watch(&store);
    let nothing = store.write(Transaction::new()).await.unwrap();
    assert_eq!(nothing.sequence, Sequence(0));
    let commit = store.write(put("a", "", Expect::Any)).await.unwrap();
    let idle =
        Transaction::new().check(&THINGS, key("a"), Expect::Present).delete(&THINGS, key("b"), Expect::Any);
    assert_eq!(store.write(idle).await.unwrap(), commit);
    assert_eq!(store.last().await.unwrap(), commit.sequence);
    assert_eq!(seen.lock().unwrap().len(), 1);
    store.close().await;
}

pub(super) async fn following_shows_what_is_there_and_then_what_moves(engine: &impl Engine) {
    let store = engine.fresh().await;
    for name in ["b", "a"] {
        store.write(put(name, name, Expect::Any)).await.unwrap();
    }
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&seen);
    let follow = store.follow(&THINGS, move |change| {
        sink.lock().unwrap().push((change.key.last(), change.sequence.0, change.value.is_some()));
    });
    follow.await.unwrap();
    store.write(Transaction::new().delete(&THINGS, key("b"), Expect::Any)).await.unwrap();
    let expected = [("a".to_owned(), 2, true), ("b".to_owned(), 1, true), ("b".to_owned(), 3, false)];
    assert_eq!(*seen.lock().unwrap(), expected);
    store.close().await;
}

pub(super) async fn the_feed_tells_whole_commits_in_order(engine: &impl Engine) {
    let store = engine.fresh().await;
    assert!(store.changes(Sequence(0), 10).await.unwrap().is_empty());
    store.write(put("a", "", Expect::Any)).await.unwrap();
    let three = put("b", "", Expect::Any).put(&OTHERS, key("c"), &thing(""), Expect::Any).delete(
        &THINGS,
        key("a"),
        Expect::Any,
    );
    store.write(three).await.unwrap();
    store.write(put("d", "", Expect::Any)).await.unwrap();
    let expected = [
        (1, "things", "a", false),
        (2, "things", "b", false),
        (2, "others", "c", false),
        (2, "things", "a", true),
        (3, "things", "d", false),
    ];
    for (after, limit, range) in
        [(0, 10, 0..5), (0, 1, 0..1), (0, 2, 0..4), (0, 4, 0..4), (1, 1, 1..4), (2, 1, 4..5), (3, 9, 5..5)]
    {
        let entries = told(&store, after, limit).await;
        let expected: Vec<_> =
            expected[range].iter().map(|(s, t, k, d)| (*s, (*t).to_owned(), (*k).to_owned(), *d)).collect();
        assert_eq!(entries, expected, "after {after}, limit {limit}");
    }
    store.close().await;
}

async fn told(store: &Store, after: u64, limit: usize) -> Vec<(u64, String, String, bool)> {
    let entries = store.changes(Sequence(after), limit).await.unwrap();
    entries.into_iter().map(|e| (e.sequence.0, e.table, e.key.last(), e.deleted)).collect()
}

pub(super) async fn a_trimmed_feed_says_where_it_begins(engine: &impl Engine) {
    let store = engine.fresh().await;
    for number in 0..350 {
        store.write(put("a", &number.to_string(), Expect::Any)).await.unwrap();
    }
    let Err(StoreError::FeedTrimmed { begins_after }) = store.changes(Sequence(0), 10).await else {
        panic!("350 commits fit in no feed of 100");
    };
    // Engines may trim late, but not early and not never.
    assert!((100..=250).contains(&begins_after.0), "{begins_after}");
    let entries = store.changes(begins_after, 1000).await.unwrap();
    let sequences: Vec<u64> = entries.iter().map(|entry| entry.sequence.0).collect();
    assert_eq!(sequences, (begins_after.0 + 1..=350).collect::<Vec<_>>());
    store.close().await;
}

pub(super) async fn a_panicking_observer_harms_nobody(engine: &impl Engine) {
    let store = engine.fresh().await;
    store.watch(&THINGS, |change| assert!(change.key != key("bad"), "an observer's own fault"));
    let seen = watch(&store);
    for name in ["bad", "good"] {
        store.write(put(name, "", Expect::Any)).await.unwrap();
    }
    assert_eq!(seen.lock().unwrap().len(), 2);
    store.close().await;
}

pub(super) async fn what_is_read_has_been_told(engine: &impl Engine) {
    let store = engine.fresh().await;
    for round in 0..20 {
        let name = format!("{round}");
        let (told, observed) = (Arc::new(AtomicBool::new(false)), key(&name));
        let tell = Arc::clone(&told);
        store.watch(&THINGS, move |change| {
            if change.key == observed {
                // Long enough that a reader who is not held back comes first.
                (0..200).for_each(|_| std::thread::yield_now());
                tell.store(true, Ordering::SeqCst);
            }
        });
        let read = async {
            while store.get(&THINGS, &key(&name)).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
            told.load(Ordering::SeqCst)
        };
        let (told, written) = tokio::join!(read, store.write(put(&name, "", Expect::Any)));
        assert!(told, "round {round}");
        written.unwrap();
    }
    store.close().await;
}
