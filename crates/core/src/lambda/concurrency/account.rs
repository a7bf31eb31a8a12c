//! How many invocations an account may run at once in a region: one number for all, others for those that are named. Never
//! counts any.

use std::collections::BTreeMap;

use crate::account::{AccountId, Region};

/// What each account may run at once in each region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLimits {
    all: usize,
    accounts: BTreeMap<AccountId, Own>,
}

/// What one account may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Own {
    all: Option<usize>,
    regions: BTreeMap<Region, usize>,
}

impl AccountLimits {
    /// The same for all.
    #[must_use]
    pub fn new(all: usize) -> Self {
        Self { all, accounts: BTreeMap::new() }
    }

    /// Another number for an account, in one region or in all that are not named themselves.
    pub fn set(&mut self, account: AccountId, region: Option<Region>, limit: usize) {
        let own = self.accounts.entry(account).or_default();
        match region {
            Some(region) => _ = own.regions.insert(region, limit),
            None => own.all = Some(limit),
        }
    }

    /// What this account may run in this region.
    #[must_use]
    pub fn of(&self, account: &AccountId, region: &Region) -> usize {
        let own = self.accounts.get(account);
        let in_region = own.and_then(|own| own.regions.get(region).copied().or(own.all));
        in_region.unwrap_or(self.all)
    }

    /// What those may that nothing is said of.
    #[must_use]
    pub fn all(&self) -> usize {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_precise_number_holds() {
        let account = |text: &str| AccountId::try_from(text.to_owned()).unwrap();
        let region = |text: &str| Region::try_from(text.to_owned()).unwrap();
        let (one, two) = (account("111111111111"), account("222222222222"));
        let mut limits = AccountLimits::new(1000);
        limits.set(one.clone(), None, 50);
        limits.set(one.clone(), Some(region("eu-west-1")), 7);
        limits.set(two.clone(), Some(region("eu-west-1")), 8);
        let of = |account, name| limits.of(account, &region(name));
        assert_eq!((of(&one, "us-east-1"), of(&one, "eu-west-1")), (50, 7));
        assert_eq!((of(&two, "us-east-1"), of(&two, "eu-west-1")), (1000, 8));
        assert_eq!(limits.all(), 1000);
    }
}
