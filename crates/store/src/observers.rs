//! Who in this process is told of changes. Never loses one: calls are synchronous and in commit order.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use tracing::error;

use crate::Change;

pub(crate) type Observer = Arc<dyn Fn(&Change) + Send + Sync>;

/// The observers of each table.
#[derive(Default)]
pub(crate) struct Observers {
    by_table: RwLock<HashMap<&'static str, Vec<Observer>>>,
}

impl Observers {
    pub(crate) fn add(&self, table: &'static str, observer: Observer) {
        let mut by_table = self.by_table.write().unwrap_or_else(PoisonError::into_inner);
        by_table.entry(table).or_default().push(observer);
    }

    pub(crate) fn tell(&self, change: &Change) {
        // Copied out, so that an observer may itself add an observer.
        let observers = {
            let by_table = self.by_table.read().unwrap_or_else(PoisonError::into_inner);
            by_table.get(change.table).cloned().unwrap_or_default()
        };
        observers.iter().for_each(|observer| call(observer, change));
    }
}

/// Calls one observer. Its panic is its own: the commit is durable, and the writer must go on for all others.
pub(crate) fn call(observer: &Observer, change: &Change) {
    if catch_unwind(AssertUnwindSafe(|| observer(change))).is_err() {
        error!(table = change.table, key = %change.key, sequence = %change.sequence, "observer panicked");
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers").finish_non_exhaustive()
    }
}
