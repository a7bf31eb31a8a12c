//! Drives environments through their lives: does what the machine of `core` says, one thing after the other, for an
//! invocation or for none. Never decides what follows what.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::environment::Initialization;
use lambent_core::lambda::life::{Action, Event, Reason};
use lambent_core::time::Moment;
use lambent_sandbox::ShutdownReason;

use crate::Invocation;
use crate::admission::Permit;
use crate::boot::Slots;
use crate::dispatcher::Dispatcher;
use crate::environment::Environment;
use crate::metrics::add;
use crate::reply::Reply;
use crate::route::Route;
use crate::run::Course;

/// What drives an environment now.
pub(crate) struct Drive<'a> {
    pub(crate) dispatcher: &'a Arc<Dispatcher>,
    pub(crate) route: &'a Arc<Route>,
    /// Why environments are made.
    pub(crate) initialization: Initialization,
    /// The invocation, and what is known of it; none where nobody waits.
    pub(crate) served: Option<Served>,
    /// A caller waits for the answer: neither the queue nor nobody.
    pub(crate) is_waited_for: bool,
    /// Places among the starts that go on at once, from a start until Init has begun.
    pub(crate) slots: Option<Slots<'a>>,
}

/// An invocation under way.
pub(crate) struct Served {
    pub(crate) invocation: Invocation,
    pub(crate) reply: Reply,
    pub(crate) course: Course,
    /// Its right to run, until it is over.
    pub(crate) permit: Option<Permit>,
}

impl<'a> Drive<'a> {
    /// A drive that serves an invocation.
    pub(crate) fn serving(
        dispatcher: &'a Arc<Dispatcher>,
        route: &'a Arc<Route>,
        invocation: Invocation,
        reply: Reply,
        permit: Permit,
    ) -> Self {
        let permit = Some(permit);
        let served = Some(Served { invocation, reply, course: Course::default(), permit });
        let initialization = Initialization::OnDemand;
        Self { dispatcher, route, initialization, served, is_waited_for: true, slots: None }
    }

    /// A drive of a provisioned environment while no invocation has it.
    pub(crate) fn provisioned(dispatcher: &'a Arc<Dispatcher>, route: &'a Arc<Route>) -> Self {
        let initialization = Initialization::ProvisionedConcurrency;
        Self { dispatcher, route, initialization, served: None, is_waited_for: false, slots: None }
    }

    /// Does what follows from an event until there is nothing to do: [`Action::Rest`], or [`Action::Stop`], which is the
    /// caller's to do.
    pub(crate) async fn through(&mut self, environment: &mut Environment, event: Event) -> Action {
        let mut action = environment.step(event, self.moment());
        loop {
            let event = match action {
                Action::Start(phase) => self.restart(environment, phase).await,
                Action::Init(phase, limit) => self.init(environment, phase, limit).await,
                Action::Join(phase, limit) => self.join(environment, phase, limit).await,
                Action::Invoke(limit) => self.invoke(environment, limit).await,
                Action::Settle(limit) => self.settle(environment, limit).await,
                Action::Finish(limit) => self.finish(environment, limit).await,
                Action::Reset(reason) => self.reset(environment, reason).await,
                Action::Rest | Action::Stop(_) => return action,
            };
            action = environment.step(event, self.moment());
        }
    }

    async fn reset(&mut self, environment: &mut Environment, reason: Reason) -> Event {
        let log = Arc::clone(&environment.log);
        self.telling(environment.sandbox.reset(shutdown(reason)), &log).await;
        add(&self.dispatcher.metrics.resets, 1);
        Event::WasReset
    }

    /// Stops an environment that has ended, and gives another back.
    pub(crate) fn give_back(&self, environment: Environment, action: Action) {
        environment.log.release();
        if let Action::Stop(reason) = action {
            self.dispatcher.stop(environment, shutdown(reason));
        } else {
            self.dispatcher.release(self.route, environment);
        }
    }

    /// Real time since some fixed point.
    pub(crate) fn now(&self) -> Duration {
        self.dispatcher.clock.monotonic()
    }

    fn moment(&self) -> Moment {
        self.dispatcher.clock.moment()
    }

    /// The function's timeout.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.route.deployment.configuration.timeout_s))
    }

    /// Whether the invocation may have a provisioned environment.
    pub(crate) fn may_be_provisioned(&self) -> bool {
        let permit = self.served.as_ref().and_then(|served| served.permit.as_ref());
        permit.is_some_and(Permit::may_be_provisioned)
    }

    /// Whether the caller wants the end of the log.
    pub(crate) fn wants_tail(&self) -> bool {
        self.served.as_ref().is_some_and(|served| served.invocation.tail)
    }
}

/// The reason as sandboxes know it.
pub(crate) fn shutdown(reason: Reason) -> ShutdownReason {
    match reason {
        Reason::Spindown => ShutdownReason::Spindown,
        Reason::Timeout => ShutdownReason::Timeout,
        Reason::Failure => ShutdownReason::Failure,
    }
}
