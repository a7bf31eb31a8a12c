//! The clock of a world: tied to tokio's, which stands still while there is work. The wall clock may be moved, and goes on
//! while the server is down; the other begins anew with each server.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambent_core::time::{Clock, Timestamp};
use tokio::time::Instant;

/// Noon of the 2nd of January 2026, where every world begins.
const START: Timestamp = Timestamp::from_millis(1_767_355_200_000);

/// A clock that stands still while there is work.
#[derive(Debug, Default)]
pub(crate) struct SimClock(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// When the server was started; none while there is none.
    began: Option<Instant>,
    /// All time before that.
    before: Duration,
    moved_ms: i64,
}

impl SimClock {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A server starts.
    pub(crate) fn begin(&self) {
        self.inner().began = Some(Instant::now());
    }

    /// The server has ended, and the next starts after this.
    pub(crate) fn end(&self, down: Duration) {
        let mut inner = self.inner();
        let began = inner.began.take();
        inner.before += down + began.map_or(Duration::ZERO, |began| began.elapsed());
    }

    /// Moves the wall clock.
    pub(crate) fn jump(&self, by_ms: i64) {
        self.inner().moved_ms += by_ms;
    }

    /// Time since the beginning of the world.
    pub(crate) fn age(&self) -> Duration {
        let inner = self.inner();
        inner.before + inner.began.map_or(Duration::ZERO, |began| began.elapsed())
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let moved = self.inner().moved_ms;
        let age_ms = i64::try_from(self.age().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(START.as_millis() + age_ms + moved)
    }

    fn monotonic(&self) -> Duration {
        self.inner().began.map_or(Duration::ZERO, |began| began.elapsed())
    }
}
