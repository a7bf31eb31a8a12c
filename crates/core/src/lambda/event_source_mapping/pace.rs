//! How many batches of one queue run at once: five to begin with, more the longer messages wait, and few again when the
//! function is throttled. Never starts one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>

use std::time::Duration;

use super::Settings;
use crate::limits::{BATCHES_AT_FIRST, BATCHES_AT_ONCE_MAX, BATCHES_MORE_PER_SECOND, BATCHES_PER_POLLER};

/// The pace of one mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    first: usize,
    max: usize,
    /// Since when there was always another message.
    busy_since: Option<Duration>,
}

impl Pace {
    /// The pace that a mapping begins with.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let number = |given: Option<i32>| given.and_then(|given| usize::try_from(given).ok());
        let pollers = settings.pollers.as_ref();
        let by_pollers = |given: Option<i32>| number(given).map(|pollers| pollers * BATCHES_PER_POLLER);
        let max = number(settings.concurrency_max)
            .or_else(|| by_pollers(pollers?.max))
            .unwrap_or(BATCHES_AT_ONCE_MAX);
        let first = by_pollers(pollers.and_then(|pollers| pollers.min)).unwrap_or(BATCHES_AT_FIRST);
        Self { first: first.min(max), max, busy_since: None }
    }

    /// How many batches may run at this time.
    #[must_use]
    pub fn limit(&self, now: Duration) -> usize {
        let busy_s = self.busy_since.map_or(0, |since| now.saturating_sub(since).as_secs());
        let more = usize::try_from(busy_s).unwrap_or(usize::MAX).saturating_mul(BATCHES_MORE_PER_SECOND);
        self.first.saturating_add(more).min(self.max)
    }

    /// There was another message.
    pub fn busy(&mut self, now: Duration) {
        self.busy_since.get_or_insert(now);
    }

    /// There was none, or the function was throttled: as at the beginning.
    pub fn slow(&mut self) {
        self.busy_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pollers;
    use super::*;

    fn at(pace: &Pace, seconds: u64) -> usize {
        pace.limit(Duration::from_secs(seconds))
    }

    #[test]
    fn three_hundred_more_run_each_minute() {
        let mut pace = Pace::new(&Settings::default());
        assert_eq!(at(&pace, 1000), 5);
        pace.busy(Duration::from_secs(100));
        pace.busy(Duration::from_secs(130));
        assert_eq!((at(&pace, 100), at(&pace, 160), at(&pace, 10_000)), (5, 305, 1250));
        pace.slow();
        assert_eq!(at(&pace, 10_000), 5);
    }

    #[test]
    fn the_settings_bound_it() {
        let mut pace = Pace::new(&Settings { concurrency_max: Some(2), ..Settings::default() });
        pace.busy(Duration::ZERO);
        assert_eq!((at(&pace, 0), at(&pace, 600)), (2, 2));
        let pollers = Some(Pollers { min: Some(3), max: Some(4), group: None });
        let mut pace = Pace::new(&Settings { pollers, ..Settings::default() });
        pace.busy(Duration::ZERO);
        assert_eq!((at(&pace, 0), at(&pace, 600)), (30, 40));
    }
}
