//! One function's part of its account: what it may run, what runs, and what of that is whose. Never sees other functions.

use std::collections::BTreeMap;
use std::time::Duration;

use lambent_core::lambda::concurrency::{Bucket, Rate};
use lambent_core::lambda::function::Function;
use lambent_core::lambda::provisioned::wanted;
use lambent_core::lambda::version::VersionNumber;

use super::Throttle;

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

    fn provisioned(&self, version: VersionNumber) -> usize {
        self.provisioned.get(&version).copied().unwrap_or(0)
    }

    fn provisioned_together(&self) -> usize {
        self.provisioned.values().sum()
    }

    /// What is reserved and not provisioned; nothing where nothing is reserved.
    fn reserved_on_demand(&self) -> usize {
        self.reserved.unwrap_or(0).saturating_sub(self.provisioned_together())
    }
}

/// On whose part an invocation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A version's provisioned concurrency.
    Provisioned(VersionNumber),
    /// The rest: of what is reserved, or of what nobody claims.
    OnDemand,
}

/// What runs of one class, and how fast more may begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Use {
    running: usize,
    bucket: Bucket,
}

/// One function's part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    limits: Limits,
    /// No entry of a version that has no provisioned concurrency and runs on none.
    provisioned: BTreeMap<VersionNumber, Use>,
    /// Its bucket is in use where concurrency is reserved.
    on_demand: Use,
    /// How fast environments may start.
    starts: Bucket,
}

impl Part {
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// From now on these limits hold.
    pub(super) fn set(&mut self, limits: Limits, now: Duration) {
        for (version, used) in &mut self.provisioned {
            used.bucket.settle(Rate::of(self.limits.provisioned(*version)), now);
        }
        match limits.reserved {
            Some(_) => self.on_demand.bucket.settle(Rate::of(self.limits.reserved_on_demand()), now),
            None => self.on_demand.bucket = Bucket::default(),
        }
        self.limits = limits;
        self.provisioned.retain(|version, used| used.running > 0 || self.limits.provisioned(*version) > 0);
    }

    pub(super) fn begin(&mut self, class: Class) {
        self.used(class).running += 1;
    }

    pub(super) fn end(&mut self, class: Class) {
        let used = self.used(class);
        used.running = used.running.saturating_sub(1);
        if let Class::Provisioned(version) = class
            && used.running == 0
            && self.limits.provisioned(version) == 0
        {
            self.provisioned.remove(&version);
        }
    }

    fn used(&mut self, class: Class) -> &mut Use {
        match class {
            Class::Provisioned(version) => self.provisioned.entry(version).or_default(),
            Class::OnDemand => &mut self.on_demand,
        }
    }

    /// Whether it has a rate of its own for these.
    pub(super) fn paces(&self, class: Class) -> bool {
        class != Class::OnDemand || self.limits.reserved.is_some()
    }

    /// Whether one more may begin already, where it has a rate of its own.
    pub(super) fn keeps_pace(&self, class: Class, now: Duration) -> bool {
        let rate = self.rate(class);
        match class {
            Class::Provisioned(version) => {
                self.provisioned.get(&version).is_none_or(|used| used.bucket.has(rate, now))
            }
            Class::OnDemand => self.on_demand.bucket.has(rate, now),
        }
    }

    /// One has begun.
    pub(super) fn pace(&mut self, class: Class, now: Duration) {
        let rate = self.rate(class);
        self.used(class).bucket.take(rate, now);
    }

    fn rate(&self, class: Class) -> Rate {
        Rate::of(match class {
            Class::Provisioned(version) => self.limits.provisioned(version),
            Class::OnDemand => self.limits.reserved_on_demand(),
        })
    }

    /// What to say when invocations begin too fast.
    pub(super) fn too_fast(&self) -> Throttle {
        match self.limits.reserved {
            Some(_) => Throttle::ReservedFunctionInvocationRateLimitExceeded,
            None => Throttle::FunctionInvocationRateLimitExceeded,
        }
    }

    /// Whether one more environment may start: then it has.
    pub(super) fn start(&mut self, now: Duration) -> bool {
        self.starts.take(Rate::SCALING, now)
    }

    /// The version's own provisioned concurrency, if it has room.
    pub(super) fn provisioned_room(&self, version: Version) -> Option<Class> {
        let version = version?;
        let running = self.provisioned.get(&version).map_or(0, |used| used.running);
        (running < self.limits.provisioned(version)).then_some(Class::Provisioned(version))
    }

    /// Whether its reserved concurrency has no room; what nobody provisioned leaves room for what is provisioned.
    pub(super) fn is_full(&self, class: Class) -> bool {
        let Some(reserved) = self.limits.reserved else { return false };
        let on_demand_full = || self.on_demand() >= self.limits.reserved_on_demand();
        self.running() >= reserved || class == Class::OnDemand && on_demand_full()
    }

    /// All that runs.
    pub(super) fn running(&self) -> usize {
        self.on_demand.running + self.provisioned.values().map(|used| used.running).sum::<usize>()
    }

    /// What it takes from the account's limit whether it runs or not.
    pub(super) fn claims(&self) -> usize {
        self.limits.reserved.unwrap_or(0).max(self.limits.provisioned_together())
    }

    /// What it runs of what nobody claims.
    pub(super) fn unclaimed(&self) -> usize {
        if self.limits.reserved.is_some() { 0 } else { self.on_demand() }
    }

    /// Whether it neither runs nor claims anything, nor did so a moment ago.
    pub(super) fn is_forgettable(&self, now: Duration) -> bool {
        self.limits == Limits::default() && self.running() == 0 && self.starts.is_full(Rate::SCALING, now)
    }

    /// What runs beyond provisioned concurrency, or was provisioned and is not any more.
    fn on_demand(&self) -> usize {
        let each = self.provisioned.iter();
        let beyond =
            each.map(|(version, used)| used.running.saturating_sub(self.limits.provisioned(*version)));
        self.on_demand.running + beyond.sum::<usize>()
    }
}
