//! A clock that stands still until it is moved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lambent_core::time::{Clock, Timestamp};

/// Noon of the 2nd of January 2026, where every test begins.
const START_MS: i64 = 1_767_355_200_000;

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct PausedClock(AtomicU64);

impl PausedClock {
    /// Moves it forward.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(START_MS).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }
}
