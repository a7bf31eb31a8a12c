//! Functions that came lately and have not run yet: the host is told that a sandbox like the last of their kind may be
//! needed soon. Never starts one, and knows nothing of kinds that have not run since the server was started.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::configuration::Configuration;
use lambent_sandbox::Spec;

use crate::Dispatcher;

/// How many kinds are remembered.
const KINDS_MAX: usize = 32;

/// From what sandboxes of each kind of function were started: runtime and memory, by which interpreters are started.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    specs: Mutex<BTreeMap<(String, u32), Spec>>,
}

impl Kinds {
    /// Remembers what a sandbox is started from, without what is its function's alone.
    pub(crate) fn learn(&self, configuration: &Configuration, spec: &Spec) {
        let mut specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kind(configuration);
        if spec.early.is_none() || specs.get(&kind).is_some_and(|known| known.early == spec.early) {
            return;
        }
        if specs.len() >= KINDS_MAX {
            specs.pop_first();
        }
        specs.insert(kind, Spec { environment: BTreeMap::new(), ..spec.clone() });
    }

    fn find(&self, configuration: &Configuration) -> Option<Spec> {
        let specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        specs.get(&kind(configuration)).cloned()
    }
}

fn kind(configuration: &Configuration) -> (String, u32) {
    (configuration.runtime.clone(), configuration.memory_mib)
}

impl Dispatcher {
    /// A function has changed: if nothing of it has been started as it is now, that may be soon.
    pub(crate) fn expect(&self, id: &FunctionId) {
        let Ok(route) = self.routes.find(id, &Qualifier::Latest, || 0.0) else { return };
        if route.program.get().is_some() {
            return;
        }
        if let Some(spec) = self.routes.kinds.find(&route.deployment.configuration) {
            self.host.expect(&spec);
        }
    }
}
