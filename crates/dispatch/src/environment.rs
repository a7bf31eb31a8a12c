//! One execution environment: a sandbox, its log, and what is known of it. Never shared by two invocations at once.

use std::sync::Arc;
use std::time::Duration;

use lambent_sandbox::Sandbox;

use crate::logs::Log;

/// A sandbox that has been initialised.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) sandbox: Box<dyn Sandbox>,
    pub(crate) log: Arc<Log>,
    /// How long Init took, until an invocation has reported it.
    pub(crate) init: Option<Duration>,
    frozen: bool,
}

impl Environment {
    pub(crate) fn new(sandbox: Box<dyn Sandbox>, log: Arc<Log>, init: Option<Duration>) -> Self {
        Self { sandbox, log, init, frozen: false }
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
        }
        tokio::select! {
            biased;
            _ = self.sandbox.exited() => false,
            () = std::future::ready(()) => true,
        }
    }
}
