//! Any run of transactions, against a map that does the same naively.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{Engine, THINGS, Thing, key, thing, watch};
use crate::{Expect, Key, Prefix, Revision, Store, Transaction, WriteError};

const RUNS: usize = 24;

#[derive(Debug, Clone)]
enum Step {
    Put(u8, String, Wish),
    Delete(u8, Wish),
    Check(u8, Wish),
}

/// An expectation before it is known what will be there.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Any,
    Absent,
    Present,
    /// The revision that is there when the round begins, give or take.
    Revision(i8),
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        3 => Just(Wish::Any),
        1 => Just(Wish::Absent),
        1 => Just(Wish::Present),
        2 => Just(Wish::Revision(0)),
        1 => (-1..=1_i8).prop_map(Wish::Revision),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6_u8, "[a-z]{0,4}", wish()).prop_map(|(name, text, wish)| Step::Put(name, text, wish)),
        1 => (0..6_u8, wish()).prop_map(|(name, wish)| Step::Delete(name, wish)),
        1 => (0..6_u8, wish()).prop_map(|(name, wish)| Step::Check(name, wish)),
    ]
}

/// Rounds of transactions that are sent at once, so that some share a flush.
fn rounds() -> impl Strategy<Value = Vec<Vec<Vec<Step>>>> {
    let transaction = prop::collection::vec(step(), 0..4);
    prop::collection::vec(prop::collection::vec(transaction, 1..6), 1..12)
}

/// The store as it should be: what is under each key, and how many commits there were.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    records: BTreeMap<Key, (Revision, Thing)>,
    last: u64,
}

impl Model {
    fn write(&mut self, steps: &[(Key, Expect, Option<Option<Thing>>)]) -> Result<u64, Key> {
        let mut next = self.clone();
        let revision = Revision(self.last + 1);
        for (key, expect, effect) in steps {
            let found = next.records.get(key).map(|(revision, _)| *revision);
            let holds = match expect {
                Expect::Any => true,
                Expect::Absent => found.is_none(),
                Expect::Present => found.is_some(),
                Expect::Revision(wanted) => found == Some(*wanted),
            };
            if !holds {
                return Err(key.clone());
            }
            let changed = match effect {
                None => false,
                Some(None) => next.records.remove(key).is_some(),
                Some(Some(value)) => {
                    next.records.insert(key.clone(), (revision, value.clone()));
                    true
                }
            };
            next.last = if changed { revision.0 } else { next.last };
        }
        *self = next;
        Ok(self.last)
    }
}

pub(super) async fn any_run_of_transactions_does_what_the_model_does(engine: &impl Engine) {
    // The seed is fixed, so that a failure comes again; what failed is printed whole.
    let mut runner = TestRunner::deterministic();
    for _ in 0..RUNS {
        let rounds = rounds().new_tree(&mut runner).unwrap().current();
        let store = engine.fresh().await;
        check(&store, &rounds).await;
        store.close().await;
    }
}

async fn check(store: &Store, rounds: &[Vec<Vec<Step>>]) {
    let mut model = Model::default();
    let seen = watch(store);
    for round in rounds {
        let settled: Vec<Vec<_>> =
            round.iter().map(|steps| steps.iter().map(|step| settle(step, &model)).collect()).collect();
        let writes = settled.iter().map(|steps| store.write(transaction(steps)));
        for (outcome, steps) in join_all(writes).await.into_iter().zip(&settled) {
            let outcome = match outcome {
                Ok(commit) => Ok(commit.sequence.0),
                Err(WriteError::Conflict { key, .. }) => Err(key),
                Err(WriteError::Store(error)) => panic!("{error}"),
            };
            assert_eq!(outcome, model.write(steps), "{rounds:#?}");
        }
        let all = store.list(&THINGS, &Prefix::all(), None, 1000).await.unwrap();
        let records = all.into_iter().map(|record| (record.key, (record.revision, record.value))).collect();
        assert_eq!(Model { records, last: store.last().await.unwrap().0 }, model, "{rounds:#?}");
    }
    assert_eq!(replay(&seen.lock().unwrap()), model.records, "{rounds:#?}");
}

/// What an observer that applies every change ends up with.
fn replay(changes: &[crate::Change]) -> BTreeMap<Key, (Revision, Thing)> {
    let mut records: BTreeMap<Key, (Revision, Thing)> = BTreeMap::new();
    for change in changes {
        let before = match change.decode(&THINGS).unwrap() {
            Some(value) => records.insert(change.key.clone(), (change.sequence.into(), value)),
            None => records.remove(&change.key),
        };
        assert_eq!(before.map(|(revision, _)| revision), change.old_revision);
    }
    records
}

fn settle(step: &Step, model: &Model) -> (Key, Expect, Option<Option<Thing>>) {
    let (name, wish, effect) = match step {
        Step::Put(name, text, wish) => (name, wish, Some(Some(thing(text)))),
        Step::Delete(name, wish) => (name, wish, Some(None)),
        Step::Check(name, wish) => (name, wish, None),
    };
    let key = key(&name.to_string());
    let found = model.records.get(&key).map_or(1, |(revision, _)| revision.0);
    let expect = match wish {
        Wish::Any => Expect::Any,
        Wish::Absent => Expect::Absent,
        Wish::Present => Expect::Present,
        Wish::Revision(off) => Expect::Revision(Revision(found.saturating_add_signed(i64::from(*off)))),
    };
    (key, expect, effect)
}

fn transaction(steps: &[(Key, Expect, Option<Option<Thing>>)]) -> Transaction {
    steps.iter().fold(Transaction::new(), |transaction, (key, expect, effect)| match effect {
        None => transaction.check(&THINGS, key.clone(), *expect),
        Some(None) => transaction.delete(&THINGS, key.clone(), *expect),
        Some(Some(value)) => transaction.put(&THINGS, key.clone(), value, *expect),
    })
}
