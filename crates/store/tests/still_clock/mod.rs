//! A clock that stands until it is moved, for the tests beside it. Never reads the real time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lambent_core::time::{RealClock, Timestamp};

/// The point in time it shows.
#[derive(Debug)]
pub(crate) struct StillClock(AtomicI64);

impl StillClock {
    /// A clock that stands at `ms` since the epoch.
    pub(crate) fn at(ms: i64) -> Self {
        Self(AtomicI64::new(ms))
    }

    /// Moves it to `ms` since the epoch.
    #[expect(clippy::allow_attributes, reason = "each test file is a crate of its own and not all move it")]
    #[allow(dead_code, reason = "each test file is a crate of its own and not all move it")]
    pub(crate) fn move_to(&self, ms: i64) {
        self.0.store(ms, Ordering::Release);
    }
}

impl RealClock for StillClock {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Acquire))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}
