//! When a reader stops: its mapping has changed, or the server drains. Never stops what was received.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Tells a reader to stop.
#[derive(Debug)]
pub(super) struct Stop {
    /// Each change of the mapping.
    pub(super) changes: watch::Receiver<u64>,
    /// The server drains.
    pub(super) draining: CancellationToken,
}

impl Stop {
    /// From now on only what comes counts.
    pub(super) fn begin(&mut self) {
        self.changes.mark_unchanged();
    }

    /// Whether it is told.
    pub(super) fn is_now(&self) -> bool {
        self.is_draining() || self.changes.has_changed().unwrap_or(true)
    }

    /// Whether the server drains.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Does work unless it is told; then nothing.
    pub(super) async fn until<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        // `changed` would take the change for seen.
        let mut changes = self.changes.clone();
        tokio::select! {
            biased;
            () = self.draining.cancelled() => None,
            _ = changes.changed() => None,
            done = work => Some(done),
        }
    }
}
