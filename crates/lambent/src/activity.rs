//! Whether a connection is of use: it must begin a first request soon, and may not rest for too long after. One timer for
//! a connection, none for a request. Never looks into a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lambent_core::limits::{CONNECTION_HEAD_MAX, CONNECTION_IDLE_MAX};
use tokio::time::sleep;

/// What happened on one connection.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Activity {
    /// A request that begins; it ends when this is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Request {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Request(Arc::clone(self))
    }

    /// Waits until the connection is of no use any more.
    pub(crate) async fn useless(&self) {
        sleep(CONNECTION_HEAD_MAX).await;
        let mut seen = 0;
        loop {
            let (begun, ended) = (self.begun.load(Ordering::Relaxed), self.ended.load(Ordering::Relaxed));
            // Nothing runs, and nothing ran since the last look.
            if begun == ended && begun == seen {
                return;
            }
            seen = ended;
            sleep(CONNECTION_IDLE_MAX / 2).await;
        }
    }
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Request(Arc<Activity>);

impl Drop for Request {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_is_soon_useless() {
        let start = Instant::now();
        Activity::default().useless().await;
        assert_eq!(start.elapsed(), CONNECTION_HEAD_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_runs_is_waited_for_and_a_rest_has_its_limit() {
        let activity = Arc::new(Activity::default());
        let running = activity.begin();
        let useless = activity.useless();
        tokio::pin!(useless);
        assert!(timeout(CONNECTION_IDLE_MAX * 5, &mut useless).await.is_err());
        drop(running);
        let start = Instant::now();
        useless.await;
        assert!(start.elapsed() <= CONNECTION_IDLE_MAX);
    }
}
