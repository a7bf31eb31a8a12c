//! Values on their way from memory to the store. Never more than a few at once, so that a flush holds nobody up.

use lambent_core::time::Timestamp;

use super::Metrics;
use super::state::{Place, State};
use super::tier::TIERS;
use crate::{Expect, Key, StoreError, Transaction, WriteError, tables};

/// How many blocks are written together.
const BLOCKS_AT_ONCE: usize = 256;

/// A block that is to be written: the number of its metric, and where it begins.
type Due = (usize, i64);

impl Metrics {
    /// Writes all values that are not written yet.
    ///
    /// # Errors
    /// [`StoreError`] if they could not be written: the next flush tries again.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        let _alone = self.moving.write().await;
        let due = self.state().due();
        for some in due.chunks(BLOCKS_AT_ONCE) {
            for block in some {
                self.complete(*block).await?;
            }
            let transaction = self.state().written(some);
            if let Err(fault) = self.store.write(transaction).await {
                self.state().unwritten(some);
                return Err(match fault {
                    WriteError::Store(fault) => fault,
                    WriteError::Conflict { .. } => unreachable!("nothing was expected, so nothing differs"),
                });
            }
        }
        self.state().all.iter_mut().flatten().for_each(|series| series.forget(now));
        Ok(())
    }

    /// Adds what the store has of a block to what memory has, unless that was done.
    async fn complete(&self, (number, block_s): Due) -> Result<(), StoreError> {
        let Some(key) = self.state().incomplete((number, block_s)) else { return Ok(()) };
        let stored = self.store.get(&tables::METRIC_BLOCKS, &key).await?;
        let mut state = self.state();
        let hour = state.all[number].as_mut().and_then(|series| series.hours.get_mut(&block_s));
        if let Some(hour) = hour {
            hour.whole = true;
            for (at_s, bucket) in stored.into_iter().flat_map(|record| record.value) {
                hour.buckets.entry(at_s).or_default().merge(&bucket);
            }
        }
        Ok(())
    }
}

impl State {
    pub(super) fn due(&self) -> Vec<Due> {
        let metrics = self.all.iter().enumerate();
        let hours = metrics.filter_map(|(number, series)| Some((number, &series.as_ref()?.hours)));
        hours
            .flat_map(|(number, hours)| {
                let dirty = hours.iter().filter(|(_, hour)| hour.dirty);
                dirty.map(move |(start_s, _)| (number, *start_s))
            })
            .collect()
    }

    /// Where a block stands of which memory may not have everything.
    fn incomplete(&self, (number, block_s): Due) -> Option<Key> {
        let series = self.all[number].as_ref()?;
        let place = Place { account: series.kept.account.clone(), region: series.kept.region.clone() };
        let missing = series.hours.get(&block_s).is_some_and(|hour| !hour.whole);
        missing.then(|| TIERS[0].key(&place, &series.id, block_s))
    }

    /// What writes these blocks, and the metrics they are of.
    fn written(&mut self, due: &[Due]) -> Transaction {
        let mut transaction = Transaction::new();
        for (number, block_s) in due {
            let Some(series) = self.all[*number].as_mut() else { continue };
            let Some(hour) = series.hours.get_mut(block_s) else { continue };
            hour.dirty = false;
            let place = Place { account: series.kept.account.clone(), region: series.kept.region.clone() };
            let key = TIERS[0].key(&place, &series.id, *block_s);
            let block = hour.buckets.iter().map(|(at_s, bucket)| (*at_s, bucket.clone())).collect();
            transaction = transaction.put(&tables::METRIC_BLOCKS, key, &block, Expect::Any);
            if std::mem::take(&mut series.unwritten) {
                let key = Key::of([place.account.as_str(), place.region.as_str(), &series.id]);
                transaction = transaction.put(&tables::METRICS, key, &series.kept, Expect::Any);
            }
        }
        transaction
    }

    /// They were not written after all.
    fn unwritten(&mut self, due: &[Due]) {
        for (number, block_s) in due {
            let Some(series) = self.all[*number].as_mut() else { continue };
            series.unwritten = true;
            if let Some(hour) = series.hours.get_mut(block_s) {
                hour.dirty = true;
            }
        }
    }
}
