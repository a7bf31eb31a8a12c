//! One metric in memory: the hours that are written next, and the last seconds. Never locks, never reads a file.

use std::collections::BTreeMap;

use lambent_core::limits::METRIC_SECONDS_KEPT;
use lambent_core::monitoring::bucket::Bucket;
use lambent_core::monitoring::metric::Series as Kept;
use lambent_core::time::Timestamp;

use super::Buckets;
use super::tier::TIERS;

/// A metric with what memory has of its values.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) kept: Kept,
    pub(super) id: String,
    /// Its record is not written as it is now.
    pub(super) unwritten: bool,
    /// Blocks of minutes by where they begin.
    pub(super) hours: BTreeMap<i64, Hour>,
    /// Buckets of a second.
    pub(super) seconds: Buckets,
}

/// One block of minutes.
#[derive(Debug, Default)]
pub(super) struct Hour {
    pub(super) buckets: Buckets,
    /// What the store has of it is in here.
    pub(super) whole: bool,
    /// It has what the store has not.
    pub(super) dirty: bool,
}

impl Series {
    pub(super) fn new(kept: Kept, unwritten: bool) -> Self {
        let id = kept.id();
        Self { kept, id, unwritten, hours: BTreeMap::new(), seconds: BTreeMap::new() }
    }

    pub(super) fn put(&mut self, at_s: i64, by_second: bool, values: &Bucket) {
        let tier = &TIERS[0];
        let (block_s, minute_s) = (tier.block(at_s), tier.bucket(at_s));
        let hour = self.hours.entry(block_s).or_default();
        hour.dirty = true;
        hour.buckets.entry(minute_s).or_default().merge(values);
        if by_second || !self.seconds.is_empty() {
            // What is not fine stands at the beginning of its minute.
            let second = if by_second { at_s } else { minute_s };
            self.seconds.entry(second).or_default().merge(values);
        }
        let last = Timestamp::from_millis(block_s.saturating_mul(1000));
        if last > self.kept.last {
            self.kept.last = last;
            self.unwritten = true;
        }
    }

    /// Forgets what is written and not used any more, and seconds that are too old.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let now_s = now.as_secs();
        let block_s = TIERS[0].block_s;
        self.hours.retain(|start_s, hour| hour.dirty || start_s + 2 * block_s > now_s);
        let since_s = now.minus(METRIC_SECONDS_KEPT).as_secs();
        self.seconds = self.seconds.split_off(&since_s);
    }
}
