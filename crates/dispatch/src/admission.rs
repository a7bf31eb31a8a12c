//! Who may run now: reserved concurrency is a guarantee and a ceiling, provisioned concurrency a guarantee of one version
//! within it, and what nobody claims is one pool for all others. Each of the three may begin ten times as many synchronous
//! invocations in a second. Never queues.
//!
//! A limit that changes is met by the next who comes: what runs then runs on, and until it has ended a new guarantee may
//! have to wait, since no limit is exceeded for its sake.
//!
//! Asynchronous invocations meet no rate, as on AWS: only how many run is limited.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>

mod load;
mod part;
mod pool;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::concurrency::AccountLimits;

pub(crate) use load::Load;
use part::Class;
pub(crate) use part::{Limits, Version};
use pool::{Admitted, Pool};

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// What the account has left in the region for functions that have reserved nothing; or a function starts environments
    /// faster than any may, which AWS has no other name for.
    ConcurrentInvocationLimitExceeded,
    /// What the function has reserved.
    ReservedFunctionConcurrentInvocationLimitExceeded,
    /// Invocations begin faster than the account may begin any.
    FunctionInvocationRateLimitExceeded,
    /// Invocations begin faster than what the function has reserved allows.
    ReservedFunctionInvocationRateLimitExceeded,
}

impl Throttle {
    /// As AWS names it: `Reason`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::ConcurrentInvocationLimitExceeded => "ConcurrentInvocationLimitExceeded",
            Self::ReservedFunctionConcurrentInvocationLimitExceeded => {
                "ReservedFunctionConcurrentInvocationLimitExceeded"
            }
            Self::FunctionInvocationRateLimitExceeded => "FunctionInvocationRateLimitExceeded",
            Self::ReservedFunctionInvocationRateLimitExceeded => {
                "ReservedFunctionInvocationRateLimitExceeded"
            }
        }
    }

    /// After how many seconds the limit allows something again; unknown where that depends on what runs.
    #[must_use]
    pub fn wait_s(self) -> Option<u64> {
        match self {
            Self::ConcurrentInvocationLimitExceeded
            | Self::ReservedFunctionConcurrentInvocationLimitExceeded => None,
            // A tenth of a second at most, in the unit there is.
            Self::FunctionInvocationRateLimitExceeded | Self::ReservedFunctionInvocationRateLimitExceeded => {
                Some(1)
            }
        }
    }
}

/// Whether an invocation meets the limit on how fast they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Its caller waits.
    Limited,
    /// It comes from the queue.
    Unlimited,
}

type Pools = HashMap<AccountId, HashMap<Region, Pool>>;

/// Counts what runs and what begins.
#[derive(Debug)]
pub(crate) struct Admission {
    pools: Arc<Mutex<Pools>>,
    limits: AccountLimits,
}

/// The right to run one invocation, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    pools: Arc<Mutex<Pools>>,
    id: FunctionId,
    class: Class,
    /// Its version's provisioned concurrency has room, but begins no more invocations yet.
    spilled_over: bool,
}

impl Admission {
    /// Accounts that may run so many at once in a region.
    pub(crate) fn new(limits: AccountLimits) -> Self {
        Self { pools: Arc::default(), limits }
    }

    /// How many an account may run at once in a region.
    pub(crate) fn limit(&self, account: &AccountId, region: &Region) -> usize {
        self.limits.of(account, region)
    }

    /// The right to run this version of a function, unless a limit is reached. `now` is of one clock that never goes back,
    /// here and below.
    pub(crate) fn admit(
        &self,
        id: &FunctionId,
        version: Version,
        pace: Pace,
        now: Duration,
    ) -> Result<Permit, Throttle> {
        let admitted = self.in_pool(id, |pool| pool.admit(&id.name, version, pace, now))?;
        let Admitted { class, spilled_over } = admitted;
        Ok(Permit { pools: Arc::clone(&self.pools), id: id.clone(), class, spilled_over })
    }

    /// Whether a function may start one more environment for an invocation, at the rate at which functions may grow.
    pub(crate) fn may_start(&self, id: &FunctionId, now: Duration) -> Result<(), Throttle> {
        let may = self.in_pool(id, |pool| pool.start(&id.name, now));
        if may { Ok(()) } else { Err(Throttle::ConcurrentInvocationLimitExceeded) }
    }

    /// From now on these limits hold for a function.
    pub(crate) fn set(&self, id: &FunctionId, limits: Limits, now: Duration) {
        self.in_pool(id, |pool| pool.set(&id.name, limits, now));
    }

    /// Forgets what is as if it had never run. A pool stays: there are only as many as accounts with functions, in each
    /// region.
    pub(crate) fn sweep(&self, now: Duration) {
        let mut pools = lock(&self.pools);
        pools.values_mut().flat_map(HashMap::values_mut).for_each(|pool| pool.sweep(now));
    }

    fn in_pool<T>(&self, id: &FunctionId, work: impl FnOnce(&mut Pool) -> T) -> T {
        let mut pools = lock(&self.pools);
        if let Some(pool) = pools.get_mut(&id.account).and_then(|regions| regions.get_mut(&id.region)) {
            return work(pool);
        }
        let regions = pools.entry(id.account.clone()).or_default();
        let pool = || Pool::new(self.limits.of(&id.account, &id.region));
        work(regions.entry(id.region.clone()).or_insert_with(pool))
    }
}

impl Permit {
    /// Whether it may have an idle provisioned environment: any that finds one, but those that come too fast for it.
    pub(crate) fn may_be_provisioned(&self) -> bool {
        !self.spilled_over
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut pools = lock(&self.pools);
        let pool = pools.get_mut(&self.id.account).and_then(|regions| regions.get_mut(&self.id.region));
        if let Some(pool) = pool {
            pool.end(&self.id.name, self.class);
        }
    }
}

fn lock(pools: &Mutex<Pools>) -> MutexGuard<'_, Pools> {
    pools.lock().unwrap_or_else(PoisonError::into_inner)
}
