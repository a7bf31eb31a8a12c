//! Admission: single facts, and beside a reference that keeps a plain list of what runs and counts it anew each time.

mod naive;
mod random;

use lambent_core::lambda::version::VersionNumber;

use super::*;

const NOW: Duration = Duration::ZERO;

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

fn admission(limit: usize) -> Admission {
    Admission::new(AccountLimits::new(limit))
}

fn admit(admission: &Admission, id: &FunctionId, version: Version) -> Result<Permit, Throttle> {
    admission.admit(id, version, Pace::Limited, NOW)
}

/// How many that end at once are admitted before one is not, and why that is not.
fn rush(admission: &Admission, id: &FunctionId, version: Version, now: Duration) -> (usize, Throttle) {
    for count in 0..100_000 {
        if let Err(throttle) = admission.admit(id, version, Pace::Limited, now) {
            return (count, throttle);
        }
    }
    panic!("no limit was met")
}

#[test]
fn a_dropped_permit_makes_room() {
    let admission = admission(1);
    let (here, there) = (id("f", "us-east-1"), id("f", "eu-west-1"));
    let first = admit(&admission, &here, None).unwrap();
    assert_eq!(admit(&admission, &here, None).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    assert!(admit(&admission, &there, None).is_ok(), "each region has a pool of its own");
    drop(first);
    assert!(admit(&admission, &here, None).is_ok());
}

#[test]
fn an_account_may_have_a_limit_of_its_own() {
    let mut limits = AccountLimits::new(1);
    let (here, there) = (id("f", "us-east-1"), id("f", "eu-west-1"));
    limits.set(there.account.clone(), Some(there.region.clone()), 2);
    let admission = Admission::new(limits);
    let _running = [&here, &there, &there].map(|id| admit(&admission, id, None).unwrap());
    assert!(admit(&admission, &here, None).is_err() && admit(&admission, &there, None).is_err());
}

#[test]
fn reserved_concurrency_is_kept_free_and_never_exceeded() {
    let admission = admission(3);
    let (f, g) = (id("f", "us-east-1"), id("g", "us-east-1"));
    admission.set(&f, limits(Some(1), &[]), NOW);
    let _others = (admit(&admission, &g, None).unwrap(), admit(&admission, &g, None).unwrap());
    assert_eq!(admit(&admission, &g, None).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    let _own = admit(&admission, &f, None).unwrap();
    let refusal = admit(&admission, &f, one()).unwrap_err();
    assert_eq!(refusal, Throttle::ReservedFunctionConcurrentInvocationLimitExceeded, "all versions together");
}

#[test]
fn zero_stops_a_function() {
    let (admission, f) = (admission(3), id("f", "us-east-1"));
    admission.set(&f, limits(Some(0), &[]), NOW);
    let refusal = admit(&admission, &f, None).unwrap_err();
    assert_eq!(refusal, Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
    admission.set(&f, Limits::default(), NOW);
    assert!(admit(&admission, &f, None).is_ok());
}

#[test]
fn where_all_that_is_reserved_is_provisioned_nothing_else_runs() {
    let (admission, f) = (admission(300), id("f", "us-east-1"));
    admission.set(&f, limits(Some(1), &[(1, 1)]), NOW);
    let refusal = admit(&admission, &f, None).unwrap_err();
    assert_eq!(refusal, Throttle::ReservedFunctionConcurrentInvocationLimitExceeded);
    let _own = admit(&admission, &f, one()).unwrap();
    assert!(admit(&admission, &f, one()).is_err());
}

#[test]
fn what_is_not_provisioned_spills_over() {
    let (admission, f) = (admission(3), id("f", "us-east-1"));
    admission.set(&f, limits(None, &[(1, 2)]), NOW);
    let mut permits: Vec<Permit> = (0..3).map(|_| admit(&admission, &f, one()).unwrap()).collect();
    assert_eq!(admit(&admission, &f, one()).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    assert_eq!(admit(&admission, &f, None).unwrap_err(), Throttle::ConcurrentInvocationLimitExceeded);
    permits.pop();
    assert!(admit(&admission, &f, None).is_ok());
}

#[test]
fn ten_a_second_begin_for_each_that_may_run() {
    let (admission, f, g) = (admission(5), id("f", "us-east-1"), id("g", "us-east-1"));
    admission.set(&f, limits(Some(2), &[]), NOW);
    let later = Duration::from_millis(50);
    assert_eq!(rush(&admission, &f, None, NOW), (20, Throttle::ReservedFunctionInvocationRateLimitExceeded));
    assert_eq!(rush(&admission, &f, None, later), (1, Throttle::ReservedFunctionInvocationRateLimitExceeded));
    assert_eq!(rush(&admission, &g, None, later), (30, Throttle::FunctionInvocationRateLimitExceeded));
    for id in [&f, &g] {
        assert!(admission.admit(id, None, Pace::Unlimited, later).is_ok(), "the queue meets no rate");
    }
    assert_eq!(rush(&admission, &f, None, later).0, 0, "nor does it take from what others may");
}

#[test]
fn what_is_too_fast_for_provisioned_environments_spills_over_until_that_is_too_fast_too() {
    let (admission, f) = (admission(3), id("f", "us-east-1"));
    admission.set(&f, limits(None, &[(1, 1)]), NOW);
    let mine: Vec<bool> =
        (0..30).map(|_| admit(&admission, &f, one()).unwrap().may_be_provisioned()).collect();
    assert_eq!(mine, [vec![true; 10], vec![false; 20]].concat());
    let refusal = admit(&admission, &f, one()).unwrap_err();
    assert_eq!(refusal, Throttle::FunctionInvocationRateLimitExceeded);
    admission.set(&f, limits(Some(1), &[(1, 1)]), NOW);
    let refusal = admit(&admission, &f, one()).unwrap_err();
    assert_eq!(refusal, Throttle::ReservedFunctionInvocationRateLimitExceeded);
    let soon = Duration::from_millis(100);
    assert!(admission.admit(&f, one(), Pace::Limited, soon).unwrap().may_be_provisioned());
}

#[test]
fn a_function_starts_a_thousand_environments_and_then_a_hundred_a_second() {
    let (admission, f, g) = (admission(9), id("f", "us-east-1"), id("g", "us-east-1"));
    let starts = |id, now| (0..).take_while(|_| admission.may_start(id, now).is_ok()).count();
    assert_eq!((starts(&f, NOW), starts(&g, NOW)), (1000, 1000), "each function for itself");
    assert_eq!(starts(&f, Duration::from_secs(1)), 100);
    assert_eq!(starts(&f, Duration::from_secs(100)), 1000);
    let refusal = admission.may_start(&f, Duration::from_secs(100)).unwrap_err();
    assert_eq!(refusal, Throttle::ConcurrentInvocationLimitExceeded);
}

#[test]
fn nothing_is_kept_of_functions_that_neither_run_nor_claim() {
    let (admission, f) = (admission(3), id("f", "us-east-1"));
    admission.set(&f, limits(Some(1), &[(1, 1)]), NOW);
    drop(admit(&admission, &f, one()));
    admission.set(&f, Limits::default(), NOW);
    admission.in_pool(&f, |pool| assert_eq!(pool.counts(), [0; 4]));
    admission.may_start(&f, NOW).unwrap();
    admission.sweep(NOW);
    admission.in_pool(&f, |pool| assert_eq!(pool.counts(), [1, 0, 0, 0], "it just started one"));
    admission.sweep(Duration::from_millis(10));
    admission.in_pool(&f, |pool| assert_eq!(pool.counts(), [0; 4]));
}

#[test]
fn reasons_are_those_of_the_model() {
    let names = |shape: &str| shape.contains("LimitExceeded");
    for throttle in [
        Throttle::ConcurrentInvocationLimitExceeded,
        Throttle::ReservedFunctionConcurrentInvocationLimitExceeded,
        Throttle::FunctionInvocationRateLimitExceeded,
        Throttle::ReservedFunctionInvocationRateLimitExceeded,
    ] {
        assert!(names(throttle.reason()) && format!("{throttle:?}") == throttle.reason());
    }
}
