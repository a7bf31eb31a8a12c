//! What the functions of one account and region have reserved of its concurrency. One record, written together with the
//! function whose part changes, so that the sum never exceeds the account's limit. Never counts what runs.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>

mod account;
mod bucket;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use account::AccountLimits;
pub use bucket::{Bucket, Rate};

use super::arn::Qualifier;
use super::function::Function;
use crate::limits::UNRESERVED_CONCURRENCY_MIN;

/// Every function that has reserved something, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservations {
    /// By bare name; no entry where nothing is reserved.
    pub functions: BTreeMap<String, Reservation>,
}

/// What one function has reserved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// `ReservedConcurrentExecutions`.
    pub reserved: Option<u32>,
    /// All its provisioned concurrency together.
    pub provisioned: u32,
}

/// Why concurrency is not given, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The rest of the account would have too little.
    #[error(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{min}]."
    )]
    ReservedTooHigh {
        /// What the rest must have.
        min: u64,
    },
    /// Less than what is provisioned already. The spaces are AWS's.
    #[error(
        " ReservedConcurrentExecutions  {reserved} should not be lower than function's total provisioned concurrency [{provisioned}]."
    )]
    ReservedBelowProvisioned {
        /// What was asked for.
        reserved: u32,
        /// All provisioned concurrency of the function.
        provisioned: u32,
    },
    /// More than the function has reserved.
    #[error(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    )]
    ProvisionedAboveReserved,
    /// More than the account has left.
    #[error(
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{unreserved}]."
    )]
    ProvisionedAboveUnreserved {
        /// What it has left.
        unreserved: u64,
    },
    /// The rest of the account would have too little.
    #[error(
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [{min}]."
    )]
    ProvisionedTooHigh {
        /// What the rest must have.
        min: u64,
    },
}

impl Reservation {
    /// What a function has reserved by its own record.
    #[must_use]
    pub fn of(function: &Function) -> Self {
        let each = function.settings.values().filter_map(|settings| settings.provisioned.as_ref());
        let provisioned = each.fold(0, |sum: u32, one| sum.saturating_add(one.requested));
        Self { reserved: function.reserved_concurrency, provisioned }
    }

    /// What a function has provisioned for all qualifiers but this one.
    #[must_use]
    pub fn provisioned_beside(function: &Function, qualifier: &Qualifier) -> u32 {
        let others = function.settings.iter().filter(|(other, _)| *other != qualifier);
        let each = others.filter_map(|(_, settings)| settings.provisioned.as_ref());
        each.fold(0, |sum: u32, one| sum.saturating_add(one.requested))
    }

    /// What it takes from the account's pool: provisioned concurrency counts within what is reserved.
    #[must_use]
    pub fn claims(&self) -> u32 {
        self.reserved.unwrap_or(0).max(self.provisioned)
    }
}

impl Reservations {
    /// What all functions but this one take from the account's pool.
    #[must_use]
    pub fn claimed_beside(&self, name: &str) -> u64 {
        self.functions.iter().filter(|(other, _)| *other != name).map(|(_, r)| u64::from(r.claims())).sum()
    }

    /// What is left of an account's limit for all functions that have reserved nothing.
    #[must_use]
    pub fn unreserved(&self, limit: u64) -> u64 {
        let claimed = self.functions.values().map(|r| u64::from(r.claims())).sum();
        limit.saturating_sub(claimed)
    }

    /// Whether a function may reserve so much of an account's limit; `wanted.reserved` is what was asked for.
    ///
    /// # Errors
    /// [`Refusal`] where less than the minimum would be left, or less reserved than is provisioned.
    pub fn may_reserve(&self, limit: u64, name: &str, wanted: Reservation) -> Result<(), Refusal> {
        let reserved = wanted.reserved.unwrap_or(0);
        let min = unreserved_min(limit);
        if u64::from(reserved) + min > limit.saturating_sub(self.claimed_beside(name)) {
            return Err(Refusal::ReservedTooHigh { min });
        }
        if reserved < wanted.provisioned {
            return Err(Refusal::ReservedBelowProvisioned { reserved, provisioned: wanted.provisioned });
        }
        Ok(())
    }

    /// Whether a function that has provisioned `others` for other qualifiers may have `requested` more.
    ///
    /// # Errors
    /// [`Refusal`] above what the function has reserved or what the account can spare.
    pub fn may_provision(
        &self,
        limit: u64,
        function: &Function,
        others: u32,
        requested: u32,
    ) -> Result<(), Refusal> {
        let (others, requested) = (u64::from(others), u64::from(requested));
        if let Some(reserved) = function.reserved_concurrency {
            let within = others + requested <= u64::from(reserved);
            return if within { Ok(()) } else { Err(Refusal::ProvisionedAboveReserved) };
        }
        let min = unreserved_min(limit);
        let claimed = self.claimed_beside(&function.id.name) + others;
        let unreserved = limit.saturating_sub(claimed);
        if requested > unreserved {
            Err(Refusal::ProvisionedAboveUnreserved { unreserved })
        } else if requested + min > unreserved {
            Err(Refusal::ProvisionedTooHigh { min })
        } else {
            Ok(())
        }
    }

    /// Changes the part of one function.
    pub fn set(&mut self, name: &str, reservation: Reservation) {
        if reservation == Reservation::default() {
            self.functions.remove(name);
        } else {
            self.functions.insert(name.to_owned(), reservation);
        }
    }
}

/// What must be left for functions that have reserved nothing: 100, or all that a smaller account has.
#[must_use]
pub fn unreserved_min(limit: u64) -> u64 {
    UNRESERVED_CONCURRENCY_MIN.min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(limit: u64, reserved: u32, expected: Result<(), Refusal>) {
        let mut all = Reservations::default();
        all.set("a", Reservation { reserved: Some(100), provisioned: 0 });
        all.set("b", Reservation { reserved: None, provisioned: 50 });
        let wanted = Reservation { reserved: Some(reserved), provisioned: 5 };
        assert_eq!(all.may_reserve(limit, "f", wanted), expected);
    }

    #[test]
    fn a_hundred_stay_for_all_others() {
        check(1000, 750, Ok(()));
        check(1000, 751, Err(Refusal::ReservedTooHigh { min: 100 }));
        check(1000, 1000, Err(Refusal::ReservedTooHigh { min: 100 }));
        check(10, 5, Err(Refusal::ReservedTooHigh { min: 10 }));
    }

    #[test]
    fn less_than_provisioned_cannot_be_reserved() {
        check(1000, 5, Ok(()));
        check(1000, 4, Err(Refusal::ReservedBelowProvisioned { reserved: 4, provisioned: 5 }));
        assert_eq!(
            Refusal::ReservedBelowProvisioned { reserved: 4, provisioned: 5 }.to_string(),
            " ReservedConcurrentExecutions  4 should not be lower than function's total provisioned concurrency [5]."
        );
    }

    #[test]
    fn a_function_of_a_small_account_can_be_stopped() {
        let wanted = Reservation { reserved: Some(0), provisioned: 0 };
        assert_eq!(Reservations::default().may_reserve(10, "f", wanted), Ok(()));
    }

    #[test]
    fn what_is_provisioned_comes_out_of_what_is_reserved_or_unreserved() {
        let all = Reservations::default();
        let mut function = crate::lambda::function::tests::function();
        let mut check = |reserved, others, requested, expected: Result<(), Refusal>| {
            function.reserved_concurrency = reserved;
            assert_eq!(all.may_provision(1000, &function, others, requested), expected);
        };
        check(Some(10), 4, 6, Ok(()));
        check(Some(10), 4, 7, Err(Refusal::ProvisionedAboveReserved));
        check(Some(0), 0, 1, Err(Refusal::ProvisionedAboveReserved));
        check(None, 100, 800, Ok(()));
        check(None, 100, 801, Err(Refusal::ProvisionedTooHigh { min: 100 }));
        check(None, 100, 901, Err(Refusal::ProvisionedAboveUnreserved { unreserved: 900 }));
    }

    #[test]
    fn provisioned_concurrency_counts_within_what_is_reserved() {
        let mut all = Reservations::default();
        all.set("a", Reservation { reserved: Some(10), provisioned: 4 });
        all.set("b", Reservation { reserved: None, provisioned: 3 });
        all.set("c", Reservation { reserved: Some(0), provisioned: 0 });
        assert_eq!((all.claimed_beside("a"), all.claimed_beside("b"), all.claimed_beside("x")), (3, 10, 13));
        all.set("a", Reservation::default());
        assert_eq!(all.functions.len(), 2);
    }
}
