//! How the dispatcher keeps its routes current: it follows the tables of functions and versions. Never writes to them.

use std::sync::Arc;

use lambent_store::{Change, Store, StoreError, tables};
use tracing::error;

use crate::Dispatcher;
use crate::admission::Limits;

impl Dispatcher {
    /// Takes in all functions and versions and follows their changes from then on.
    pub(crate) async fn follow(self: &Arc<Self>, store: &Store) -> Result<(), StoreError> {
        store.follow(&tables::VERSIONS, self.observer(Self::apply_version)).await?;
        store.follow(&tables::FUNCTIONS, self.observer(Self::apply_function)).await
    }

    /// Shows changes to the dispatcher as long as it is there.
    pub(crate) fn observer(
        self: &Arc<Self>,
        apply: fn(&Self, &Change),
    ) -> impl Fn(&Change) + Send + Sync + 'static {
        let dispatcher = Arc::downgrade(self);
        move |change| {
            if let Some(dispatcher) = dispatcher.upgrade() {
                apply(&dispatcher, change);
                dispatcher.moved.notify_waiters();
            }
        }
    }

    fn apply_function(&self, change: &Change) {
        match change.decode(&tables::FUNCTIONS) {
            Ok(Some(function)) => {
                self.admission.set(&function.id, Limits::of(&function), self.clock.monotonic());
                self.recursion.set(&function.id, function.recursion_allowed);
                self.queue.function_changed(&function.id);
                let id = function.id.clone();
                self.stop_all(self.routes.set(function));
                self.tell_wanted(&id);
                self.expect(&id);
            }
            Ok(None) => match tables::function_id(&change.key) {
                Some(id) => {
                    self.admission.set(&id, Limits::default(), self.clock.monotonic());
                    self.recursion.set(&id, false);
                    self.queue.function_changed(&id);
                    self.stop_all(self.routes.remove(&id));
                }
                None => error!(key = %change.key, "a deleted function has no readable key"),
            },
            Err(fault) => error!(%fault, "a function in the change feed cannot be read"),
        }
    }

    fn apply_version(&self, change: &Change) {
        match change.decode(&tables::VERSIONS) {
            Ok(Some(version)) => {
                let id = version.id.clone();
                self.stop_all(self.routes.set_version(version));
                self.tell_wanted(&id);
            }
            Ok(None) => match tables::version_id(&change.key) {
                Some((id, number)) => self.stop_all(self.routes.remove_version(&id, number)),
                None => error!(key = %change.key, "a deleted version has no readable key"),
            },
            Err(fault) => error!(%fault, "a version in the change feed cannot be read"),
        }
    }
}
