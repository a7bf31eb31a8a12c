//! A clock that stands still until it is moved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lambent_core::time::{Clock, RealClock, Timestamp};

use crate::TestServer;

/// Noon of the 2nd of January 2026, where every test begins.
const START_MS: i64 = 1_767_355_200_000;

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct PausedClock {
    real: AtomicU64,
    ahead: AtomicU64,
}

impl PausedClock {
    /// Lets time pass.
    pub fn advance(&self, span: Duration) {
        self.real.fetch_add(nanos(span), Ordering::SeqCst);
    }

    /// Moves AWS's time forward, as a person does: no real time passes.
    pub fn jump(&self, span: Duration) {
        self.ahead.fetch_add(nanos(span), Ordering::SeqCst);
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

impl TestServer {
    /// Moves AWS's time forward, as a person does who wants to see what comes: whatever is due then is done now.
    pub fn jump(&self, span: Duration) {
        self.clock.jump(span);
        self.server.waiter().moved();
    }
}

impl RealClock for PausedClock {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(START_MS).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.real.load(Ordering::SeqCst))
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(START_MS).plus(self.elapsed())
    }

    fn elapsed(&self) -> Duration {
        self.monotonic() + Duration::from_nanos(self.ahead.load(Ordering::SeqCst))
    }

    fn real(&self, span: Duration) -> Duration {
        span
    }
}
