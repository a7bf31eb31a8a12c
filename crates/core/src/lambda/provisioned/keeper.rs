//! Keeps the provisioned environments of one version at the number that is wanted: a machine that says when to start and
//! to stop some. It dies with the process, as the environments do. Never starts one itself.

use std::time::Duration;

use crate::limits::{PROVISIONED_PAUSE_MAX, PROVISIONED_PAUSE_MIN, PROVISIONED_STARTS_MAX};

/// What is known of the provisioned environments of one version. Times are those of one clock that never goes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keeper {
    wanted: u32,
    starting: u32,
    /// With those that are leaving.
    ready: u32,
    leaving: u32,
    /// Those of them that wait for the others: none can be used before all are there.
    held: u32,
    failure: Option<Failure>,
}

/// Why the last start failed, and when the next is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure {
    reason: String,
    pause: Duration,
    until: Duration,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// From now on this many are wanted.
    Wanted(u32),
    /// A start ended well.
    Started,
    /// A start failed, for this reason.
    Failed(String),
    /// Nothing is left of one that was ready.
    Gone,
    /// The time of [`Keeper::wake_at`] has come, perhaps.
    Woken,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start so many.
    Start(u32),
    /// Stop up to so many that are idle; each is told of as [`Event::Gone`].
    Stop(u32),
}

impl Keeper {
    /// Takes in what happened.
    #[must_use]
    pub fn step(mut self, event: Event, now: Duration) -> (Self, Option<Action>) {
        match event {
            Event::Wanted(count) => {
                if count != self.wanted {
                    self.failure = None;
                }
                self.wanted = count;
            }
            Event::Started => {
                self.starting = self.starting.saturating_sub(1);
                self.ready += 1;
                self.held += 1;
                self.failure = None;
            }
            Event::Failed(reason) => {
                self.starting = self.starting.saturating_sub(1);
                self.failure = Some(Failure::after(self.failure.take(), reason, now));
                // The others are better than none.
                self.held = 0;
            }
            // Whether it was one of those that wait is not known: it shows when all are there.
            Event::Gone => {
                self.ready = self.ready.saturating_sub(1);
                self.leaving = self.leaving.saturating_sub(1);
            }
            Event::Woken => {}
        }
        if self.ready() >= self.wanted {
            self.held = 0;
        }
        let action = self.due(now);
        if let Some(Action::Start(count)) = action {
            self.starting += count;
        }
        (self, action)
    }

    /// One that was ready is being stopped: it counts no more, but nothing takes its place before [`Event::Gone`].
    pub fn leaves(&mut self) {
        self.leaving += 1;
    }

    /// When something is to be done though nothing happened.
    #[must_use]
    pub fn wake_at(&self) -> Option<Duration> {
        let missing = self.ready + self.starting < self.wanted;
        self.failure.as_ref().filter(|_| missing && self.starting == 0).map(|failure| failure.until)
    }

    /// How many are wanted.
    #[must_use]
    pub fn wanted(&self) -> u32 {
        self.wanted
    }

    /// How many are there, idle or at work.
    #[must_use]
    pub fn ready(&self) -> u32 {
        self.ready.saturating_sub(self.leaving)
    }

    /// How many of them invocations may use: on AWS none before all that were asked for are there.
    #[must_use]
    pub fn usable(&self) -> u32 {
        self.ready().saturating_sub(self.held)
    }

    /// Whether those that started may be used.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.held == 0
    }

    /// Whether there are more than wanted.
    #[must_use]
    pub fn has_surplus(&self) -> bool {
        self.ready() > self.wanted
    }

    /// Why there are fewer than wanted, if a start failed.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_ref().map(|failure| failure.reason.as_str())
    }

    fn due(&self, now: Duration) -> Option<Action> {
        let there = self.ready + self.starting;
        if self.has_surplus() {
            return Some(Action::Stop(self.ready() - self.wanted));
        }
        // After a failure one is tried alone: what has not changed fails again.
        let at_once = match &self.failure {
            None => PROVISIONED_STARTS_MAX,
            Some(failure) if failure.until <= now => 1,
            Some(_) => 0,
        };
        let count = self.wanted.saturating_sub(there).min(at_once.saturating_sub(self.starting));
        (count > 0).then_some(Action::Start(count))
    }
}

impl Failure {
    /// Several starts that go on at once fail as one.
    fn after(earlier: Option<Self>, reason: String, now: Duration) -> Self {
        match earlier {
            Some(earlier) if now < earlier.until => Self { reason, ..earlier },
            Some(Self { pause, .. }) => {
                let pause = (pause * 2).min(PROVISIONED_PAUSE_MAX);
                Self { reason, pause, until: now + pause }
            }
            None => Self { reason, pause: PROVISIONED_PAUSE_MIN, until: now + PROVISIONED_PAUSE_MIN },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn go(keeper: &mut Keeper, event: Event, now_s: u64) -> Option<Action> {
        let (next, action) = std::mem::take(keeper).step(event, Duration::from_secs(now_s));
        *keeper = next;
        action
    }

    #[test]
    fn as_many_are_started_as_are_wanted_a_few_at_once() {
        let mut k = Keeper::default();
        assert_eq!(go(&mut k, Event::Wanted(6), 0), Some(Action::Start(4)));
        assert_eq!(go(&mut k, Event::Started, 0), Some(Action::Start(1)));
        assert_eq!(go(&mut k, Event::Started, 0), Some(Action::Start(1)));
        for _ in 0..4 {
            assert_eq!(go(&mut k, Event::Started, 0), None);
        }
        assert_eq!((k.ready(), k.wake_at(), k.failure()), (6, None, None));
        assert_eq!(go(&mut k, Event::Gone, 9), Some(Action::Start(1)), "what died is started again");
        assert_eq!(go(&mut k, Event::Started, 9), None);
        assert_eq!(go(&mut k, Event::Wanted(2), 9), Some(Action::Stop(4)));
    }

    #[test]
    fn failures_are_tried_again_alone_with_growing_pauses() {
        let mut k = Keeper::default();
        let failed = || Event::Failed("no room".into());
        go(&mut k, Event::Wanted(3), 0);
        for _ in 0..3 {
            assert_eq!(go(&mut k, failed(), 0), None);
        }
        assert_eq!((k.wake_at(), k.failure()), (Some(Duration::from_secs(1)), Some("no room")));
        assert_eq!(go(&mut k, Event::Woken, 1), Some(Action::Start(1)));
        assert_eq!(go(&mut k, failed(), 1), None);
        assert_eq!(k.wake_at(), Some(Duration::from_secs(3)), "the pause has doubled");
        assert_eq!(go(&mut k, Event::Woken, 2), None, "too early");
        assert_eq!(go(&mut k, Event::Woken, 3), Some(Action::Start(1)));
        assert_eq!(go(&mut k, Event::Started, 4), Some(Action::Start(2)));
        assert_eq!(k.failure(), None);
    }

    #[test]
    fn another_number_is_tried_at_once() {
        let mut k = Keeper::default();
        go(&mut k, Event::Wanted(1), 0);
        go(&mut k, Event::Failed("x".into()), 0);
        assert_eq!(go(&mut k, Event::Wanted(1), 0), None);
        assert_eq!(go(&mut k, Event::Wanted(2), 0), Some(Action::Start(2)));
    }

    #[test]
    fn those_that_leave_are_not_stopped_for_again_and_are_replaced_when_they_are_gone() {
        let mut k = Keeper::default();
        go(&mut k, Event::Wanted(4), 0);
        for _ in 0..4 {
            go(&mut k, Event::Started, 0);
        }
        assert_eq!(go(&mut k, Event::Wanted(1), 1), Some(Action::Stop(3)));
        for _ in 0..3 {
            k.leaves();
        }
        assert_eq!((k.ready(), k.has_surplus()), (1, false));
        for _ in 0..3 {
            assert_eq!(go(&mut k, Event::Gone, 2), None);
        }
        assert_eq!(k.ready(), 1);
        k.leaves();
        assert_eq!((k.ready(), go(&mut k, Event::Woken, 3)), (0, None));
        assert_eq!(go(&mut k, Event::Gone, 4), Some(Action::Start(1)));
    }

    #[test]
    fn none_can_be_used_before_all_are_there() {
        let mut k = Keeper::default();
        go(&mut k, Event::Wanted(2), 0);
        go(&mut k, Event::Started, 0);
        assert_eq!((k.ready(), k.usable(), k.is_open()), (1, 0, false));
        go(&mut k, Event::Started, 0);
        assert_eq!((k.ready(), k.usable(), k.is_open()), (2, 2, true));
        go(&mut k, Event::Wanted(4), 0);
        go(&mut k, Event::Started, 0);
        assert_eq!((k.ready(), k.usable()), (3, 2), "those that were there before stay in use");
        go(&mut k, Event::Failed("no room".into()), 0);
        assert_eq!((k.ready(), k.usable(), k.is_open()), (3, 3, true), "better than none");
        go(&mut k, Event::Gone, 0);
        go(&mut k, Event::Wanted(2), 0);
        assert_eq!((k.ready(), k.usable()), (2, 2));
    }

    proptest! {
        /// A driver that does what it is told, in any order, comes to what was wanted last.
        #[test]
        fn it_comes_to_rest_at_what_is_wanted(turns in vec((0..6u8, 0..9u32), 0..60), last in 0..9u32) {
            let (mut k, mut starting, mut alive) = (Keeper::default(), 0u32, 0u32);
            let wanted = std::iter::once((0, last)).chain(std::iter::repeat_n((1, 0), 40));
            for (now_s, (turn, number)) in (0..).zip(turns.into_iter().chain(wanted)) {
                let event = match turn {
                    0 => Event::Wanted(number),
                    1 | 2 if starting > 0 => { starting -= 1; alive += 1; Event::Started }
                    3 if starting > 0 => { starting -= 1; Event::Failed("x".into()) }
                    4 if alive > 0 => { alive -= 1; Event::Gone }
                    _ => Event::Woken,
                };
                let mut action = go(&mut k, event, now_s * 300);
                while let Some(due) = action {
                    action = match due {
                        Action::Start(count) => { starting += count; None }
                        Action::Stop(count) => {
                            prop_assert!(count <= alive);
                            alive -= 1;
                            go(&mut k, Event::Gone, now_s * 300)
                        }
                    };
                }
                prop_assert!(starting <= PROVISIONED_STARTS_MAX);
                prop_assert_eq!(k.ready(), alive);
                prop_assert!(k.usable() <= alive && (k.is_open() || alive < k.wanted()));
            }
            prop_assert_eq!((alive, starting), (last, 0));
        }
    }
}
