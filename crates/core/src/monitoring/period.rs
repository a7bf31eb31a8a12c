//! The spans that values are put together in: which are allowed, and where they begin. Never reads a clock.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

use crate::limits::{METRIC_FIVES_KEPT, METRIC_MINUTES_KEPT};
use crate::time::Timestamp;

const MINUTE_S: i64 = 60;

/// Whether values can be asked for by this period, in seconds.
#[must_use]
pub const fn is_period(period_s: i64) -> bool {
    matches!(period_s, 1 | 5 | 10 | 20 | 30) || (period_s > 0 && period_s % MINUTE_S == 0)
}

/// The spans of one question: they begin at its start, rounded down to what is kept of that age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spans {
    /// Where the first begins, in seconds since the epoch.
    pub first_s: i64,
    /// Where the last has ended; a span that begins here is not asked for.
    pub end_s: i64,
    /// How long each is.
    pub period_s: i64,
}

impl Spans {
    /// Those of a period between two times, asked for `now`.
    #[must_use]
    pub fn new(start: Timestamp, end: Timestamp, period_s: i64, now: Timestamp) -> Self {
        let period_s = period_s.max(1);
        let age = now.since(start);
        let step_s = match () {
            () if age > METRIC_FIVES_KEPT => 60 * MINUTE_S,
            () if age > METRIC_MINUTES_KEPT => 5 * MINUTE_S,
            () if period_s < MINUTE_S => period_s,
            () => MINUTE_S,
        };
        let start_s = start.as_secs();
        // What lasts a part of a second more is asked for too.
        let end_s = end.as_millis().saturating_add(999).div_euclid(1000);
        Self { first_s: start_s - start_s.rem_euclid(step_s), end_s, period_s }
    }

    /// Where the span begins that holds this second; none outside.
    #[must_use]
    pub const fn of(&self, second: i64) -> Option<i64> {
        if second < self.first_s || second >= self.end_s {
            return None;
        }
        Some(second - (second - self.first_s).rem_euclid(self.period_s))
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> i64 {
        let span_s = self.end_s.saturating_sub(self.first_s);
        if span_s <= 0 { 0 } else { span_s.saturating_add(self.period_s - 1) / self.period_s }
    }

    /// Where each begins.
    pub fn starts(&self) -> impl Iterator<Item = i64> + use<> {
        let Self { first_s, period_s, .. } = *self;
        (0..self.count()).map(move |number| first_s + number * period_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn spans(start_ms: i64, end_ms: i64, period_s: i64) -> Spans {
        let now_ms = NOW.as_millis();
        let at = |ms: i64| Timestamp::from_millis(now_ms + ms);
        Spans::new(at(start_ms), at(end_ms), period_s, NOW)
    }

    #[test]
    fn periods_are_those_that_aws_knows() {
        for (period_s, ok) in [(1, true), (5, true), (60, true), (3600, true), (0, false), (-60, false)] {
            assert_eq!(is_period(period_s), ok, "{period_s}");
        }
        assert!(!is_period(2) && !is_period(61) && is_period(30) && is_period(20));
    }

    #[test]
    fn the_start_is_rounded_down_by_its_age() {
        let day_ms = 86_400_000;
        let offset = |start_ms: i64, period_s| spans(start_ms, 0, period_s).first_s - NOW.as_secs();
        assert_eq!(offset(-61_500, 60), -120);
        assert_eq!(offset(-61_500, 300), -120, "not to the period");
        assert_eq!(offset(-61_500, 10), -70);
        assert_eq!(offset(-16 * day_ms - 1000, 60) % 300, 0);
        assert_eq!(offset(-64 * day_ms - 1000, 60) % 3600, 0);
    }

    #[test]
    fn each_second_has_one_span_and_the_end_has_none() {
        let spans = spans(-600_000, 0, 300);
        let (first, end) = (spans.first_s, spans.end_s);
        assert_eq!(spans.starts().collect::<Vec<_>>(), [first, first + 300]);
        assert_eq!([spans.of(first), spans.of(first + 299)], [Some(first); 2]);
        assert_eq!([spans.of(first + 300), spans.of(end - 1)], [Some(first + 300); 2]);
        assert_eq!([spans.of(first - 1), spans.of(end)], [None; 2]);
        assert_eq!(Spans { end_s: first, ..spans }.count(), 0);
    }
}
