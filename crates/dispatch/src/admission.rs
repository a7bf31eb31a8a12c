//! Who may run now: reserved concurrency is a guarantee and a ceiling, provisioned concurrency a guarantee of one version
//! within it, and what nobody claims is one pool for all others. Never queues.
//!
//! A limit that changes is met by the next who comes: what runs then runs on, and until it has ended a new guarantee may
//! have to wait, since no limit is exceeded for its sake.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>

mod part;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;

use part::Part;
pub(crate) use part::{Limits, Version};

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// What the account has left in the region for functions that have reserved nothing.
    ConcurrentInvocationLimitExceeded,
    /// What the function has reserved.
    ReservedFunctionConcurrentInvocationLimitExceeded,
}

/// One account in one region.
#[derive(Debug, Default)]
struct Pool {
    functions: HashMap<String, Part>,
    /// What functions take from the account's limit whether they run or not.
    claimed: usize,
    /// What runs of the rest.
    unclaimed_running: usize,
    /// All that runs.
    running: usize,
}

type Pools = HashMap<AccountId, HashMap<Region, Pool>>;

/// Counts what runs.
#[derive(Debug)]
pub(crate) struct Admission {
    pools: Arc<Mutex<Pools>>,
    limit: usize,
}

/// The right to run one invocation, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    pools: Arc<Mutex<Pools>>,
    id: FunctionId,
    version: Version,
}

impl Admission {
    /// Accounts that may run so many at once in a region.
    pub(crate) fn new(limit: usize) -> Self {
        Self { pools: Arc::default(), limit }
    }

    /// The right to run this version of a function, unless a limit is reached.
    pub(crate) fn admit(&self, id: &FunctionId, version: Version) -> Result<Permit, Throttle> {
        in_pool(&self.pools, id, |pool| {
            pool.may_run(&id.name, version, self.limit)?;
            pool.change(&id.name, |part| part.begin(version));
            Ok(Permit { pools: Arc::clone(&self.pools), id: id.clone(), version })
        })
    }

    /// From now on these limits hold for a function.
    pub(crate) fn set(&self, id: &FunctionId, limits: Limits) {
        in_pool(&self.pools, id, |pool| pool.change(&id.name, |part| part.limits = limits));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        in_pool(&self.pools, &self.id, |pool| pool.change(&self.id.name, |part| part.end(self.version)));
    }
}

impl Pool {
    fn may_run(&self, name: &str, version: Version, limit: usize) -> Result<(), Throttle> {
        let part = self.functions.get(name);
        let provisioned = part.is_some_and(|part| part.has_provisioned(version));
        if part.is_some_and(|part| part.is_full(provisioned)) {
            return Err(Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
        }
        let claims = provisioned || part.is_some_and(|part| part.limits.reserved.is_some());
        let full = !claims && self.unclaimed_running >= limit.saturating_sub(self.claimed);
        if full || self.running >= limit {
            return Err(Throttle::ConcurrentInvocationLimitExceeded);
        }
        Ok(())
    }

    /// Changes the part of a function, and the sums with it.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Part)) {
        if !self.functions.contains_key(name) {
            self.functions.insert(name.to_owned(), Part::default());
        }
        let Some(part) = self.functions.get_mut(name) else { return };
        self.claimed -= part.claims();
        self.unclaimed_running -= part.unclaimed();
        self.running -= part.running();
        change(part);
        self.claimed += part.claims();
        self.unclaimed_running += part.unclaimed();
        self.running += part.running();
        if *part == Part::default() {
            self.functions.remove(name);
        }
    }
}

/// Does something with the pool of a function. A pool stays: there are only as many as accounts with functions, in each
/// region.
fn in_pool<T>(pools: &Mutex<Pools>, id: &FunctionId, work: impl FnOnce(&mut Pool) -> T) -> T {
    let mut pools: MutexGuard<'_, Pools> = pools.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.get_mut(&id.account).and_then(|regions| regions.get_mut(&id.region)) {
        return work(pool);
    }
    work(pools.entry(id.account.clone()).or_default().entry(id.region.clone()).or_default())
}
