//! Freezes environments a moment after they became idle, so that calls back to back never pay for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lambent_core::time::Clock;
use tokio::sync::Notify;

use crate::route::Route;

/// How long an environment stays awake after its last invocation.
const AWAKE: Duration = Duration::from_millis(1);

/// The pools that hold idle environments which still run.
#[derive(Debug, Default)]
pub(crate) struct Freezer {
    awake: Mutex<Vec<Arc<Route>>>,
    wake: Notify,
}

impl Freezer {
    /// Puts a route on the list; its pool calls for it once until it is off again.
    pub(crate) fn watch(&self, route: Arc<Route>) {
        self.awake.lock().unwrap_or_else(PoisonError::into_inner).push(route);
        self.wake.notify_one();
    }

    /// Runs until dropped.
    pub(crate) async fn run(&self, clock: &dyn Clock) {
        loop {
            self.wake.notified().await;
            while self.round(clock.monotonic()) {
                tokio::time::sleep(AWAKE).await;
            }
        }
    }

    /// One look at every pool on the list; tells whether the list still has some.
    fn round(&self, now: Duration) -> bool {
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        let before = now.saturating_sub(AWAKE);
        awake.retain(|route| route.pool.freeze_idle_since(before));
        !awake.is_empty()
    }
}
