//! The life of one execution environment: Init, Invoke, Shutdown, and what follows when one of them goes wrong. A machine
//! that says what is to be done next; it dies with the process, as the environment does. Never does it itself.
//!
//! An Init that fails is followed by a reset, and is done again inside the next invocation, as after every reset: then it is
//! part of the invocation, under the function's timeout. That the first invocation is already waiting changes nothing.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>

use std::time::Duration;

pub use self::turn::{Action, Event, Fault, Reason};
use super::environment::Initialization;
use super::log::event::Phase;
use crate::limits::{FAILURES_IN_A_ROW_MAX, INIT_TIMEOUT, PROVISIONED_INIT_MAX};
use crate::time::Moment;

mod turn;

/// What holds for an environment all its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Why it is there.
    pub initialization: Initialization,
    /// The function's `Timeout`.
    pub timeout: Duration,
    /// How long it is kept without anything to do, unless it is provisioned.
    pub idle_max: Duration,
    /// How old it may be when an invocation begins.
    pub age_max: Duration,
}

/// One environment. What it does is limited by real time; how old it is and how long it was idle are AWS's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    rules: Rules,
    born: Duration,
    /// How often it failed since an invocation went well.
    failures: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its processes are being started, inside an invocation that ends then, or in none.
    Starting(Option<Duration>),
    /// The runtime initialises, until then; inside an invocation or not.
    Initialising(Phase, Duration),
    /// The runtime is ready, and extensions are waited for.
    Joining(Phase, Duration),
    /// It can take an invocation, since then in AWS's time.
    Ready(Duration),
    /// The runtime has an event, until then.
    Invoked(Duration),
    /// The runtime has answered and does not yet ask for the next event.
    Answered(Duration),
    /// The runtime asks for the next event, and extensions are waited for.
    Finishing(Duration),
    /// Its processes are being ended; what it wrote stays.
    Resetting,
    /// It has no processes, since then in AWS's time: the next invocation begins with Init.
    Reset(Duration),
    /// It is not there any more.
    Ended,
}

impl Life {
    /// An environment whose processes are being started before any invocation, made at `now` in AWS's time.
    #[must_use]
    pub fn new(rules: Rules, now: Duration) -> Self {
        Self { rules, born: now, failures: 0, state: State::Starting(None) }
    }

    /// Takes in what happened.
    #[must_use]
    pub fn step(mut self, event: Event, now: impl Into<Moment>) -> (Self, Action) {
        let action = self.follow(event, now.into());
        (self, action)
    }

    /// Whether it can take an event at once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    /// Whether it has no processes, and the next invocation begins with Init.
    #[must_use]
    pub fn is_reset(&self) -> bool {
        matches!(self.state, State::Reset(_))
    }

    /// When it was made, in AWS's time.
    #[must_use]
    pub fn born(&self) -> Duration {
        self.born
    }

    /// Why it is there.
    #[must_use]
    pub fn initialization(&self) -> Initialization {
        self.rules.initialization
    }

    /// When [`Event::Woken`] ends it, if nothing happens before.
    #[must_use]
    pub fn wake_at(&self) -> Option<Duration> {
        match self.state {
            State::Ready(since) | State::Reset(since) => Some(self.over_at(since)),
            State::Starting(_)
            | State::Initialising(..)
            | State::Joining(..)
            | State::Invoked(_)
            | State::Answered(_)
            | State::Finishing(_)
            | State::Resetting
            | State::Ended => None,
        }
    }

    fn follow(&mut self, event: Event, now: Moment) -> Action {
        match (self.state, event) {
            (State::Starting(until), Event::Started) => self.started(until, now.real),
            (State::Initialising(phase, until), Event::RuntimeReady) => {
                self.go(State::Joining(phase, until), Action::Join(phase, left(until, now.real)))
            }
            (State::Joining(Phase::Init, _), Event::ExtensionsReady) => {
                self.go(State::Ready(now.aged), Action::Rest)
            }
            (State::Joining(Phase::Invoke, until), Event::ExtensionsReady) => self.invoke(until, now.real),
            (State::Ready(_) | State::Reset(_), Event::Wanted | Event::Woken | Event::Renewed) => {
                self.called(event, now)
            }
            (State::Invoked(until), Event::Answered) => {
                self.go(State::Answered(until), Action::Settle(left(until, now.real)))
            }
            (State::Answered(until), Event::RuntimeReady) => {
                self.go(State::Finishing(until), Action::Finish(left(until, now.real)))
            }
            (State::Finishing(_), Event::ExtensionsReady) => {
                self.failures = 0;
                self.go(State::Ready(now.aged), Action::Rest)
            }
            (
                State::Starting(_)
                | State::Initialising(..)
                | State::Joining(..)
                | State::Invoked(_)
                | State::Answered(_)
                | State::Finishing(_),
                Event::Failed(fault),
            ) => self.failed(fault),
            (State::Resetting, Event::WasReset) => self.go(State::Reset(now.aged), Action::Rest),
            (_, Event::Retired) => self.go(State::Ended, Action::Stop(Reason::Spindown)),
            // What cannot happen in a state is a fault of the driver: nothing is known of the environment any more.
            (
                _,
                Event::Started
                | Event::RuntimeReady
                | Event::ExtensionsReady
                | Event::Wanted
                | Event::Answered
                | Event::Failed(_)
                | Event::WasReset
                | Event::Renewed
                | Event::Lost
                | Event::Woken,
            ) => self.go(State::Ended, Action::Stop(Reason::Failure)),
        }
    }

    fn go(&mut self, state: State, action: Action) -> Action {
        self.state = state;
        action
    }

    /// Its processes run: before any invocation Init has a limit of its own, inside one that of the invocation.
    fn started(&mut self, until: Option<Duration>, now: Duration) -> Action {
        let (phase, until) = match until {
            Some(until) => (Phase::Invoke, until),
            None => (Phase::Init, now + self.init_limit()),
        };
        self.go(State::Initialising(phase, until), Action::Init(phase, left(until, now)))
    }

    fn init_limit(&self) -> Duration {
        match self.rules.initialization {
            Initialization::OnDemand => INIT_TIMEOUT,
            Initialization::ProvisionedConcurrency => self.rules.timeout.max(PROVISIONED_INIT_MAX),
        }
    }

    /// Something wants it while it has nothing to do.
    fn called(&mut self, event: Event, now: Moment) -> Action {
        let (State::Ready(since) | State::Reset(since)) = self.state else { return Action::Rest };
        if now.aged >= self.over_at(since) {
            return self.go(State::Ended, Action::Stop(Reason::Spindown));
        }
        let until = now.real + self.rules.timeout;
        match (event, self.is_reset()) {
            (Event::Wanted, false) => self.invoke(until, now.real),
            (Event::Wanted, true) => self.go(State::Starting(Some(until)), Action::Start(Phase::Invoke)),
            (Event::Renewed, true) => self.go(State::Starting(None), Action::Start(Phase::Init)),
            (_, _) => Action::Rest,
        }
    }

    fn invoke(&mut self, until: Duration, now: Duration) -> Action {
        self.go(State::Invoked(until), Action::Invoke(left(until, now)))
    }

    /// It is kept, unless nothing comes of it again and again. A provisioned one whose first Init fails is none.
    fn failed(&mut self, fault: Fault) -> Action {
        let reason = match fault {
            Fault::Timeout => Reason::Timeout,
            Fault::Failure => Reason::Failure,
        };
        self.failures += 1;
        let waits = matches!(
            self.state,
            State::Starting(None) | State::Initialising(Phase::Init, _) | State::Joining(Phase::Init, _)
        );
        let provisioned = self.rules.initialization == Initialization::ProvisionedConcurrency;
        if self.failures >= FAILURES_IN_A_ROW_MAX || waits && provisioned {
            return self.go(State::Ended, Action::Stop(reason));
        }
        self.go(State::Resetting, Action::Reset(reason))
    }

    /// When it has been idle, or is there, for too long.
    fn over_at(&self, idle_since: Duration) -> Duration {
        let aged = self.born + self.rules.age_max;
        match self.rules.initialization {
            Initialization::OnDemand => aged.min(idle_since + self.rules.idle_max),
            Initialization::ProvisionedConcurrency => aged,
        }
    }
}

fn left(until: Duration, now: Duration) -> Duration {
    until.saturating_sub(now)
}

#[cfg(test)]
mod tests;
