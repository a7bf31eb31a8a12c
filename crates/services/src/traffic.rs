//! What requests under way share: room for their bodies, and the end of the server. Never looks into one.

use lambent_core::limits::UNCHECKED_BODIES_MAX_BYTES;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Room is given out in pieces of this size: small enough that every connection can have one.
pub(crate) const ROOM_PIECE_BYTES: usize = 64 * 1024;

/// What requests under way share.
pub(crate) struct Traffic {
    /// Room for bodies whose signature is not checked yet, a permit for each piece.
    pub(crate) room: Semaphore,
    /// Requests that have come whole and are not answered.
    pub(crate) whole: TaskTracker,
    /// Bodies that are thrown away. Nobody waits for them.
    pub(crate) refused: TaskTracker,
    /// Set when nothing is waited for any more.
    pub(crate) ending: CancellationToken,
}

impl Traffic {
    pub(crate) fn new() -> Self {
        Self {
            room: Semaphore::new(UNCHECKED_BODIES_MAX_BYTES / ROOM_PIECE_BYTES),
            whole: TaskTracker::new(),
            refused: TaskTracker::new(),
            ending: CancellationToken::new(),
        }
    }
}
