//! The reference: each function's limits, a list of what runs, and what each bucket lacks, counted on by milliseconds.

use std::collections::BTreeMap;

use lambent_core::lambda::version::VersionNumber;

use super::super::{Limits, Throttle, Version};

pub(super) const LIMIT: usize = 12;
pub(super) const FUNCTIONS: usize = 3;
/// What one invocation takes out of a bucket; each millisecond one part comes in for each that may run.
const TOKEN: usize = 100;

/// Something that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) function: usize,
    pub(super) version: Version,
    pub(super) provisioned: bool,
}

/// Whose invocations a bucket counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Provisioned(usize, VersionNumber),
    Reserved(usize),
    Everybody,
}

#[derive(Default)]
pub(super) struct Naive {
    limits: BTreeMap<usize, Limits>,
    pub(super) running: Vec<Run>,
    missing: BTreeMap<Whose, usize>,
}

impl Naive {
    pub(super) fn limits(&self, function: usize) -> Limits {
        self.limits.get(&function).cloned().unwrap_or_default()
    }

    pub(super) fn own(&self, function: usize, version: Version) -> usize {
        let limits = self.limits(function);
        version.and_then(|number| limits.provisioned.get(&number)).copied().unwrap_or(0)
    }

    pub(super) fn of(&self, function: usize) -> usize {
        self.running.iter().filter(|run| run.function == function).count()
    }

    /// What runs on the provisioned concurrency of a version.
    pub(super) fn provisioned(&self, function: usize, version: Version) -> usize {
        let run = Run { function, version, provisioned: true };
        self.running.iter().filter(|other| **other == run).count()
    }

    /// What of that is still provisioned.
    fn covered(&self, function: usize) -> usize {
        let each = self.limits(function).provisioned;
        each.iter().map(|(number, count)| self.provisioned(function, Some(*number)).min(*count)).sum()
    }

    pub(super) fn claims(&self, function: usize) -> usize {
        let limits = self.limits(function);
        limits.reserved.unwrap_or_else(|| limits.provisioned.values().sum())
    }

    fn claimed(&self) -> usize {
        (0..FUNCTIONS).map(|function| self.claims(function)).sum()
    }

    /// What an invocation would run as.
    pub(super) fn may(&self, function: usize, version: Version, paced: bool) -> Result<Run, Throttle> {
        let room = self.provisioned(function, version) < self.own(function, version);
        let run = |provisioned| Run { function, version, provisioned };
        if room && (!paced || version.is_some_and(|number| self.has(Whose::Provisioned(function, number)))) {
            return self.has_room(run(true)).map(|()| run(true));
        }
        let reserved = self.limits(function).reserved.is_some();
        let too_fast = if reserved {
            Throttle::ReservedFunctionInvocationRateLimitExceeded
        } else {
            Throttle::FunctionInvocationRateLimitExceeded
        };
        let whose = if reserved { Whose::Reserved(function) } else { Whose::Everybody };
        match self.has_room(run(false)) {
            Err(_) if room => Err(too_fast),
            Err(throttle) => Err(throttle),
            Ok(()) if paced && !self.has(whose) => Err(too_fast),
            Ok(()) => Ok(run(false)),
        }
    }

    fn has_room(&self, run: Run) -> Result<(), Throttle> {
        let limits = self.limits(run.function);
        if let Some(reserved) = limits.reserved {
            let provisioned: usize = limits.provisioned.values().sum();
            let on_demand = self.of(run.function) - self.covered(run.function);
            let full = !run.provisioned && on_demand + provisioned >= reserved;
            if full || self.of(run.function) >= reserved {
                return Err(Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
            }
        } else if !run.provisioned {
            let free = (0..FUNCTIONS).filter(|other| self.limits(*other).reserved.is_none());
            let running: usize = free.map(|other| self.of(other) - self.covered(other)).sum();
            if running + self.claimed() >= LIMIT {
                return Err(Throttle::ConcurrentInvocationLimitExceeded);
            }
        }
        (self.running.len() < LIMIT).then_some(()).ok_or(Throttle::ConcurrentInvocationLimitExceeded)
    }

    pub(super) fn begin(&mut self, run: Run, paced: bool) {
        self.running.push(run);
        let whose = match run {
            Run { function, version: Some(number), provisioned: true } => {
                Whose::Provisioned(function, number)
            }
            Run { function, .. } if self.limits(function).reserved.is_some() => Whose::Reserved(function),
            Run { .. } => Whose::Everybody,
        };
        if paced {
            *self.missing.entry(whose).or_default() += TOKEN;
        }
    }

    pub(super) fn end(&mut self, which: usize) {
        self.running.swap_remove(which);
        self.forget();
    }

    pub(super) fn set(&mut self, function: usize, limits: Limits) {
        self.bound();
        self.limits.insert(function, limits);
        self.forget();
    }

    pub(super) fn wait(&mut self, ms: u64) {
        for _ in 0..ms {
            self.bound();
            let filled: Vec<(Whose, usize)> = self
                .missing
                .iter()
                .map(|(whose, lacks)| (*whose, lacks.saturating_sub(self.size(*whose))))
                .collect();
            self.missing = filled.into_iter().collect();
        }
    }

    fn has(&self, whose: Whose) -> bool {
        let holds = self.size(whose) * 10 * TOKEN;
        let lacks = self.missing.get(&whose).copied().unwrap_or(0).min(holds);
        holds - lacks >= TOKEN
    }

    /// No bucket lacks more than it holds.
    fn bound(&mut self) {
        let bounded: Vec<(Whose, usize)> = self
            .missing
            .iter()
            .map(|(whose, lacks)| (*whose, (*lacks).min(self.size(*whose) * 10 * TOKEN)))
            .collect();
        self.missing = bounded.into_iter().collect();
    }

    /// Who has no rate of its own any more begins anew when it has one again.
    fn forget(&mut self) {
        let gone: Vec<Whose> = self
            .missing
            .keys()
            .filter(|whose| match **whose {
                Whose::Provisioned(function, number) => {
                    self.own(function, Some(number)) == 0 && self.provisioned(function, Some(number)) == 0
                }
                Whose::Reserved(function) => self.limits(function).reserved.is_none(),
                Whose::Everybody => false,
            })
            .copied()
            .collect();
        gone.iter().for_each(|whose| _ = self.missing.remove(whose));
    }

    /// How many may run of whose a bucket counts.
    fn size(&self, whose: Whose) -> usize {
        match whose {
            Whose::Provisioned(function, number) => self.own(function, Some(number)),
            Whose::Reserved(function) => {
                let limits = self.limits(function);
                limits.reserved.unwrap_or(0).saturating_sub(limits.provisioned.values().sum())
            }
            Whose::Everybody => LIMIT.saturating_sub(self.claimed()),
        }
    }
}
