//! One execution environment: a sandbox, its log, and what is known of it. Never shared by two invocations at once.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use lambent_sandbox::Sandbox;

use crate::logs::Log;
use crate::provisioner::Place;
use crate::session::Session;

/// A sandbox that has been initialised.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) sandbox: Box<dyn Sandbox>,
    pub(crate) log: Arc<Log>,
    /// How long Init took, until an invocation has reported it.
    pub(crate) init: Option<Duration>,
    /// When it was initialised.
    pub(crate) born: Duration,
    frozen: bool,
    /// Its place among the provisioned environments of its version, if it is one.
    provisioned: Option<Place>,
    /// Its credentials end with it.
    _session: Session,
}

impl Environment {
    pub(crate) fn new(
        sandbox: Box<dyn Sandbox>,
        log: Arc<Log>,
        session: Session,
        born: Duration,
        init: Option<Duration>,
    ) -> Self {
        Self { sandbox, log, init, born, frozen: false, provisioned: None, _session: session }
    }

    /// The same as one of the provisioned environments of its version, until it is dropped.
    pub(crate) fn provisioned(self, place: Place) -> Self {
        Self { provisioned: Some(place), ..self }
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

    /// Lets it go on, and tells whether its program is still there.
    pub(crate) async fn wake(&mut self) -> bool {
        if std::mem::take(&mut self.frozen) {
            self.sandbox.thaw();
            return self.sandbox.awake().await;
        }
        !self.is_dead()
    }

    /// Whether its program has ended.
    pub(crate) fn is_dead(&mut self) -> bool {
        pin!(self.sandbox.exited()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }
}
