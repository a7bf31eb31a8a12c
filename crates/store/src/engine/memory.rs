//! Records in memory, for tests. Never lasts longer than its store.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;

use super::{Engine, Row};
use crate::plan::{self, Outcome, Plan};
use crate::{FeedEntry, Key, Prefix, Revision, Sequence, StoreError, Transaction};

/// The engine for tests.
#[derive(Debug)]
pub(crate) struct Memory {
    disk: MemoryDisk,
    feed_max: u64,
    closed: AtomicBool,
}

/// What memory stores keep: it outlives them, as a disk outlives processes. A clone is the same disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    tables: BTreeMap<&'static str, BTreeMap<Key, (Revision, Arc<str>)>>,
    feed: VecDeque<FeedEntry>,
    last: Sequence,
}

impl Memory {
    pub(crate) fn new(disk: MemoryDisk, feed_max: u64) -> Self {
        Self { disk, feed_max, closed: AtomicBool::new(false) }
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        Ok(self.disk.0.lock().expect("nothing panics while it holds the lock"))
    }
}

#[async_trait]
impl Engine for Memory {
    async fn get(&self, table: &'static str, key: &Key) -> Result<Option<Row>, StoreError> {
        let state = self.state()?;
        let found = state.tables.get(table).and_then(|rows| rows.get(key));
        Ok(found.map(|found| row(key, found)))
    }

    async fn list(
        &self,
        table: &'static str,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let state = self.state()?;
        let Some(rows) = state.tables.get(table) else { return Ok(Vec::new()) };
        let first = Key::from_bytes(prefix.first().to_vec());
        let start = match after {
            Some(after) if *after >= first => Bound::Excluded(after.clone()),
            Some(_) | None => Bound::Included(first),
        };
        let end = prefix.end();
        let within = |key: &Key| end.as_ref().is_none_or(|end| key.as_bytes() < end.as_slice());
        let range = rows.range((start, Bound::Unbounded)).take_while(|(key, _)| within(key));
        Ok(range.take(limit).map(|(key, found)| row(key, found)).collect())
    }

    async fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<FeedEntry>, StoreError> {
        let state = self.state()?;
        let begins_after = state.feed.front().map_or(state.last.0, |entry| entry.sequence.0 - 1);
        if after.0 < begins_after {
            return Err(StoreError::FeedTrimmed { begins_after: Sequence(begins_after) });
        }
        let mut entries: Vec<FeedEntry> = Vec::new();
        for entry in state.feed.iter().filter(|entry| entry.sequence > after) {
            if entries.len() >= limit && entries.last().is_some_and(|last| last.sequence != entry.sequence) {
                break;
            }
            entries.push(entry.clone());
        }
        Ok(entries)
    }

    async fn last(&self) -> Result<Sequence, StoreError> {
        Ok(self.state()?.last)
    }

    async fn commit(&self, batch: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
        let mut state = self.state()?;
        let revision = |(table, key): &plan::Place| Some(state.tables.get(table)?.get(key)?.0);
        let touched = plan::touched(batch).into_iter();
        let found = touched.filter_map(|place| revision(&place).map(|revision| (place, revision))).collect();
        let plan = plan::plan(batch, found, state.last);
        state.keep(&plan, self.feed_max);
        Ok(plan.outcomes)
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

impl State {
    fn keep(&mut self, plan: &Plan, feed_max: u64) {
        for ((table, key), revision, json) in &plan.puts {
            self.tables.entry(table).or_default().insert(key.clone(), (*revision, Arc::clone(json)));
        }
        for (table, key) in &plan.deletes {
            self.tables.entry(table).or_default().remove(key);
        }
        self.feed.extend(plan.changes().map(FeedEntry::from));
        self.last = plan.last;
        let kept_after = self.last.0.saturating_sub(feed_max);
        while self.feed.front().is_some_and(|entry| entry.sequence.0 <= kept_after) {
            self.feed.pop_front();
        }
    }
}

fn row(key: &Key, (revision, json): &(Revision, Arc<str>)) -> Row {
    Row { key: key.clone(), revision: *revision, json: Arc::clone(json) }
}
