//! One sandbox's place among all: its user id, and that it is counted. Never outlives what it stands for.

use std::sync::Arc;

use super::{Inner, step};
use crate::BootError;

/// A user id in use, and one sandbox counted.
#[derive(Debug)]
pub(super) struct Place {
    inner: Arc<Inner>,
    pub(super) id: u32,
}

impl Place {
    pub(super) fn take(inner: &Arc<Inner>) -> Result<Self, BootError> {
        let id = inner.state().uids.take().ok_or_else(|| step("take a user id", "all are in use"))?;
        inner.count.send_modify(|count| *count += 1);
        Ok(Self { inner: Arc::clone(inner), id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.state().uids.give_back(self.id);
        self.inner.count.send_modify(|count| *count -= 1);
    }
}
