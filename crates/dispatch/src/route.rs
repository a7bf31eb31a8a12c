//! Which deployment a function's `$LATEST`, versions and aliases run now. In memory, kept current by the store's change
//! feed; the tables of functions and of versions are followed one by one, so neither may count on the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use lambent_core::lambda::alias::Alias;
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::function::{Deployment, Function};
use lambent_core::lambda::provisioned::{self, Shares};
use lambent_core::lambda::state::{Reason, State};
use lambent_core::lambda::version::{Version, VersionNumber};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::InvokeError;
use crate::environment::Environment;
use crate::expect::Kinds;
use crate::pool::Pool;
use crate::program::Program;
use crate::provisioner::Provisioned;

/// One deployment of one function, with its environments: what `$LATEST` runs, or a version.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) id: FunctionId,
    pub(crate) incarnation: Uuid,
    pub(crate) deployment: Deployment,
    /// `$LATEST`, or the number of a version.
    pub(crate) version: String,
    pub(crate) program: OnceCell<Program>,
    pub(crate) pool: Pool,
    pub(crate) provisioned: Provisioned,
}

#[derive(Debug)]
enum Entry {
    Pending,
    Failed(Reason),
    Ready(Arc<Route>),
}

/// What is known of one function.
#[derive(Debug, Default)]
struct Known {
    /// None until its record was seen, and once it is deleted.
    latest: Option<Latest>,
    /// Those of the function and, until their deletion is seen, of one of the same name that came before it.
    versions: BTreeMap<VersionNumber, (Uuid, Entry)>,
    /// Those that provisioned environments were wanted of when that was last asked.
    asked: BTreeSet<VersionNumber>,
}

#[derive(Debug)]
struct Latest {
    incarnation: Uuid,
    entry: Entry,
    aliases: BTreeMap<String, Alias>,
    /// Provisioned environments that are wanted of its versions.
    wanted: Shares,
}

/// All functions, by name.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    pub(crate) kinds: Kinds,
    functions: RwLock<HashMap<FunctionId, Known>>,
}

impl Routes {
    /// What runs for this function and qualifier. `draw` gives a number from 0.0 to 1.0, 1.0 excluded, where an alias
    /// splits its traffic.
    pub(crate) fn find(
        &self,
        id: &FunctionId,
        qualifier: &Qualifier,
        draw: impl FnOnce() -> f64,
    ) -> Result<Arc<Route>, InvokeError> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        let known = functions.get(id).ok_or(InvokeError::NotFound)?;
        let latest = known.latest.as_ref().ok_or(InvokeError::NotFound)?;
        let number = match qualifier {
            Qualifier::Latest => None,
            Qualifier::Version(text) => Some(VersionNumber::read(text).ok_or(InvokeError::NotFound)?),
            Qualifier::Alias(name) => latest.aliases.get(name).ok_or(InvokeError::NotFound)?.draw(draw),
        };
        let entry = match number {
            None => &latest.entry,
            Some(number) => match known.versions.get(&number) {
                Some((incarnation, entry)) if *incarnation == latest.incarnation => entry,
                Some(_) | None => return Err(InvokeError::NotFound),
            },
        };
        match entry {
            Entry::Pending => Err(InvokeError::Pending),
            Entry::Failed(reason) => Err(InvokeError::Failed(reason.clone())),
            Entry::Ready(route) => Ok(Arc::clone(route)),
        }
    }

    /// What runs for a version, if it can.
    pub(crate) fn version(&self, id: &FunctionId, number: VersionNumber) -> Option<Arc<Route>> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        functions.get(id)?.own_version(number).map(Arc::clone)
    }

    /// How many provisioned environments are wanted of each version of a function that has some, or had some when this was
    /// asked before. Others are not looked at: a function may have thousands, and this is asked for each of them.
    pub(crate) fn wanted(&self, id: &FunctionId) -> Vec<(Arc<Route>, u32)> {
        let mut functions = self.write();
        let Some(known) = functions.get_mut(id) else { return Vec::new() };
        let wanted = known.latest.as_ref().map(|latest| latest.wanted.clone()).unwrap_or_default();
        let mut numbers = std::mem::replace(&mut known.asked, wanted.keys().copied().collect());
        numbers.extend(wanted.keys());
        let count = |number| wanted.get(&number).copied().unwrap_or(0);
        let each = numbers.into_iter();
        each.filter_map(|number| Some((Arc::clone(known.own_version(number)?), count(number)))).collect()
    }

    /// Every route that runs now, in the order of the functions.
    pub(crate) fn all(&self) -> Vec<Arc<Route>> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        let mut known: Vec<_> = functions.iter().collect();
        known.sort_unstable_by_key(|(id, _)| *id);
        known.iter().flat_map(|(_, known)| known.routes()).map(Arc::clone).collect()
    }

    /// Follows one function; hands out the environments that must not be used any more.
    pub(crate) fn set(&self, function: Function) -> Vec<Environment> {
        let wanted = provisioned::wanted(&function);
        let mut functions = self.write();
        let known = functions.entry(function.id.clone()).or_default();
        let old = match known.latest.take() {
            Some(Latest { entry: Entry::Ready(route), .. }) if route.runs(&function) => {
                let Function { incarnation, aliases, .. } = function;
                known.latest = Some(Latest { incarnation, entry: Entry::Ready(route), aliases, wanted });
                return Vec::new();
            }
            old => old,
        };
        let (incarnation, entry) = (function.incarnation, Entry::of(&function));
        known.latest = Some(Latest { incarnation, entry, aliases: function.aliases, wanted });
        drop(functions);
        old.map(|latest| latest.entry.retire()).unwrap_or_default()
    }

    /// Forgets a function but for its versions; hands out the environments that must not be used any more.
    pub(crate) fn remove(&self, id: &FunctionId) -> Vec<Environment> {
        let old = self.change(id, |known| known.latest.take());
        old.map(|latest| latest.entry.retire()).unwrap_or_default()
    }

    /// Follows one version; hands out the environments that must not be used any more.
    pub(crate) fn set_version(&self, version: Version) -> Vec<Environment> {
        let (id, number, incarnation) = (version.id.clone(), version.number, version.incarnation);
        let mut functions = self.write();
        let known = functions.entry(id).or_default();
        // A version never changes what it runs.
        if let Some((same, Entry::Ready(_))) = known.versions.get(&number)
            && *same == incarnation
        {
            return Vec::new();
        }
        let old = known.versions.insert(number, (incarnation, Entry::of_version(version)));
        drop(functions);
        old.map(|(_, entry)| entry.retire()).unwrap_or_default()
    }

    /// Forgets a version; hands out the environments that must not be used any more.
    pub(crate) fn remove_version(&self, id: &FunctionId, number: VersionNumber) -> Vec<Environment> {
        let old = self.change(id, |known| known.versions.remove(&number));
        old.map(|(_, entry)| entry.retire()).unwrap_or_default()
    }

    /// Changes what is known of a function, and forgets it once that is nothing.
    fn change<T>(&self, id: &FunctionId, change: impl FnOnce(&mut Known) -> Option<T>) -> Option<T> {
        let mut functions = self.write();
        let known = functions.get_mut(id)?;
        let changed = change(known);
        if known.latest.is_none() && known.versions.is_empty() {
            functions.remove(id);
        }
        changed
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<FunctionId, Known>> {
        self.functions.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// A version of the function that is there now, if it can run.
    fn own_version(&self, number: VersionNumber) -> Option<&Arc<Route>> {
        let (incarnation, entry) = self.versions.get(&number)?;
        let own = self.latest.as_ref().is_some_and(|latest| latest.incarnation == *incarnation);
        entry.route().filter(|_| own)
    }

    fn routes(&self) -> impl Iterator<Item = &Arc<Route>> {
        let latest = self.latest.iter().map(|latest| &latest.entry);
        latest.chain(self.versions.values().map(|(_, entry)| entry)).filter_map(Entry::route)
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
                version: Qualifier::Latest.to_string(),
                program: OnceCell::new(),
                pool: Pool::default(),
                provisioned: Provisioned::default(),
            })),
            (State::Pending | State::Active, None) => Self::Pending,
        }
    }

    fn of_version(version: Version) -> Self {
        let Version { id, incarnation, number, deployment, state, .. } = version;
        match state {
            State::Pending => Self::Pending,
            State::Failed(reason) => Self::Failed(reason),
            State::Active => Self::Ready(Arc::new(Route {
                id,
                incarnation,
                deployment,
                version: number.to_string(),
                program: OnceCell::new(),
                pool: Pool::default(),
                provisioned: Provisioned::default(),
            })),
        }
    }

    fn route(&self) -> Option<&Arc<Route>> {
        match self {
            Self::Ready(route) => Some(route),
            Self::Pending | Self::Failed(_) => None,
        }
    }

    fn retire(&self) -> Vec<Environment> {
        self.route().map(|route| route.pool.retire()).unwrap_or_default()
    }
}

impl Route {
    /// Whether this is what the function's `$LATEST` runs now.
    fn runs(&self, function: &Function) -> bool {
        self.incarnation == function.incarnation
            && function.running().is_some_and(|running| running.number == self.deployment.number)
    }
}

#[cfg(test)]
pub(crate) mod tests;
