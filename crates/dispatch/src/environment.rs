//! One execution environment: a sandbox, its log, and what is known of it. Never shared by two invocations at once.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use lambent_core::lambda::life::{Action, Event, Life};
use lambent_core::time::Moment;
use lambent_sandbox::{Sandbox, ShutdownReason};

use crate::logs::Log;
use crate::provisioner::Place;
use crate::session::Session;

/// A sandbox and where it is in its life.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) sandbox: Box<dyn Sandbox>,
    pub(crate) log: Arc<Log>,
    pub(crate) life: Life,
    /// When its processes were last started.
    pub(crate) started: Duration,
    /// How long Init took before any invocation, until one has reported it.
    pub(crate) init: Option<Duration>,
    frozen: bool,
    /// Its place among the provisioned environments of its version, if it is one.
    provisioned: Option<Place>,
    /// Its credentials end with it.
    session: Session,
}

impl Environment {
    pub(crate) fn new(
        sandbox: Box<dyn Sandbox>,
        log: Arc<Log>,
        session: Session,
        life: Life,
        started: Duration,
    ) -> Self {
        Self { sandbox, log, life, started, init: None, frozen: false, provisioned: None, session }
    }

    /// The same as one of the provisioned environments of its version, until it is dropped.
    pub(crate) fn provisioned(self, place: Place) -> Self {
        Self { provisioned: Some(place), ..self }
    }

    /// Takes in what happened, and tells what is to be done.
    pub(crate) fn step(&mut self, event: Event, now: Moment) -> Action {
        let action;
        (self.life, action) = self.life.step(event, now);
        action
    }

    /// What it has for its life.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The Shutdown phase, and what follows until nothing is left of it. Until then it has what it has for its life: what
    /// extensions and runtime still send is sent with its credentials, and what is mounted is connected.
    pub(crate) fn end(mut self, reason: ShutdownReason) -> impl Future<Output = ()> + Send {
        // Now and not when the future runs: whoever counts next must not count it.
        self.provisioned.iter_mut().for_each(Place::leave);
        async move {
            let Self { sandbox, session, provisioned, .. } = self;
            sandbox.stop(reason).await;
            drop((session, provisioned));
        }
    }

    pub(crate) fn is_provisioned(&self) -> bool {
        self.provisioned.is_some()
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen
    }

    pub(crate) fn freeze(&mut self) {
        self.sandbox.freeze();
        self.frozen = true;
    }

    /// Lets it go on, and tells whether it is as it was left: its program still there, or none where it was reset.
    pub(crate) async fn wake(&mut self) -> bool {
        if std::mem::take(&mut self.frozen) {
            self.log.hold();
            self.sandbox.thaw();
            return self.sandbox.awake().await;
        }
        !self.is_dead()
    }

    /// Whether its program has ended by itself.
    pub(crate) fn is_dead(&mut self) -> bool {
        self.life.is_ready()
            && pin!(self.sandbox.exited()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }
}
