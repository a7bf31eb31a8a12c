//! Points in time, and the two clocks they come from: the real one, and AWS's, which can be moved. Never reads a clock itself:
//! the binary brings both.

use std::fmt::Debug;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// From `2026-01-02T03:04:05.678Z` or with an offset, fractions rounded down; none for other text.
    #[must_use]
    pub fn read_iso(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|read| Self(read.as_millisecond()))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This point moved forward; it stands still at the end of representable time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(ms))
    }

    /// This point moved back; it stands still at the beginning of representable time.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(ms))
    }

    /// The span since `earlier`, zero if that lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// `2026-01-02T03:04:05.678+0000`, as Lambda prints `LastModified`.
    #[must_use]
    pub fn to_lambda_string(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3f+0000")
    }

    /// `2026-01-02T03:04:05.678Z`, as log lines print it.
    #[must_use]
    pub fn to_iso_string(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    /// Formatted in UTC by a `strftime` pattern; the epoch for a point beyond the year 9999.
    #[must_use]
    pub fn format(self, pattern: &str) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .strftime(pattern)
            .to_string()
    }
}

/// The real time: of signatures, of sessions and of files, which others make by their own clocks, and of all work. The
/// system's clock in the binary, a paused one in tests.
pub trait RealClock: Debug + Send + Sync {
    /// The wall clock; it may jump.
    fn wall(&self) -> Timestamp;

    /// Time since some fixed point; it never goes back. For durations and time limits of work.
    fn monotonic(&self) -> Duration;
}

/// AWS's time: what everything is stamped with, and what is due by it. The real time, unless somebody moves it forward or
/// lets it run faster; it never goes back by itself.
pub trait Clock: RealClock {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// AWS's time since some fixed point; it never goes back. For ages, and for pauses that AWS makes.
    fn elapsed(&self) -> Duration;

    /// How long a span of this time really takes, unless it is moved meanwhile.
    fn real(&self, span: Duration) -> Duration;

    /// This moment, for what is limited by one of the two times and ages by the other.
    fn moment(&self) -> Moment {
        Moment { real: self.monotonic(), aged: self.elapsed() }
    }
}

/// A moment on two clocks that never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Real time, which limits work.
    pub real: Duration,
    /// AWS's time, in which things age.
    pub aged: Duration,
}

impl From<Duration> for Moment {
    /// The same on both.
    fn from(both: Duration) -> Self {
        Self { real: both, aged: both }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_modified_has_an_offset_without_colon() {
        let t = Timestamp::from_millis(1_767_323_045_678);
        assert_eq!(t.to_lambda_string(), "2026-01-02T03:04:05.678+0000");
        assert_eq!(Timestamp::from_millis(0).to_iso_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_time_with_an_offset_is_read() {
        let read = |text| Timestamp::read_iso(text).map(Timestamp::as_millis);
        assert_eq!(read("2026-01-02T03:04:05.678Z"), Some(1_767_323_045_678));
        assert_eq!(read("2026-01-02T05:04:05+02:00"), Some(1_767_323_045_000));
        assert_eq!((read("2026-01-02"), read("now")), (None, None));
    }

    #[test]
    fn a_span_into_the_future_is_zero() {
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(9)), Duration::ZERO);
    }
}
