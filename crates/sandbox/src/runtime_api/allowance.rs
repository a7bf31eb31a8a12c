//! How much one sandbox may have sent and not yet have dealt with, over all its connections. Counts; holds no bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lambent_core::limits;

/// What all connections of one sandbox hold together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowance {
    held: Arc<AtomicUsize>,
}

/// What one connection holds of it. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    all: Allowance,
    held: usize,
}

impl Allowance {
    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share { all: self.clone(), held: 0 }
    }
}

impl Share {
    /// Holds this many bytes from now on. False if that is more than the sandbox may: then nothing changes.
    pub(crate) fn hold(&mut self, bytes: usize) -> bool {
        if let Some(more) = bytes.checked_sub(self.held).filter(|more| *more > 0) {
            let within = |held: usize| {
                held.checked_add(more).filter(|held| *held <= limits::RUNTIME_API_AHEAD_MAX_BYTES)
            };
            // Relaxed: a count, which nothing else is ordered by.
            if self.all.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).is_err() {
                return false;
            }
        } else if bytes < self.held {
            self.all.held.fetch_sub(self.held - bytes, Ordering::Relaxed);
        }
        self.held = bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowance, limits};

    #[test]
    fn shares_never_add_up_to_more_than_there_is() {
        let all = Allowance::default();
        let (mut one, mut other) = (all.share(), all.share());
        assert!(one.hold(limits::RUNTIME_API_AHEAD_MAX_BYTES - 1));
        assert!(other.hold(1));
        assert!(!other.hold(2));
        assert!(one.hold(10) && other.hold(2));
        drop(one);
        assert!(other.hold(limits::RUNTIME_API_AHEAD_MAX_BYTES));
        assert!(!other.hold(limits::RUNTIME_API_AHEAD_MAX_BYTES + 1));
    }
}
