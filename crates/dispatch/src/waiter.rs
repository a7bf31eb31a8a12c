//! Waiting for AWS's time, which ends at once when the clock is moved beyond the end. For retry pauses, ages, schedules and
//! whatever else AWS would wait for; real work (timeouts of functions, sockets, the store) is waited for with
//! `tokio::time`. Never moves the clock.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits::ROUND_MIN;
use lambent_core::time::{Clock, Timestamp};
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long one looks away at most: the wall clock may have jumped meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Waits for AWS's time. Clones are one: who moves the clock tells any of them.
#[derive(Debug, Clone)]
pub struct Waiter {
    clock: Arc<dyn Clock>,
    moves: Arc<Notify>,
}

impl Waiter {
    /// Waits for the time of this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, moves: Arc::default() }
    }

    /// The clock was moved, or runs at another speed: everybody who waits looks at it again, who waits longest first. A
    /// watched value would wake them in an order that no seed repeats.
    pub fn moved(&self) {
        self.moves.notify_waiters();
    }

    /// Waits until the clock shows `then`. It may end a little early: look at the clock again, as one that was woken does.
    pub async fn until(&self, then: Timestamp) {
        loop {
            // Before the clock is read, so that no move falls between the two.
            let moved = self.moves.notified();
            let left = self.clock.real(then.since(self.clock.now()));
            if left.is_zero() {
                return;
            }
            let waited = timeout(left.min(LOOK_AGAIN), moved).await;
            if waited.is_err() && left <= LOOK_AGAIN {
                return;
            }
        }
    }

    /// Waits until so much of AWS's time has passed.
    pub async fn sleep(&self, span: Duration) {
        let end = self.clock.elapsed().saturating_add(span);
        loop {
            let moved = self.moves.notified();
            let left = self.clock.real(end.saturating_sub(self.clock.elapsed()));
            if left.is_zero() || timeout(left, moved).await.is_err() {
                return;
            }
        }
    }

    /// The pause of work that is done again and again: so much of AWS's time, but really no shorter than [`ROUND_MIN`], so
    /// that a fast clock does not keep the server busy with it.
    pub async fn round(&self, every: Duration) {
        let rest = ROUND_MIN.saturating_sub(self.clock.real(every));
        self.sleep(every).await;
        tokio::time::sleep(rest).await;
    }
}

#[cfg(test)]
mod tests;
