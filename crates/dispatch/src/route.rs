//! Which deployment of a function runs now. In memory, kept current by the store's change feed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::function::{Deployment, Function};
use lambent_core::lambda::state::{Reason, State};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::InvokeError;
use crate::environment::Environment;
use crate::pool::Pool;
use crate::program::Program;

/// One deployment of one function, with its environments.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) id: FunctionId,
    pub(crate) incarnation: Uuid,
    pub(crate) deployment: Deployment,
    pub(crate) version: String,
    pub(crate) program: OnceCell<Program>,
    pub(crate) pool: Pool,
}

#[derive(Debug)]
enum Entry {
    Pending,
    Failed(Reason),
    Ready(Arc<Route>),
}

/// All functions, by name.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    entries: RwLock<HashMap<FunctionId, Entry>>,
}

impl Routes {
    /// What runs for this function.
    pub(crate) fn find(&self, id: &FunctionId) -> Result<Arc<Route>, InvokeError> {
        match self.entries.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            None => Err(InvokeError::NotFound),
            Some(Entry::Pending) => Err(InvokeError::Pending),
            Some(Entry::Failed(reason)) => Err(InvokeError::Failed(reason.clone())),
            Some(Entry::Ready(route)) => Ok(Arc::clone(route)),
        }
    }

    /// Every route that runs now.
    pub(crate) fn all(&self) -> Vec<Arc<Route>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries
            .values()
            .filter_map(|e| if let Entry::Ready(r) = e { Some(Arc::clone(r)) } else { None })
            .collect()
    }

    /// Follows one function; hands out the environments that must not be used any more.
    pub(crate) fn set(&self, function: &Function) -> Vec<Environment> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let old = match entries.get(&function.id) {
            Some(Entry::Ready(route)) if route.runs(function) => return Vec::new(),
            Some(Entry::Ready(route)) => Some(Arc::clone(route)),
            Some(Entry::Pending | Entry::Failed(_)) | None => None,
        };
        entries.insert(function.id.clone(), Entry::of(function));
        drop(entries);
        old.map(|route| route.pool.retire()).unwrap_or_default()
    }

    /// Forgets a function; hands out the environments that must not be used any more.
    pub(crate) fn remove(&self, id: &FunctionId) -> Vec<Environment> {
        let old = self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(Entry::Ready(route)) = old { route.pool.retire() } else { Vec::new() }
    }
}

impl Entry {
    fn of(function: &Function) -> Self {
        match (&function.state, function.running()) {
            (State::Failed(reason), _) => Self::Failed(reason.clone()),
            (State::Pending | State::Active, Some(deployment)) => Self::Ready(Arc::new(Route {
                id: function.id.clone(),
                incarnation: function.incarnation,
                deployment: deployment.clone(),
                version: "$LATEST".to_owned(),
                program: OnceCell::new(),
                pool: Pool::default(),
            })),
            (State::Pending | State::Active, None) => Self::Pending,
        }
    }
}

impl Route {
    /// Whether this is what the function runs now.
    fn runs(&self, function: &Function) -> bool {
        self.incarnation == function.incarnation
            && function.running().is_some_and(|running| running.number == self.deployment.number)
    }
}
