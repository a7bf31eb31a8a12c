//! Each way through a life, and all of them at random.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rules(initialization: Initialization) -> Rules {
    Rules { initialization, timeout: s(3), idle_max: 10 * MINUTE, age_max: 60 * MINUTE }
}

fn on_demand() -> Life {
    Life::new(rules(Initialization::OnDemand), Duration::ZERO)
}

fn provisioned(timeout: Duration) -> Life {
    let rules = Rules { timeout, ..rules(Initialization::ProvisionedConcurrency) };
    Life::new(rules, Duration::ZERO)
}

/// Takes the steps, each at its second, and compares what is to be done.
#[track_caller]
fn check(mut life: Life, steps: &[(u64, Event, Action)]) -> Life {
    for (at, event, expected) in steps {
        let (next, action) = life.step(*event, s(*at));
        assert_eq!(action, *expected, "{event:?} at {at}");
        life = next;
    }
    life
}

fn ready(life: Life) -> Life {
    let (life, _) = life.step(Event::Started, s(0));
    let (life, _) = life.step(Event::RuntimeReady, s(0));
    life.step(Event::ExtensionsReady, s(0)).0
}

#[test]
fn the_timeout_holds_from_the_event_until_the_extensions_are_done() {
    let life = check(
        on_demand(),
        &[
            (0, Event::Started, Action::Init(Phase::Init, s(10))),
            (4, Event::RuntimeReady, Action::Join(Phase::Init, s(6))),
            (5, Event::ExtensionsReady, Action::Rest),
            (6, Event::Wanted, Action::Invoke(s(3))),
            (7, Event::Answered, Action::Settle(s(2))),
            (8, Event::RuntimeReady, Action::Finish(s(1))),
            (8, Event::ExtensionsReady, Action::Rest),
        ],
    );
    assert!(life.is_ready() && !life.is_reset());
}

#[test]
fn an_init_that_fails_is_done_again_under_the_timeout_of_the_invocation() {
    let failed = Event::Failed(Fault::Timeout);
    let life = check(
        on_demand(),
        &[
            (0, Event::Started, Action::Init(Phase::Init, s(10))),
            (10, failed, Action::Reset(Reason::Timeout)),
            (11, Event::WasReset, Action::Rest),
            (11, Event::Wanted, Action::Start(Phase::Invoke)),
            (11, Event::Started, Action::Init(Phase::Invoke, s(3))),
            (12, Event::RuntimeReady, Action::Join(Phase::Invoke, s(2))),
            (12, Event::ExtensionsReady, Action::Invoke(s(2))),
            (13, Event::Answered, Action::Settle(s(1))),
        ],
    );
    assert!(!life.is_ready());
    let again = [
        (11, Event::Wanted, Action::Start(Phase::Invoke)),
        (11, Event::Started, Action::Init(Phase::Invoke, s(3))),
        (14, failed, Action::Reset(Reason::Timeout)),
        (14, Event::WasReset, Action::Rest),
        (20, Event::Wanted, Action::Start(Phase::Invoke)),
        (20, Event::Started, Action::Init(Phase::Invoke, s(3))),
    ];
    let (life, _) = on_demand().step(Event::Started, s(0));
    let (life, _) = life.step(failed, s(10));
    check(life.step(Event::WasReset, s(11)).0, &again);
}

#[test]
fn what_fails_in_an_invocation_is_reset_and_kept() {
    for (fault, reason) in [(Fault::Timeout, Reason::Timeout), (Fault::Failure, Reason::Failure)] {
        let life = check(
            ready(on_demand()),
            &[
                (1, Event::Wanted, Action::Invoke(s(3))),
                (2, Event::Failed(fault), Action::Reset(reason)),
                (2, Event::WasReset, Action::Rest),
            ],
        );
        assert!(life.is_reset() && !life.is_ready());
        assert_eq!(life.wake_at(), Some(s(602)));
    }
}

#[test]
fn what_fails_again_and_again_is_given_up() {
    let mut life = ready(on_demand());
    for _ in 1..FAILURES_IN_A_ROW_MAX {
        let (next, action) = life.step(Event::Wanted, s(1));
        let next =
            if action == Action::Start(Phase::Invoke) { next.step(Event::Started, s(1)).0 } else { next };
        let (next, action) = next.step(Event::Failed(Fault::Failure), s(1));
        assert_eq!(action, Action::Reset(Reason::Failure));
        life = next.step(Event::WasReset, s(1)).0;
    }
    let steps = [
        (1, Event::Wanted, Action::Start(Phase::Invoke)),
        (1, Event::Failed(Fault::Failure), Action::Stop(Reason::Failure)),
    ];
    check(life, &steps);
}

#[test]
fn a_provisioned_one_has_its_own_time_for_init_and_no_second_chance() {
    for (timeout, limit) in [(3, 130), (900, 900)] {
        let steps = [
            (0, Event::Started, Action::Init(Phase::Init, s(limit))),
            (9, Event::Failed(Fault::Failure), Action::Stop(Reason::Failure)),
        ];
        check(provisioned(s(timeout)), &steps);
    }
    let renewed = [
        (1, Event::Wanted, Action::Invoke(s(3))),
        (2, Event::Failed(Fault::Failure), Action::Reset(Reason::Failure)),
        (2, Event::WasReset, Action::Rest),
        (2, Event::Renewed, Action::Start(Phase::Init)),
        (2, Event::Started, Action::Init(Phase::Init, s(130))),
        (3, Event::RuntimeReady, Action::Join(Phase::Init, s(129))),
        (3, Event::ExtensionsReady, Action::Rest),
    ];
    assert!(check(ready(provisioned(s(3))), &renewed).is_ready());
}

#[test]
fn idle_time_and_age_end_it() {
    let idle = [(599, Event::Woken, Action::Rest), (600, Event::Woken, Action::Stop(Reason::Spindown))];
    check(ready(on_demand()), &idle);
    let spindown = Action::Stop(Reason::Spindown);
    check(ready(on_demand()), &[(3600, Event::Wanted, spindown)]);
    check(ready(provisioned(s(3))), &[(3599, Event::Woken, Action::Rest), (3600, Event::Woken, spindown)]);
    check(ready(on_demand()), &[(1, Event::Retired, spindown)]);
}

#[test]
fn what_cannot_happen_ends_it() {
    for event in [Event::Answered, Event::Started, Event::WasReset, Event::Lost, Event::RuntimeReady] {
        let (ended, action) = ready(on_demand()).step(event, s(1));
        assert_eq!((action, ended.wake_at()), (Action::Stop(Reason::Failure), None));
    }
}

proptest! {
    /// A driver that does what it is told, whatever comes of it.
    #[test]
    fn an_invocation_has_its_time_and_an_event_goes_to_a_runtime_that_is_ready(
        provisioned_one: bool, turns in vec((0..6u8, 0..4u64), 1..200),
    ) {
        let mut life = if provisioned_one { provisioned(s(3)) } else { on_demand() };
        let (mut now, mut processes, mut ready, mut until) = (Duration::ZERO, true, false, None);
        let mut event = Event::Started;
        for (turn, passes) in turns {
            let (next, action) = life.step(event, now);
            life = next;
            if event == Event::Wanted { until = Some(now + s(3)); }
            let limit = match action {
                Action::Invoke(limit) | Action::Settle(limit) | Action::Finish(limit) => {
                    prop_assert!(processes);
                    prop_assert_eq!(matches!(action, Action::Invoke(_)), ready);
                    ready = false;
                    Some(limit)
                }
                Action::Init(Phase::Invoke, limit) | Action::Join(Phase::Invoke, limit) => Some(limit),
                Action::Init(Phase::Init, _) | Action::Join(Phase::Init, _) | Action::Start(_) => None,
                Action::Reset(_) | Action::Rest | Action::Stop(_) => None,
            };
            if let Some(limit) = limit {
                prop_assert_eq!(limit, until.map(|until| until.saturating_sub(now)).unwrap_or_default());
            }
            now += s(passes);
            let fault = if turn == 1 { Fault::Timeout } else { Fault::Failure };
            event = match action {
                Action::Stop(_) => break,
                Action::Reset(_) => { processes = false; ready = false; Event::WasReset }
                Action::Start(_) if turn == 0 => Event::Lost,
                Action::Start(_) => { processes = true; Event::Started }
                Action::Rest => match turn {
                    0 => Event::Woken,
                    1 if life.is_reset() => Event::Renewed,
                    _ => Event::Wanted,
                },
                _ if turn < 2 => Event::Failed(fault),
                Action::Init(..) | Action::Settle(_) => Event::RuntimeReady,
                Action::Join(..) | Action::Finish(_) => { ready = true; Event::ExtensionsReady }
                Action::Invoke(_) => Event::Answered,
            };
            if matches!(event, Event::Failed(_)) { ready = false; }
        }
    }
}
