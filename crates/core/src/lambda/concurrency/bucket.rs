//! A bucket of tokens: how a rate is kept without counting windows. Never reads a clock.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>

use std::time::Duration;

use crate::limits::{INVOCATIONS_PER_CONCURRENCY_PER_SECOND, SCALING_BURST, SCALING_PER_SECOND};

/// So many parts make one token: a bucket that gets one token a second gets one part a nanosecond.
const PARTS: u64 = 1_000_000_000;

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_second: u64,
    burst: u64,
}

impl Rate {
    /// How fast a function may start environments.
    pub const SCALING: Self = Self { per_second: SCALING_PER_SECOND, burst: SCALING_BURST };

    /// How fast synchronous invocations may begin where so many may run at once: ten a second for each, and as many as in
    /// one second at the same moment. AWS does not say how large its bursts may be.
    #[must_use]
    pub fn of(concurrency: usize) -> Self {
        let concurrency = u64::try_from(concurrency).unwrap_or(u64::MAX);
        let per_second = concurrency.saturating_mul(INVOCATIONS_PER_CONCURRENCY_PER_SECOND);
        Self { per_second, burst: per_second }
    }
}

/// A bucket, full at first. Times are those of one clock that never goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    missing_parts: u64,
    at: Duration,
}

impl Bucket {
    /// Whether a token is in it.
    #[must_use]
    pub fn has(&self, rate: Rate, now: Duration) -> bool {
        rate.burst > 0 && self.missing(rate, now) <= rate.burst.saturating_sub(1).saturating_mul(PARTS)
    }

    /// Takes a token out, if one is in it.
    pub fn take(&mut self, rate: Rate, now: Duration) -> bool {
        let has = self.has(rate, now);
        self.settle(rate, now);
        if has {
            self.missing_parts = self.missing_parts.saturating_add(PARTS);
        }
        has
    }

    /// What came in until now came at this rate. To be called before a rate changes.
    pub fn settle(&mut self, rate: Rate, now: Duration) {
        *self = Self { missing_parts: self.missing(rate, now), at: self.at.max(now) };
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_full(&self, rate: Rate, now: Duration) -> bool {
        self.missing(rate, now) == 0
    }

    fn missing(&self, rate: Rate, now: Duration) -> u64 {
        // A bucket that has become smaller lacks no more than it holds.
        let missing = self.missing_parts.min(rate.burst.saturating_mul(PARTS));
        let passed = now.saturating_sub(self.at).as_nanos();
        let filled = passed.saturating_mul(u128::from(rate.per_second));
        missing.saturating_sub(u64::try_from(filled).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn taken(bucket: &mut Bucket, rate: Rate, now: Duration) -> usize {
        (0..100_000).take_while(|_| bucket.take(rate, now)).count()
    }

    #[test]
    fn ten_a_second_for_each_and_as_many_at_once() {
        let (mut bucket, rate) = (Bucket::default(), Rate::of(2));
        assert_eq!(taken(&mut bucket, rate, ms(0)), 20);
        assert_eq!(taken(&mut bucket, rate, ms(49)), 0);
        assert_eq!(taken(&mut bucket, rate, ms(50)), 1);
        assert_eq!(taken(&mut bucket, rate, ms(1050)), 20);
        assert_eq!(taken(&mut bucket, rate, ms(3_600_000)), 20, "what was not used is not added up");
    }

    #[test]
    fn a_thousand_environments_and_then_a_hundred_a_second() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, Rate::SCALING, ms(0)), 1000);
        assert_eq!(taken(&mut bucket, Rate::SCALING, ms(1000)), 100);
        assert_eq!(taken(&mut bucket, Rate::SCALING, ms(11_000)), 1000);
    }

    #[test]
    fn nothing_comes_out_where_nothing_may_run() {
        assert!(!Bucket::default().take(Rate::of(0), ms(9)));
    }

    #[test]
    fn a_smaller_bucket_is_full_after_a_second_and_a_clock_that_stands_still_fills_none() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, Rate::of(100), ms(5)), 1000);
        bucket.settle(Rate::of(100), ms(5));
        assert!(!bucket.take(Rate::of(1), ms(5)));
        assert!(!bucket.take(Rate::of(1), ms(0)));
        assert_eq!(taken(&mut bucket, Rate::of(1), ms(1005)), 10);
        assert!(bucket.is_full(Rate::of(1), ms(2005)));
    }

    #[test]
    fn enormous_numbers_overflow_nothing() {
        let mut bucket = Bucket::default();
        assert!(bucket.take(Rate::of(usize::MAX), Duration::MAX));
        assert!(bucket.take(Rate::of(usize::MAX), Duration::ZERO));
    }
}
