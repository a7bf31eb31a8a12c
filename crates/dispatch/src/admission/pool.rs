//! One account in one region: what its functions may run beside each other. Never sees another account.

use std::collections::HashMap;
use std::time::Duration;

use lambent_core::lambda::concurrency::{Bucket, Rate};

use super::part::{Class, Limits, Part, Version};
use super::{Load, Pace, Throttle};

/// One account in one region.
#[derive(Debug)]
pub(super) struct Pool {
    /// How many may run at once.
    limit: usize,
    functions: HashMap<String, Part>,
    /// What functions take from the limit whether they run or not.
    claimed: usize,
    /// What runs of the rest.
    unclaimed_running: usize,
    /// All that runs.
    running: usize,
    /// How fast invocations of the rest may begin.
    bucket: Bucket,
}

/// On whose part an invocation runs, and whether its version's provisioned concurrency has room but is too slow for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted {
    pub(super) class: Class,
    pub(super) spilled_over: bool,
}

impl Pool {
    pub(super) fn new(limit: usize) -> Self {
        let functions = HashMap::new();
        Self { limit, functions, claimed: 0, unclaimed_running: 0, running: 0, bucket: Bucket::default() }
    }

    /// Lets one more run.
    pub(super) fn admit(
        &mut self,
        name: &str,
        version: Version,
        pace: Pace,
        now: Duration,
    ) -> Result<Admitted, Throttle> {
        let admitted = self.may_begin(name, version, pace, now)?;
        let class = admitted.class;
        let mut from_pool = pace == Pace::Limited;
        self.change(name, |part| {
            part.begin(class);
            if from_pool && part.paces(class) {
                part.pace(class, now);
                from_pool = false;
            }
        });
        if from_pool {
            self.bucket.take(Rate::of(self.unclaimed()), now);
        }
        Ok(admitted)
    }

    /// One has ended.
    pub(super) fn end(&mut self, name: &str, class: Class) {
        self.change(name, |part| part.end(class));
    }

    /// Whether a function may start one more environment: then it has.
    pub(super) fn start(&mut self, name: &str, now: Duration) -> bool {
        let mut may = false;
        self.change(name, |part| may = part.start(now));
        may
    }

    /// From now on these limits hold for a function.
    pub(super) fn set(&mut self, name: &str, limits: Limits, now: Duration) {
        self.bucket.settle(Rate::of(self.unclaimed()), now);
        self.change(name, |part| part.set(limits, now));
    }

    /// Forgets functions that are as if they had never run.
    pub(super) fn sweep(&mut self, now: Duration) {
        self.functions.retain(|_, part| !part.is_forgettable(now));
    }

    fn may_begin(
        &self,
        name: &str,
        version: Version,
        pace: Pace,
        now: Duration,
    ) -> Result<Admitted, Throttle> {
        let unknown = Part::default();
        let part = self.functions.get(name).unwrap_or(&unknown);
        let provisioned = part.provisioned_room(version);
        if let Some(class) =
            provisioned.filter(|class| pace == Pace::Unlimited || part.keeps_pace(*class, now))
        {
            return self.may_run(part, class).map(|()| Admitted { class, spilled_over: false });
        }
        let began = self.may_run(part, Class::OnDemand).and_then(|()| self.keeps_pace(part, pace, now));
        match began {
            Ok(()) => Ok(Admitted { class: Class::OnDemand, spilled_over: provisioned.is_some() }),
            // Had it come later it would have run.
            Err(_) if provisioned.is_some() => Err(part.too_fast()),
            Err(throttle) => Err(throttle),
        }
    }

    /// Whether there is room for one more.
    fn may_run(&self, part: &Part, class: Class) -> Result<(), Throttle> {
        if part.is_full(class) {
            return Err(Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
        }
        let claims = class != Class::OnDemand || part.limits().reserved.is_some();
        let full = !claims && self.unclaimed_running >= self.unclaimed();
        if full || self.running >= self.limit {
            return Err(Throttle::ConcurrentInvocationLimitExceeded);
        }
        Ok(())
    }

    /// Whether one more on demand may begin already.
    fn keeps_pace(&self, part: &Part, pace: Pace, now: Duration) -> Result<(), Throttle> {
        let keeps = match pace {
            Pace::Unlimited => true,
            Pace::Limited if part.paces(Class::OnDemand) => part.keeps_pace(Class::OnDemand, now),
            Pace::Limited => self.bucket.has(Rate::of(self.unclaimed()), now),
        };
        if keeps { Ok(()) } else { Err(part.too_fast()) }
    }

    /// What is left of the limit for functions that claim nothing.
    fn unclaimed(&self) -> usize {
        self.limit.saturating_sub(self.claimed)
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

    /// What runs now of a function, and beside it.
    pub(super) fn load(&self, name: &str) -> Load {
        Load {
            function: self.functions.get(name).map_or(0, Part::running),
            account: self.running,
            unreserved: self.unclaimed_running,
            claimed: self.claimed + self.unclaimed_running,
        }
    }

    /// Functions that are known, what they claim, and what runs: unclaimed and in all.
    #[cfg(test)]
    pub(super) fn counts(&self) -> [usize; 4] {
        [self.functions.len(), self.claimed, self.unclaimed_running, self.running]
    }
}
