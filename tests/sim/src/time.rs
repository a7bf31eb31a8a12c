//! The clocks of a world, tied to tokio's, which stands still while there is work. The wall clock may jump, and goes on while
//! the server is down; AWS's time may be moved forward and run faster, and never goes back but with the wall clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambent_core::time::{Clock, RealClock, Timestamp};
use tokio::time::Instant;

/// Noon of the 2nd of January 2026, where every world begins.
const START_MS: i64 = 1_767_355_200_000;

/// Both clocks.
#[derive(Debug)]
pub(crate) struct SimClock {
    inner: Mutex<Inner>,
    /// So many times as fast as real time AWS's passes.
    scale: u32,
}

#[derive(Debug, Default)]
struct Inner {
    /// When the server was started; none while there is none.
    began: Option<Instant>,
    /// All time before that.
    before: Duration,
    /// By how much the wall clock has jumped.
    jumped_ms: i64,
    /// By how much AWS's time was moved, and ran ahead while servers were there before.
    ahead: Duration,
}

impl Inner {
    /// Since the server was started.
    fn up(&self) -> Duration {
        self.began.map_or(Duration::ZERO, |began| began.elapsed())
    }
}

impl SimClock {
    /// AWS's time passes so many times as fast as real time.
    pub(crate) fn new(scale: u32) -> Self {
        Self { inner: Mutex::default(), scale }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A server starts.
    pub(crate) fn begin(&self) {
        self.inner().began = Some(Instant::now());
    }

    /// The server has ended, and the next starts after this.
    pub(crate) fn end(&self, down: Duration) {
        let ahead = self.ahead();
        let mut inner = self.inner();
        inner.before = inner.before + down + inner.up();
        inner.ahead = ahead;
        inner.began = None;
    }

    /// The wall clock jumps.
    pub(crate) fn jump(&self, by_ms: i64) {
        self.inner().jumped_ms += by_ms;
    }

    /// AWS's time is moved forward; whoever waits for it is to be told.
    pub(crate) fn advance(&self, span: Duration) {
        self.inner().ahead += span;
    }

    /// Real time since the beginning of the world.
    pub(crate) fn age(&self) -> Duration {
        let inner = self.inner();
        inner.before + inner.up()
    }

    fn ahead(&self) -> Duration {
        let inner = self.inner();
        inner.ahead + inner.up() * (self.scale - 1)
    }
}

impl RealClock for SimClock {
    fn wall(&self) -> Timestamp {
        let jumped_ms = self.inner().jumped_ms;
        Timestamp::from_millis(START_MS + jumped_ms).plus(self.age())
    }

    fn monotonic(&self) -> Duration {
        self.inner().up()
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.wall().plus(self.ahead())
    }

    fn elapsed(&self) -> Duration {
        self.monotonic() + self.ahead()
    }

    fn real(&self, span: Duration) -> Duration {
        span / self.scale
    }
}
