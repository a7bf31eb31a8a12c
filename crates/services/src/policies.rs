//! The resource policies of all functions, ready to decide requests. In memory, kept current by the store's change feed,
//! so that an invocation reads no store. Never decides itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use lambent_core::iam::Document;
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::function::Function;
use lambent_store::{Change, Store, tables};
use tracing::error;

/// How a function's record begins a policy. Functions without one are most, and are not decoded.
const POLICY: &str = "\"policy\":{";

type Documents = BTreeMap<Qualifier, Arc<Document>>;

/// Policies by function and qualifier; no entry where there is none.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    by_function: RwLock<HashMap<FunctionId, Documents>>,
}

impl Policies {
    /// Follows the changes of a store from now on. What is there already is taken in by [`Policies::take_in`].
    pub(crate) fn watch(store: &Store) -> Arc<Self> {
        let policies = Arc::new(Self::default());
        let watching = Arc::downgrade(&policies);
        store.watch(&tables::FUNCTIONS, move |change| {
            if let Some(policies) = watching.upgrade() {
                policies.apply(change);
            }
        });
        policies
    }

    /// Takes in one function as it is.
    pub(crate) fn take_in(&self, function: &Function) {
        let documents: Documents = function
            .settings
            .iter()
            .filter_map(|(qualifier, settings)| {
                let document = settings.policy.as_ref()?.document();
                // What is not understood allows nothing.
                let document = document.inspect_err(|fault| {
                    error!(function = function.id.arn(), %qualifier, %fault, "a stored policy cannot be read");
                });
                Some((qualifier.clone(), Arc::new(document.ok()?)))
            })
            .collect();
        self.set(&function.id, documents);
    }

    /// The policy of one qualifier; that of `$LATEST` is the function's own.
    pub(crate) fn find(&self, id: &FunctionId, qualifier: &Qualifier) -> Option<Arc<Document>> {
        let by_function = self.by_function.read().unwrap_or_else(PoisonError::into_inner);
        by_function.get(id)?.get(qualifier).cloned()
    }

    fn apply(&self, change: &Change) {
        let has_policy = change.value.as_ref().is_some_and(|json| json.contains(POLICY));
        let function = if has_policy { change.decode(&tables::FUNCTIONS) } else { Ok(None) };
        match (function, tables::function_id(&change.key)) {
            (Ok(Some(function)), _) => self.take_in(&function),
            (Ok(None), Some(id)) => self.set(&id, Documents::new()),
            (Ok(None), None) => error!(key = %change.key, "a function has no readable key"),
            (Err(fault), id) => {
                error!(%fault, "a function in the change feed cannot be read");
                id.iter().for_each(|id| self.set(id, Documents::new()));
            }
        }
    }

    fn set(&self, id: &FunctionId, documents: Documents) {
        let unknown = !self.by_function.read().unwrap_or_else(PoisonError::into_inner).contains_key(id);
        if documents.is_empty() && unknown {
            return;
        }
        let mut by_function = self.by_function.write().unwrap_or_else(PoisonError::into_inner);
        if documents.is_empty() {
            by_function.remove(id);
        } else {
            by_function.insert(id.clone(), documents);
        }
    }
}
