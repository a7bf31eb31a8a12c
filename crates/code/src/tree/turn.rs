//! Whose turn it is to unpack a digest. Never knows what is unpacked.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Inner;
use crate::Digest;

/// Held by one caller for each digest; the others wait for it. Leaves nothing behind, however it ends.
#[derive(Debug)]
pub(super) struct Turn {
    inner: Arc<Inner>,
    digest: Digest,
    gate: Arc<Mutex<()>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turn {
    /// Waits for the turn at `digest`.
    pub(super) async fn at(inner: &Arc<Inner>, digest: Digest) -> Self {
        let gate = Arc::clone(inner.known().gates.entry(digest).or_default());
        let mut turn = Self { inner: Arc::clone(inner), digest, gate, guard: None };
        turn.guard = Some(Arc::clone(&turn.gate).lock_owned().await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Under this lock nobody can get hold of the gate, and our part in it is over before it ends.
        let mut known = self.inner.known();
        self.guard = None;
        let gate = std::mem::take(&mut self.gate);
        let (ours, the_maps) = (1, 1);
        if Arc::strong_count(&gate) == ours + the_maps {
            known.gates.remove(&self.digest);
        }
        drop(gate);
    }
}
