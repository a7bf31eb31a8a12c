//! How long buckets are at which age, and the blocks of them. Never their values.

use std::time::Duration;

use lambent_core::limits;

use super::state::Place;
use super::{Buckets, Metrics};
use crate::{Key, Prefix, StoreError, tables};

/// Buckets of one length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tier {
    /// In keys.
    pub(super) name: &'static str,
    /// How long a bucket is.
    pub(super) bucket_s: i64,
    /// How long a block is.
    pub(super) block_s: i64,
    /// After how long a block goes on to the next tier, or is deleted.
    pub(super) kept: Duration,
}

/// All, the finest first.
pub(super) static TIERS: [Tier; 3] = [
    Tier { name: "1m", bucket_s: 60, block_s: 3600, kept: limits::METRIC_MINUTES_KEPT },
    Tier { name: "5m", bucket_s: 300, block_s: 86_400, kept: limits::METRIC_FIVES_KEPT },
    Tier { name: "60m", bucket_s: 3600, block_s: 30 * 86_400, kept: limits::METRIC_HOURS_KEPT },
];

impl Tier {
    pub(super) fn is_finest(&self) -> bool {
        *self == TIERS[0]
    }

    /// Where the block begins that holds this second.
    pub(super) const fn block(&self, at_s: i64) -> i64 {
        at_s - at_s.rem_euclid(self.block_s)
    }

    /// Where the bucket begins that holds this second.
    pub(super) const fn bucket(&self, at_s: i64) -> i64 {
        at_s - at_s.rem_euclid(self.bucket_s)
    }

    /// Where a block stands.
    pub(super) fn key(&self, place: &Place, id: &str, block_s: i64) -> Key {
        let start = format!("{:012}", block_s.max(0));
        Key::of([place.account.as_str(), place.region.as_str(), id, self.name, &start])
    }

    /// All blocks of one metric.
    pub(super) fn blocks(&self, place: &Place, id: &str) -> Prefix {
        Prefix::under([place.account.as_str(), place.region.as_str(), id, self.name])
    }
}

impl Metrics {
    /// The stored blocks of a metric that touch this span of seconds, each with where it begins; so many are read at once.
    pub(super) async fn stored(
        &self,
        place: &Place,
        id: &str,
        tier: &Tier,
        (from_s, until_s): (i64, i64),
        at_once: usize,
    ) -> Result<Vec<(i64, Buckets)>, StoreError> {
        let prefix = tier.blocks(place, id);
        let (mut after, mut found) = (tier.key(place, id, tier.block(from_s) - 1), Vec::new());
        loop {
            let page = self.store.list(&tables::METRIC_BLOCKS, &prefix, Some(&after), at_once).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.key.clone();
            for record in page {
                let block_s = record.key.last().parse().unwrap_or(0);
                if block_s >= until_s {
                    return Ok(found);
                }
                found.push((block_s, record.value.into_iter().collect()));
            }
        }
    }
}
