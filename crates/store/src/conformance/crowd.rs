//! Many at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::{Engine, THINGS, assert_conflict, key, put, texts, thing, watch};
use crate::{Expect, Key, Prefix, Store, StoreError, Table, Transaction, WriteError};

const CROWD: usize = 32;

pub(super) async fn one_of_many_writers_wins_each_revision(engine: &impl Engine) {
    let store = engine.fresh().await;
    let seen = watch(&store);
    let mut expect = Expect::Absent;
    for round in 0..10 {
        let mut writers = JoinSet::new();
        for writer in 0..CROWD {
            let (store, text) = (store.clone(), format!("{round} {writer}"));
            writers.spawn(async move { (store.write(put("a", &text, expect)).await, text) });
        }
        let (mut winners, mut losers) = (Vec::new(), 0);
        for (outcome, text) in writers.join_all().await {
            match outcome {
                Ok(commit) => winners.push((commit, text)),
                conflict => {
                    assert_conflict(conflict, &key("a"));
                    losers += 1;
                }
            }
        }
        assert_eq!((winners.len(), losers), (1, CROWD - 1));
        let (commit, text) = winners.remove(0);
        assert_eq!(texts(&store).await, [text]);
        expect = Expect::Revision(commit.revision());
    }
    let sequences: Vec<u64> = seen.lock().unwrap().iter().map(|change| change.sequence.0).collect();
    assert_eq!(sequences, (1..=10).collect::<Vec<_>>());
    store.close().await;
}

const ACCOUNTS: Table<i64> = Table::new("accounts");

/// Read, then write what was read with a little moved, if nothing moved meanwhile: the classic of
/// serializability. Checks guard an account that is only read.
pub(super) async fn money_moved_by_many_stays_the_same(engine: &impl Engine) {
    let store = engine.fresh().await;
    let open = (0..4).fold(Transaction::new(), |tx, n| tx.put(&ACCOUNTS, account(n), &100, Expect::Absent));
    store.write(open).await.unwrap();
    let mut movers = JoinSet::new();
    for mover in 0..8_usize {
        let store = store.clone();
        movers.spawn(async move {
            let mut moved = 0;
            for turn in 0..40 {
                let (from, to) = ((mover + turn) % 4, (mover * 3 + turn + 1) % 4);
                moved += usize::from(from != to && transfer(&store, from, to).await);
            }
            moved
        });
    }
    let moved: usize = movers.join_all().await.into_iter().sum();
    assert!(moved > 0);
    let accounts = store.list(&ACCOUNTS, &Prefix::all(), None, 10).await.unwrap();
    assert_eq!(accounts.iter().map(|account| account.value).sum::<i64>(), 400);
    assert_eq!(store.last().await.unwrap().0, 1 + moved as u64);
    store.close().await;
}

fn account(number: usize) -> Key {
    key(&number.to_string())
}

async fn transfer(store: &Store, from: usize, to: usize) -> bool {
    let mut from = store.get(&ACCOUNTS, &account(from)).await.unwrap().unwrap();
    let mut to = store.get(&ACCOUNTS, &account(to)).await.unwrap().unwrap();
    from.value -= 1;
    to.value += 1;
    match store.write(Transaction::new().update(&ACCOUNTS, &from).update(&ACCOUNTS, &to)).await {
        Ok(_) => true,
        Err(WriteError::Conflict { .. }) => false,
        Err(WriteError::Store(error)) => panic!("{error}"),
    }
}

pub(super) async fn paging_meets_every_lasting_record_once_amid_change(engine: &impl Engine) {
    let store = engine.fresh().await;
    let name = |number: usize| format!("{number:04}");
    let lasting = (0..200).fold(Transaction::new(), |tx, n| {
        tx.put(&THINGS, key(&name(n * 2)), &thing("lasts"), Expect::Absent)
    });
    store.write(lasting).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let mut churn = JoinSet::new();
    let (churner, stop) = (store.clone(), Arc::clone(&done));
    churn.spawn(async move {
        let mut turn = 0;
        while !stop.load(Ordering::Acquire) {
            let odd = key(&name((turn * 37 % 200) * 2 + 1));
            let transaction = match turn % 3 {
                0 | 1 => Transaction::new().put(&THINGS, odd, &thing("passes"), Expect::Any),
                _ => Transaction::new().delete(&THINGS, odd, Expect::Any),
            };
            churner.write(transaction).await.unwrap();
            turn += 1;
        }
    });
    for _ in 0..5 {
        assert_eq!(lasting_met(&store).await, (0..200).map(|n| name(n * 2)).collect::<Vec<_>>());
    }
    done.store(true, Ordering::Release);
    churn.join_all().await;
    store.close().await;
}

async fn lasting_met(store: &Store) -> Vec<String> {
    let (mut met, mut after): (Vec<String>, Option<Key>) = (Vec::new(), None);
    loop {
        let page = store.list(&THINGS, &Prefix::all(), after.as_ref(), 7).await.unwrap();
        let Some(last) = page.last() else { return met };
        after = Some(last.key.clone());
        let lasting = page.iter().filter(|record| record.value.text == "lasts");
        met.extend(lasting.map(|record| record.key.last()));
    }
}

pub(super) async fn following_amid_writes_misses_nothing(engine: &impl Engine) {
    let store = engine.fresh().await;
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let store = store.clone();
        writers.spawn(async move {
            for turn in 0..50 {
                let name = format!("{writer} {}", turn % 10);
                store.write(put(&name, &turn.to_string(), Expect::Any)).await.unwrap();
            }
        });
    }
    let mirror = Arc::new(Mutex::new(BTreeMap::new()));
    let sink = Arc::clone(&mirror);
    let follow = store.follow(&THINGS, move |change| {
        let before = sink.lock().unwrap().insert(change.key.clone(), change.revision().unwrap());
        assert!(before == change.old_revision || change.old_revision.is_none());
    });
    follow.await.unwrap();
    writers.join_all().await;
    let all = store.list(&THINGS, &Prefix::all(), None, 1000).await.unwrap();
    let truth: BTreeMap<_, _> = all.into_iter().map(|record| (record.key, record.revision)).collect();
    assert_eq!(*mirror.lock().unwrap(), truth);
    store.close().await;
}

pub(super) async fn closing_finishes_what_was_accepted(engine: &impl Engine) {
    let store = engine.fresh().await;
    let seen = watch(&store);
    let names: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let writes = join_all(names.iter().map(|name| store.write(put(name, "", Expect::Absent))));
    // The writes are polled first, so all are accepted before the close.
    let (outcomes, ()) = tokio::join!(writes, store.close());
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(seen.lock().unwrap().len(), 100);
    let late = store.write(put("late", "", Expect::Any)).await;
    assert!(matches!(late, Err(WriteError::Store(StoreError::Closed))), "{late:?}");
    assert!(matches!(store.get(&THINGS, &key("0")).await, Err(StoreError::Closed)));
    assert!(matches!(store.follow(&THINGS, |_| ()).await, Err(StoreError::Closed)));
    store.close().await;
}
