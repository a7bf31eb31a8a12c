//! One sandbox's place among all: its user id, and that it is counted. Never outlives what it stands for.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Inner, step};
use crate::BootError;
use crate::linux::cgroup;

/// A user id in use, and one sandbox counted.
#[derive(Debug)]
pub(super) struct Place {
    inner: Arc<Inner>,
    pub(super) id: u32,
    left: Vec<PathBuf>,
}

impl Place {
    pub(super) fn take(inner: &Arc<Inner>) -> Result<Self, BootError> {
        // One each time keeps them from piling up and costs a launch little.
        inner.free_held_ids(1);
        let taken = inner.state().uids.take();
        let id = taken.or_else(|| {
            let held = inner.state().uids.held();
            inner.free_held_ids(held);
            inner.state().uids.take()
        });
        let id = id.ok_or_else(|| step("take a user id", "all are in use"))?;
        inner.count.send_modify(|count| *count += 1);
        Ok(Self { inner: Arc::clone(inner), id, left: Vec::new() })
    }

    /// These cgroups could not be removed: nobody gets the user id until they are gone.
    pub(super) fn leave(&mut self, cgroups: Vec<PathBuf>) {
        self.left = cgroups;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.state().uids.give_back(self.id, std::mem::take(&mut self.left));
        self.inner.count.send_modify(|count| *count -= 1);
    }
}

impl Inner {
    /// Tries again to remove what is left under this many user ids.
    fn free_held_ids(&self, count: usize) {
        for _ in 0..count {
            let held = self.state().uids.look_again();
            let Some(held) = held else { return };
            let left = cgroup::retry(held.folders);
            self.state().uids.give_back(held.id, left);
        }
    }
}
