//! Reading, writing, conflicts, listing.

use std::collections::HashMap;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::{Engine, OTHERS, THINGS, assert_conflict, key, put, texts, thing};
use crate::{Expect, Key, Prefix, Revision, Store, StoreError, Table, Transaction, WriteError};

pub(super) async fn a_record_reads_back_until_it_is_deleted(engine: &impl Engine) {
    let store = engine.fresh().await;
    assert_eq!(store.get(&THINGS, &key("a")).await.unwrap(), None);
    let commit = store.write(put("a", "one", Expect::Absent)).await.unwrap();
    let mut record = store.get(&THINGS, &key("a")).await.unwrap().unwrap();
    assert_eq!((record.revision, record.value.text.as_str()), (commit.revision(), "one"));
    record.value = thing("two");
    let second = store.write(Transaction::new().update(&THINGS, &record)).await.unwrap();
    assert!(second.sequence > commit.sequence);
    assert_conflict(store.write(Transaction::new().update(&THINGS, &record)).await, &key("a"));
    assert_eq!(texts(&store).await, ["two"]);
    let delete = Transaction::new().delete(&THINGS, key("a"), Expect::Revision(second.revision()));
    store.write(delete).await.unwrap();
    assert_eq!(store.get(&THINGS, &key("a")).await.unwrap(), None);
    // A record made anew has a revision that no earlier state had.
    let again = store.write(put("a", "three", Expect::Absent)).await.unwrap();
    assert!(again.revision() > second.revision());
    store.close().await;
}

pub(super) async fn each_expectation_holds_where_it_should(engine: &impl Engine) {
    let store = engine.fresh().await;
    let there = store.write(put("there", "", Expect::Any)).await.unwrap().revision();
    let cases = [
        (Expect::Any, true, true),
        (Expect::Absent, false, true),
        (Expect::Present, true, false),
        (Expect::Revision(there), true, false),
        (Expect::Revision(Revision(there.0 + 1)), false, false),
    ];
    for (expect, holds_there, holds_missing) in cases {
        for (name, holds) in [("there", holds_there), ("missing", holds_missing)] {
            let outcome = store.write(Transaction::new().check(&THINGS, key(name), expect)).await;
            assert_eq!(outcome.is_ok(), holds, "{expect:?} {name}");
            let missing = Transaction::new().delete(&THINGS, key(name), expect);
            if name == "missing" {
                assert_eq!(store.write(missing).await.is_ok(), holds, "{expect:?} {name}");
            }
        }
    }
    store.close().await;
}

pub(super) async fn a_conflict_undoes_every_step_and_names_the_key(engine: &impl Engine) {
    let store = engine.fresh().await;
    store.write(put("b", "old", Expect::Any)).await.unwrap();
    let before = store.last().await.unwrap();
    let transaction = put("a", "new", Expect::Absent)
        .delete(&THINGS, key("b"), Expect::Present)
        .check(&THINGS, key("c"), Expect::Present)
        .put(&THINGS, key("d"), &thing("new"), Expect::Any);
    match store.write(transaction).await {
        Err(WriteError::Conflict { table: "things", key: at, expected: Expect::Present, found: None }) => {
            assert_eq!(at, key("c"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(texts(&store).await, ["old"]);
    assert_eq!(store.last().await.unwrap(), before);
    store.close().await;
}

pub(super) async fn steps_of_one_transaction_see_each_other(engine: &impl Engine) {
    let store = engine.fresh().await;
    let twice = put("a", "one", Expect::Absent).put(&THINGS, key("a"), &thing("two"), Expect::Present);
    let commit = store.write(twice.clone()).await.unwrap();
    let record = store.get(&THINGS, &key("a")).await.unwrap().unwrap();
    assert_eq!((record.value.text.as_str(), record.revision), ("two", commit.revision()));
    assert_conflict(store.write(twice).await, &key("a"));
    let gone = Transaction::new().delete(&THINGS, key("a"), Expect::Present).put(
        &THINGS,
        key("a"),
        &thing("three"),
        Expect::Absent,
    );
    store.write(gone.delete(&THINGS, key("a"), Expect::Present)).await.unwrap();
    assert!(texts(&store).await.is_empty());
    store.close().await;
}

pub(super) async fn tables_do_not_share_keys(engine: &impl Engine) {
    let store = engine.fresh().await;
    let both = put("a", "thing", Expect::Absent).put(&OTHERS, key("a"), &thing("other"), Expect::Absent);
    store.write(both).await.unwrap();
    store.write(Transaction::new().delete(&THINGS, key("a"), Expect::Present)).await.unwrap();
    assert_eq!(store.get(&OTHERS, &key("a")).await.unwrap().unwrap().value, thing("other"));
    assert!(texts(&store).await.is_empty());
    store.close().await;
}

pub(super) async fn any_characters_make_a_key(engine: &impl Engine) {
    let store = engine.fresh().await;
    let odd =
        ["", "/", "\u{0}", "\u{1}", "'; DROP TABLE records; --", "%_*?[", "é", "e\u{301}", "\u{10FFFF}"];
    let keys: Vec<Key> = odd.iter().flat_map(|a| odd.iter().map(move |b| Key::of([a, b]))).collect();
    for key in &keys {
        let transaction =
            Transaction::new().put(&THINGS, key.clone(), &thing(&key.to_string()), Expect::Absent);
        store.write(transaction).await.unwrap();
    }
    for key in &keys {
        let record = store.get(&THINGS, key).await.unwrap().unwrap();
        assert_eq!((&record.key, record.value.text), (key, key.to_string()));
    }
    let mut sorted = keys.clone();
    sorted.sort_by_key(Key::parts);
    let listed = store.list(&THINGS, &Prefix::all(), None, 1000).await.unwrap();
    assert_eq!(listed.into_iter().map(|record| record.key).collect::<Vec<_>>(), sorted);
    for part in odd {
        let under = store.list(&THINGS, &Prefix::under([part]), None, 1000).await.unwrap();
        assert_eq!(under.len(), odd.len(), "{part:?}");
        assert!(under.iter().all(|record| record.key.parts()[0] == part));
    }
    store.close().await;
}

pub(super) async fn a_megabyte_reads_back(engine: &impl Engine) {
    let store = engine.fresh().await;
    let big = "\u{0}\"é".repeat(250_000);
    store.write(put("big", &big, Expect::Absent)).await.unwrap();
    assert_eq!(store.get(&THINGS, &key("big")).await.unwrap().unwrap().value.text, big);
    store.close().await;
}

pub(super) async fn a_listing_pages_by_key_under_its_prefix(engine: &impl Engine) {
    let store = engine.fresh().await;
    let mut transaction = Transaction::new();
    for (group, count) in [("a", 3), ("b", 25), ("ba", 3)] {
        for number in 0..count {
            let name = format!("{number:03}");
            transaction = transaction.put(&THINGS, Key::of([group, &name]), &thing(&name), Expect::Absent);
        }
    }
    store.write(transaction).await.unwrap();
    assert_eq!(walk(&store, &Prefix::under(["b"]), 10).await, (25, 3));
    assert_eq!(walk(&store, &Prefix::under(["b"]), 25).await, (25, 2));
    assert_eq!(walk(&store, &Prefix::all(), 7).await, (31, 5));
    assert_eq!(walk(&store, &Prefix::under(["b"]).starting_with("00"), 4).await, (10, 3));
    assert_eq!(walk(&store, &Prefix::all().starting_with("b"), 100).await, (28, 1));
    assert_eq!(walk(&store, &Prefix::under(["c"]), 10).await, (0, 1));
    let before_all = store.list(&THINGS, &Prefix::under(["b"]), Some(&Key::of(["a"])), 100).await.unwrap();
    assert_eq!(before_all.len(), 25);
    assert!(store.list(&THINGS, &Prefix::all(), None, 0).await.unwrap().is_empty());
    store.close().await;
}

/// How many records a walk by pages meets, in order, and in how many pages.
async fn walk(store: &Store, prefix: &Prefix, limit: usize) -> (usize, usize) {
    let (mut keys, mut pages): (Vec<Key>, usize) = (Vec::new(), 0);
    loop {
        let page = store.list(&THINGS, prefix, keys.last(), limit).await.unwrap();
        pages += 1;
        let full = page.len() == limit;
        keys.extend(page.into_iter().map(|record| record.key));
        if !full {
            break;
        }
    }
    assert!(keys.is_sorted_by(|a, b| a < b));
    (keys.len(), pages)
}

/// A value that has no JSON form.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("never"))
    }
}

pub(super) async fn what_cannot_be_encoded_or_is_too_long_is_refused(engine: &impl Engine) {
    let store = engine.fresh().await;
    let table: Table<Unwritable> = Table::new("unwritable");
    let broken = put("a", "", Expect::Any).put(&table, key("a"), &Unwritable, Expect::Any);
    let outcome = store.write(broken).await;
    assert!(matches!(outcome, Err(WriteError::Store(StoreError::Encode { table: "unwritable", .. }))));
    let limit = lambent_core::limits::STORE_TRANSACTION_STEPS_MAX;
    let steps = |count: usize| {
        (0..count).fold(Transaction::new(), |tx, number| {
            tx.put(&THINGS, key(&number.to_string()), &thing(""), Expect::Absent)
        })
    };
    let outcome = store.write(steps(limit + 1)).await;
    assert!(matches!(outcome, Err(WriteError::Store(StoreError::TooManySteps { .. }))));
    assert!(texts(&store).await.is_empty());
    store.write(steps(limit)).await.unwrap();
    store.close().await;
}

pub(super) async fn a_foreign_value_is_an_error_not_a_panic(engine: &impl Engine) {
    let store = engine.fresh().await;
    let same_name: Table<HashMap<String, Vec<u8>>> = Table::new("things");
    store.write(put("a", "text", Expect::Any)).await.unwrap();
    let outcome = store.get(&same_name, &key("a")).await;
    assert!(matches!(outcome, Err(StoreError::Decode { table: "things", .. })), "{outcome:?}");
    store.close().await;
}
