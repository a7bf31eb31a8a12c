//! Points in time and the clock they come from. Never reads a clock itself: the binary brings one.

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

/// Where time comes from: the system's clock in the binary, a paused one in tests.
pub trait Clock: Debug + Send + Sync {
    /// The wall clock; it may jump.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point; it never goes back. For durations.
    fn monotonic(&self) -> Duration;
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
    fn a_span_into_the_future_is_zero() {
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(9)), Duration::ZERO);
    }
}
