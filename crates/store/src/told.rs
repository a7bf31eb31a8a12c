//! Up to which commit the observers of this process have been told. Nobody reads of a commit before they have been: what a
//! reader is shown, such as the success of an update, is in force already. Never commits, never tells.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::{Revision, Sequence};

/// How far the observers are.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// A batch is being committed or told of.
    is_committing: AtomicBool,
    last: AtomicU64,
    moved: Notify,
}

impl Told {
    /// A batch is about to be committed.
    pub(crate) fn begin(&self) {
        self.is_committing.store(true, Ordering::SeqCst);
    }

    /// All observers have been told of this commit.
    pub(crate) fn reach(&self, sequence: Sequence) {
        self.last.fetch_max(sequence.0, Ordering::SeqCst);
    }

    /// The batch is over.
    pub(crate) fn end(&self) {
        self.is_committing.store(false, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// Waits until the observers have been told of what was read; nearly always they have.
    pub(crate) async fn of(&self, revision: Revision) {
        loop {
            let moved = self.moved.notified();
            if revision.0 <= self.last.load(Ordering::SeqCst) || !self.is_committing.load(Ordering::SeqCst) {
                return;
            }
            moved.await;
        }
    }
}
