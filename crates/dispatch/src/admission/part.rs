//! One function's part of its account: what it may run, what runs, and what of that is whose. Never sees other functions.

use std::collections::BTreeMap;

use lambent_core::lambda::function::Function;
use lambent_core::lambda::provisioned::wanted;
use lambent_core::lambda::version::VersionNumber;

/// A version, or `$LATEST` where none.
pub(crate) type Version = Option<VersionNumber>;

/// What a function may run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Its reserved concurrency: it runs that much and no more.
    pub(crate) reserved: Option<usize>,
    /// Its provisioned concurrency, each version's own.
    pub(crate) provisioned: BTreeMap<VersionNumber, usize>,
}

impl Limits {
    /// What a function may run by its own record.
    pub(crate) fn of(function: &Function) -> Self {
        let whole = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let provisioned = wanted(function).into_iter().map(|(number, count)| (number, whole(count)));
        Self { reserved: function.reserved_concurrency.map(whole), provisioned: provisioned.collect() }
    }
}

/// One function's part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) limits: Limits,
    /// What runs, by version; no entry where nothing does.
    running: BTreeMap<Version, usize>,
}

impl Part {
    pub(super) fn begin(&mut self, version: Version) {
        *self.running.entry(version).or_default() += 1;
    }

    pub(super) fn end(&mut self, version: Version) {
        if let Some(count) = self.running.get_mut(&version) {
            *count -= 1;
            if *count == 0 {
                self.running.remove(&version);
            }
        }
    }

    /// Whether the version's own provisioned concurrency has room.
    pub(super) fn has_provisioned(&self, version: Version) -> bool {
        self.running.get(&version).copied().unwrap_or(0) < self.provisioned(version)
    }

    /// Whether its reserved concurrency has no room; what nobody provisioned leaves room for what is provisioned.
    pub(super) fn is_full(&self, provisioned: bool) -> bool {
        let Some(reserved) = self.limits.reserved else { return false };
        let on_demand_max = reserved.saturating_sub(self.provisioned_together());
        self.running() >= reserved || !provisioned && self.on_demand() >= on_demand_max
    }

    /// All that runs.
    pub(super) fn running(&self) -> usize {
        self.running.values().sum()
    }

    /// What it takes from the account's limit whether it runs or not.
    pub(super) fn claims(&self) -> usize {
        self.limits.reserved.unwrap_or(0).max(self.provisioned_together())
    }

    /// What it runs of what nobody claims.
    pub(super) fn unclaimed(&self) -> usize {
        if self.limits.reserved.is_some() { 0 } else { self.on_demand() }
    }

    /// What runs beyond provisioned concurrency.
    fn on_demand(&self) -> usize {
        self.running.iter().map(|(version, count)| count.saturating_sub(self.provisioned(*version))).sum()
    }

    fn provisioned(&self, version: Version) -> usize {
        version.and_then(|number| self.limits.provisioned.get(&number)).copied().unwrap_or(0)
    }

    fn provisioned_together(&self) -> usize {
        self.limits.provisioned.values().sum()
    }
}
