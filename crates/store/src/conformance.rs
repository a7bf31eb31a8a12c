//! What every engine must do, as one suite that runs over each. Never knows an engine beyond opening it.

mod crowd;
mod feed;
mod model;
mod records;

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::{Change, Commit, Expect, Key, Prefix, SqliteOptions, Store, Table, Transaction, WriteError};

const THINGS: Table<Thing> = Table::new("things");
const OTHERS: Table<Thing> = Table::new("others");

/// What the test tables hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Thing {
    text: String,
}

fn thing(text: &str) -> Thing {
    Thing { text: text.to_owned() }
}

fn key(name: &str) -> Key {
    Key::of([name])
}

fn put(name: &str, text: &str, expect: Expect) -> Transaction {
    Transaction::new().put(&THINGS, key(name), &thing(text), expect)
}

async fn texts(store: &Store) -> Vec<String> {
    let all = store.list(&THINGS, &Prefix::all(), None, usize::MAX).await.unwrap();
    all.into_iter().map(|record| record.value.text).collect()
}

fn assert_conflict(outcome: Result<Commit, WriteError>, at: &Key) {
    match outcome {
        Err(WriteError::Conflict { key, .. }) => assert_eq!(&key, at),
        other => panic!("expected a conflict at {at}, got {other:?}"),
    }
}

/// Collects the changes of [`THINGS`] that observers are told of.
fn watch(store: &Store) -> Arc<Mutex<Vec<Change>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    store.watch(&THINGS, move |change| sink.lock().unwrap().push(change.clone()));
    seen
}

/// An engine that can be opened in a fresh place, with a feed of a hundred commits.
trait Engine {
    async fn fresh(&self) -> Store;
}

struct Memory;

impl Engine for Memory {
    async fn fresh(&self) -> Store {
        Store::memory_with_feed(100)
    }
}

struct Sqlite(TempDir);

impl Engine for Sqlite {
    async fn fresh(&self) -> Store {
        let folder = tempfile::tempdir_in(self.0.path()).unwrap().keep();
        Store::sqlite(SqliteOptions { feed_max: 100, ..SqliteOptions::new(folder) }).await.unwrap()
    }
}

macro_rules! facts {
    ($($topic:ident :: $fact:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                super::$topic::$fact(&super::Memory).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                super::$topic::$fact(&super::Sqlite(tempfile::tempdir().unwrap())).await;
            })*
        }
    };
}

facts! {
    records::a_record_reads_back_until_it_is_deleted,
    records::each_expectation_holds_where_it_should,
    records::a_conflict_undoes_every_step_and_names_the_key,
    records::steps_of_one_transaction_see_each_other,
    records::tables_do_not_share_keys,
    records::any_characters_make_a_key,
    records::a_megabyte_reads_back,
    records::a_listing_pages_by_key_under_its_prefix,
    records::what_cannot_be_encoded_or_is_too_long_is_refused,
    records::a_foreign_value_is_an_error_not_a_panic,
    feed::observers_are_told_before_the_write_returns,
    feed::a_check_or_an_idle_delete_moves_nothing,
    feed::following_shows_what_is_there_and_then_what_moves,
    feed::the_feed_tells_whole_commits_in_order,
    feed::a_trimmed_feed_says_where_it_begins,
    feed::a_panicking_observer_harms_nobody,
    feed::what_is_read_has_been_told,
    crowd::one_of_many_writers_wins_each_revision,
    crowd::money_moved_by_many_stays_the_same,
    crowd::paging_meets_every_lasting_record_once_amid_change,
    crowd::following_amid_writes_misses_nothing,
    crowd::closing_finishes_what_was_accepted,
    model::any_run_of_transactions_does_what_the_model_does,
}
