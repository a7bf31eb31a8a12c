//! Old values, put together or deleted. Each step is one transaction, so that nothing is counted twice or lost.

use lambent_core::time::Timestamp;

use super::state::Place;
use super::tier::{TIERS, Tier};
use super::{Buckets, Metrics};
use crate::{Expect, Key, StoreError, Transaction, WriteError, tables};

impl Metrics {
    /// Puts old values together, and forgets those that are too old for that too.
    ///
    /// # Errors
    /// [`StoreError`]; what was not done is done the next time.
    pub async fn collect(&self, now: Timestamp) -> Result<(), StoreError> {
        let count = self.state().all.len();
        for number in 0..count {
            // Others may read between two metrics.
            let _alone = self.moving.write().await;
            let known = self.state().all[number].as_ref().map(|series| {
                let place =
                    Place { account: series.kept.account.clone(), region: series.kept.region.clone() };
                (place, series.id.clone(), series.kept.last, series.hours.is_empty())
            });
            let Some((place, id, last, idle)) = known else { continue };
            for (tier, next) in TIERS.iter().zip(TIERS.iter().skip(1).map(Some).chain([None])) {
                self.age(&place, &id, (tier, next), now).await?;
            }
            if idle && now.since(last) > TIERS[2].kept {
                let key = Key::of([place.account.as_str(), place.region.as_str(), &id]);
                self.write(Transaction::new().delete(&tables::METRICS, key, Expect::Any)).await?;
                self.state().remove(number);
            }
        }
        Ok(())
    }

    /// Moves the blocks of a tier that are old enough on to the next.
    async fn age(
        &self,
        place: &Place,
        id: &str,
        (tier, next): (&Tier, Option<&Tier>),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let before_s = now.minus(tier.kept).as_secs() - tier.block_s;
        if before_s <= 0 {
            return Ok(());
        }
        for (block_s, buckets) in self.stored(place, id, tier, (0, before_s), 1).await? {
            let mut transaction =
                Transaction::new().delete(&tables::METRIC_BLOCKS, tier.key(place, id, block_s), Expect::Any);
            if let Some(next) = next {
                // A block lies within one block of the next tier, since those are whole days and more.
                let key = next.key(place, id, next.block(block_s));
                let kept = self.store.get(&tables::METRIC_BLOCKS, &key).await?;
                let mut all: Buckets = kept.into_iter().flat_map(|record| record.value).collect();
                for (at_s, bucket) in buckets {
                    all.entry(next.bucket(at_s)).or_default().merge(&bucket);
                }
                let block = all.into_iter().collect();
                transaction = transaction.put(&tables::METRIC_BLOCKS, key, &block, Expect::Any);
            }
            self.write(transaction).await?;
        }
        Ok(())
    }

    async fn write(&self, transaction: Transaction) -> Result<(), StoreError> {
        match self.store.write(transaction).await {
            Ok(_) => Ok(()),
            Err(WriteError::Store(fault)) => Err(fault),
            Err(WriteError::Conflict { .. }) => unreachable!("nothing was expected, so nothing differs"),
        }
    }
}
