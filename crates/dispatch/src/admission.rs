//! Who may run now: the limit on concurrent invocations of an account in a region. Never queues.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// The concurrency of the account in the region.
    ConcurrentInvocationLimitExceeded,
}

type Running = Mutex<HashMap<(AccountId, Region), usize>>;

/// Counts what runs.
#[derive(Debug)]
pub(crate) struct Admission {
    running: Arc<Running>,
    limit: usize,
}

/// The right to run one invocation, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    running: Arc<Running>,
    pool: (AccountId, Region),
}

impl Admission {
    pub(crate) fn new(limit: usize) -> Self {
        Self { running: Arc::default(), limit }
    }

    pub(crate) fn admit(&self, id: &FunctionId) -> Result<Permit, Throttle> {
        let pool = (id.account.clone(), id.region.clone());
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(pool.clone()).or_default();
        if *count >= self.limit {
            return Err(Throttle::ConcurrentInvocationLimitExceeded);
        }
        *count += 1;
        Ok(Permit { running: Arc::clone(&self.running), pool })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.pool) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.pool);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_permit_makes_room() {
        let id = |region: &str| FunctionId {
            account: AccountId::default_account(),
            region: Region::try_from(region.to_owned()).unwrap(),
            name: "f".into(),
        };
        let admission = Admission::new(1);
        let first = admission.admit(&id("us-east-1")).unwrap();
        assert_eq!(
            admission.admit(&id("us-east-1")).unwrap_err(),
            Throttle::ConcurrentInvocationLimitExceeded
        );
        assert!(admission.admit(&id("eu-west-1")).is_ok(), "each region has a pool of its own");
        drop(first);
        assert!(admission.admit(&id("us-east-1")).is_ok());
    }
}
