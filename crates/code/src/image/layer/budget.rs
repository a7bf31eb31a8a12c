//! How much several layers may unpack to together. Never gives back what was taken: who fails takes the image with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that may still be written; a clone is another handle to the same.
#[derive(Debug, Clone)]
pub(in crate::image) struct Budget(Arc<AtomicU64>);

impl Budget {
    pub(in crate::image) fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// Takes some, or nothing if there is less left.
    pub(in crate::image) fn take(&self, bytes: u64) -> bool {
        // A count that nothing else hangs on.
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}
