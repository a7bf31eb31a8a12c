//! Values of metrics, by account and region, in a store of their own.
//!
//! Values are put into buckets of a minute in memory ([`Metrics::put`]), an hour of which is a block of the store.
//! [`Metrics::flush`] writes the blocks that changed: what was put since the last flush is lost by `kill -9`, and nothing
//! before. [`Metrics::collect`] puts minutes together to five minutes after 15 days, and those to hours after 63. Buckets of
//! a second are in memory alone, for three hours. Never reads a clock, and never knows what a function is.

mod collect;
mod flush;
mod series;
mod state;
mod tier;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_core::account::{AccountId, Region};
use lambent_core::limits;
use lambent_core::monitoring::bucket::Bucket;
use lambent_core::monitoring::metric::MetricKey;
use lambent_core::time::Timestamp;
use tokio::sync::RwLock;

use self::state::{Place, State};
use self::tier::TIERS;
use crate::{Prefix, Store, StoreError, tables};

/// Buckets by the second they begin at.
pub type Buckets = BTreeMap<i64, Bucket>;

/// The metrics of a server. Cheap to clone; clones are one.
#[derive(Debug, Clone)]
pub struct Metrics {
    store: Store,
    state: Arc<Mutex<State>>,
    /// Held alone by whoever moves values between memory and store, so that nobody else meets them twice or not at all.
    moving: Arc<RwLock<()>>,
}

/// Values of one metric that are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose they are.
    pub account: &'a AccountId,
    /// Where they were measured.
    pub region: &'a Region,
    /// The metric.
    pub metric: &'a MetricKey,
    /// Their unit; any where none is given.
    pub unit: Option<&'a str>,
    /// From this second.
    pub from_s: i64,
    /// Before this one.
    pub until_s: i64,
    /// Whether buckets of a second are wanted where there are some.
    pub by_second: bool,
}

/// A metric that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is called.
    pub metric: MetricKey,
    /// When it last had a value, to the hour.
    pub last: Timestamp,
}

impl Metrics {
    /// Those of this store, which holds nothing else.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn open(store: Store) -> Result<Self, StoreError> {
        let (mut state, mut after) = (State::default(), None);
        loop {
            let page =
                store.list(&tables::METRICS, &Prefix::all(), after.as_ref(), limits::STORE_PAGE_MAX).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            page.into_iter().for_each(|record| state.know(record.value));
        }
        Ok(Self { store, state: Arc::new(Mutex::new(state)), moving: Arc::default() })
    }

    /// Adds values at a second; to buckets of a second too where they are as fine as that. False if there are too many
    /// metrics for a new one.
    #[must_use]
    pub fn put(
        &self,
        (account, region): (&AccountId, &Region),
        metric: &MetricKey,
        unit: &str,
        (at_s, by_second): (i64, bool),
        values: &Bucket,
    ) -> bool {
        let place = Place { account: account.clone(), region: region.clone() };
        let mut state = self.state();
        let Some(series) = state.series(place, metric, unit) else { return false };
        series.put(at_s, by_second, values);
        true
    }

    /// The values of a metric, by unit.
    ///
    /// # Errors
    /// [`StoreError`] if those that are kept cannot be read.
    pub async fn read(&self, wanted: Wanted<'_>) -> Result<Vec<(String, Buckets)>, StoreError> {
        let _still = self.moving.read().await;
        let place = Place { account: wanted.account.clone(), region: wanted.region.clone() };
        let held = self.state().held(&place, &wanted);
        let mut found = Vec::with_capacity(held.len());
        for series in held {
            let mut buckets = series.buckets;
            for tier in &TIERS {
                let span = (wanted.from_s, wanted.until_s);
                let at_once = limits::METRIC_BLOCKS_READ_MAX;
                let stored = self.stored(&place, &series.id, tier, span, at_once).await?;
                for (block_s, stored) in stored {
                    if tier.is_finest() && series.whole.contains(&block_s) {
                        continue;
                    }
                    let inside =
                        stored.into_iter().filter(|(at_s, _)| (wanted.from_s..wanted.until_s).contains(at_s));
                    inside.for_each(|(at_s, bucket)| buckets.entry(at_s).or_default().merge(&bucket));
                }
            }
            series.seconds.into_iter().for_each(|(at_s, bucket)| {
                buckets.remove(&(at_s - at_s.rem_euclid(60)));
                buckets.insert(at_s, bucket);
            });
            found.push((series.unit, buckets));
        }
        Ok(found)
    }

    /// All metrics of an account and region in the order of their names.
    #[must_use]
    pub fn list(&self, account: &AccountId, region: &Region) -> Vec<Listed> {
        self.state().list(&Place { account: account.clone(), region: region.clone() })
    }

    /// Writes what is left. What is put later is lost.
    pub async fn close(&self, now: Timestamp) {
        if let Err(fault) = self.flush(now).await {
            tracing::error!(%fault, "the last values of metrics are lost");
        }
        self.store.close().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
