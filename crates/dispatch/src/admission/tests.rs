//! Admission beside a reference that keeps a plain list of what runs and counts it anew each time.

use std::collections::BTreeMap;

use lambent_core::lambda::version::VersionNumber;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const LIMIT: usize = 12;

fn id(name: &str, region: &str) -> FunctionId {
    let region = Region::try_from(region.to_owned()).unwrap();
    FunctionId { account: AccountId::default_account(), region, name: name.to_owned() }
}

fn limits(reserved: Option<usize>, provisioned: &[(u64, usize)]) -> Limits {
    let provisioned = provisioned.iter().map(|(number, count)| (VersionNumber(*number), *count)).collect();
    Limits { reserved, provisioned }
}

fn one() -> Version {
    Some(VersionNumber(1))
}

#[test]
fn a_dropped_permit_makes_room() {
    let admission = Admission::new(1);
    let (here, there) = (id("f", "us-east-1"), id("f", "eu-west-1"));
    let first = admission.admit(&here, None).unwrap();
    assert_eq!(admission.admit(&here, None).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    assert!(admission.admit(&there, None).is_ok(), "each region has a pool of its own");
    drop(first);
    assert!(admission.admit(&here, None).is_ok());
}

#[test]
fn reserved_concurrency_is_kept_free_and_never_exceeded() {
    let admission = Admission::new(3);
    let (f, g) = (id("f", "us-east-1"), id("g", "us-east-1"));
    admission.set(&f, limits(Some(1), &[]));
    let _others = (admission.admit(&g, None).unwrap(), admission.admit(&g, None).unwrap());
    assert_eq!(admission.admit(&g, None).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    let _own = admission.admit(&f, None).unwrap();
    let refusal = admission.admit(&f, one()).unwrap_err();
    assert_eq!(refusal, Throttle::ReservedFunctionConcurrentInvocationLimitExceeded, "all versions together");
}

#[test]
fn zero_stops_a_function() {
    let (admission, f) = (Admission::new(3), id("f", "us-east-1"));
    admission.set(&f, limits(Some(0), &[]));
    let refusal = admission.admit(&f, None).unwrap_err();
    assert_eq!(refusal, Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
    admission.set(&f, Limits::default());
    assert!(admission.admit(&f, None).is_ok());
}

#[test]
fn where_all_that_is_reserved_is_provisioned_nothing_else_runs() {
    let (admission, f) = (Admission::new(300), id("f", "us-east-1"));
    admission.set(&f, limits(Some(1), &[(1, 1)]));
    let refusal = admission.admit(&f, None).unwrap_err();
    assert_eq!(refusal, Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
    let _own = admission.admit(&f, one()).unwrap();
    assert!(admission.admit(&f, one()).is_err());
}

#[test]
fn what_is_not_provisioned_spills_over() {
    let (admission, f) = (Admission::new(3), id("f", "us-east-1"));
    admission.set(&f, limits(None, &[(1, 2)]));
    let mut permits: Vec<Permit> = (0..3).map(|_| admission.admit(&f, one()).unwrap()).collect();
    assert_eq!(admission.admit(&f, one()).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    assert_eq!(admission.admit(&f, None).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    permits.pop();
    assert!(admission.admit(&f, None).is_ok());
}

#[test]
fn nothing_is_kept_of_functions_that_neither_run_nor_claim() {
    let (admission, f) = (Admission::new(3), id("f", "us-east-1"));
    admission.set(&f, limits(Some(1), &[(1, 1)]));
    drop(admission.admit(&f, one()));
    admission.set(&f, Limits::default());
    in_pool(&admission.pools, &f, |pool| {
        assert_eq!((pool.functions.len(), pool.claimed, pool.unclaimed_running), (0, 0, 0));
    });
}

/// What happens to admission.
#[derive(Debug, Clone)]
enum Deed {
    Begin { function: usize, version: Version },
    End { which: usize },
    Set { function: usize, limits: Limits },
}

fn deed() -> impl Strategy<Value = Deed> {
    let version = prop_oneof![Just(None), (1u64..3).prop_map(|n| Some(VersionNumber(n)))];
    let begin = (0..3usize, version).prop_map(|(function, version)| Deed::Begin { function, version });
    let end = (0..20usize).prop_map(|which| Deed::End { which });
    let set = (0..3usize, part()).prop_map(|(function, limits)| Deed::Set { function, limits });
    prop_oneof![6 => begin, 3 => end, 1 => set]
}

fn part() -> impl Strategy<Value = Limits> {
    let settings = (proptest::option::of(0..6usize), 0..3usize, 0..3usize);
    settings.prop_map(|(reserved, first, second)| {
        // The control plane lets nobody provision more than is reserved.
        let provisioned = [(1, first), (2, second)].map(|(n, c)| (n, c.min(reserved.unwrap_or(9) / 2)));
        limits(reserved, &provisioned)
    })
}

/// The reference: each function's limits, and a list of what runs.
#[derive(Default)]
struct Naive {
    limits: BTreeMap<usize, Limits>,
    running: Vec<(usize, Version)>,
}

impl Naive {
    fn limits(&self, function: usize) -> Limits {
        self.limits.get(&function).cloned().unwrap_or_default()
    }

    fn count(&self, function: usize, version: Version) -> usize {
        self.running.iter().filter(|run| **run == (function, version)).count()
    }

    fn of(&self, function: usize) -> usize {
        self.running.iter().filter(|(other, _)| *other == function).count()
    }

    fn covered(&self, function: usize) -> usize {
        let each = self.limits(function).provisioned;
        each.iter().map(|(number, count)| self.count(function, Some(*number)).min(*count)).sum()
    }

    fn claims(&self, function: usize) -> usize {
        let limits = self.limits(function);
        limits.reserved.unwrap_or_else(|| limits.provisioned.values().sum())
    }

    fn may(&self, function: usize, version: Version) -> Result<(), Throttle> {
        let limits = self.limits(function);
        let own = version.and_then(|number| limits.provisioned.get(&number)).copied().unwrap_or(0);
        let guaranteed = self.count(function, version) < own;
        if let Some(reserved) = limits.reserved {
            let provisioned: usize = limits.provisioned.values().sum();
            let kept = if guaranteed { 0 } else { provisioned - self.covered(function) };
            if self.of(function) + kept >= reserved {
                return Err(Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
            }
        } else if !guaranteed {
            let free = (0..3).filter(|other| self.limits(*other).reserved.is_none());
            let running: usize = free.map(|other| self.of(other) - self.covered(other)).sum();
            if running + (0..3).map(|other| self.claims(other)).sum::<usize>() >= LIMIT {
                return Err(Throttle::ConcurrentInvocationLimitExceeded);
            }
        }
        (self.running.len() < LIMIT).then_some(()).ok_or(Throttle::ConcurrentInvocationLimitExceeded)
    }
}

/// Both side by side.
struct Pair {
    ids: [FunctionId; 3],
    admission: Admission,
    naive: Naive,
    permits: Vec<Permit>,
}

impl Pair {
    fn new() -> Self {
        let ids = ["a", "b", "c"].map(|name| id(name, "us-east-1"));
        Self { ids, admission: Admission::new(LIMIT), naive: Naive::default(), permits: Vec::new() }
    }

    fn set(&mut self, function: usize, limits: Limits) {
        self.admission.set(&self.ids[function], limits.clone());
        self.naive.limits.insert(function, limits);
    }

    /// Whether it was admitted, which both must agree on.
    fn begin(&mut self, function: usize, version: Version) -> bool {
        let admitted = self.admission.admit(&self.ids[function], version);
        let told = admitted.as_ref().map(|_| ()).map_err(|throttle| *throttle);
        assert_eq!(told, self.naive.may(function, version));
        let Ok(permit) = admitted else { return false };
        self.permits.push(permit);
        self.naive.running.push((function, version));
        true
    }

    fn end(&mut self, which: usize) {
        if which < self.permits.len() {
            self.permits.swap_remove(which);
            self.naive.running.swap_remove(which);
        }
    }

    /// No limit is exceeded by what was just admitted.
    fn check_limits(&self, function: usize) {
        assert!(self.naive.running.len() <= LIMIT);
        let reserved = self.naive.limits(function).reserved;
        assert!(reserved.is_none_or(|reserved| self.naive.of(function) <= reserved));
    }
}

proptest! {
    #[test]
    fn limits_that_change_are_never_exceeded_by_who_comes_next(deeds in vec(deed(), 1..200)) {
        let mut pair = Pair::new();
        for deed in deeds {
            match deed {
                Deed::Begin { function, version } => {
                    if pair.begin(function, version) {
                        pair.check_limits(function);
                    }
                }
                Deed::End { which } => pair.end(which),
                Deed::Set { function, limits } => pair.set(function, limits),
            }
        }
        pair.permits.clear();
        (0..3).for_each(|function| pair.set(function, Limits::default()));
        in_pool(&pair.admission.pools, &pair.ids[0], |pool| {
            assert_eq!((pool.functions.len(), pool.claimed, pool.unclaimed_running, pool.running), (0, 0, 0, 0));
        });
    }

    #[test]
    fn what_is_guaranteed_is_always_there(parts in vec(part(), 3), deeds in vec(deed(), 1..200)) {
        let mut pair = Pair::new();
        for (function, limits) in parts.into_iter().enumerate() {
            pair.set(function, limits);
        }
        prop_assume!((0..3).map(|function| pair.naive.claims(function)).sum::<usize>() <= LIMIT);
        for deed in deeds {
            match deed {
                Deed::Begin { function, version } => {
                    let limits = pair.naive.limits(function);
                    let own = version.and_then(|number| limits.provisioned.get(&number)).copied().unwrap_or(0);
                    let provisioned = pair.naive.count(function, version) < own;
                    let unprovisioned = limits.provisioned.values().all(|count| *count == 0);
                    let reserved = limits.reserved.is_some_and(|max| pair.naive.of(function) < max);
                    let admitted = pair.begin(function, version);
                    let guaranteed = provisioned || reserved && unprovisioned;
                    prop_assert!(admitted || !guaranteed);
                    pair.check_limits(function);
                }
                Deed::End { which } => pair.end(which),
                Deed::Set { .. } => {}
            }
        }
    }
}
