//! Where sandboxes are made, and what can be done with one. Never how: that is the real host's, or a fake's.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Answer, Event, Exit, Init, Output, Settled, ShutdownReason, Spec};
use crate::linux::snapshot::Unfit;
use crate::telemetry::Telemetry;

/// Why a sandbox could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BootError {
    /// The program is not there or cannot be executed.
    #[error("cannot execute {program}: {reason}")]
    Entrypoint {
        /// The path inside the sandbox.
        program: String,
        /// The system's words.
        reason: String,
    },
    /// A shared folder cannot be mounted: it is not there, or not by this server or on this file system.
    #[error("{step}: {reason}")]
    SharedFolder {
        /// Which one.
        step: String,
        /// The system's words.
        reason: String,
    },
    /// The host refused a step: a limit, a full disk, a missing permission.
    #[error("sandbox step {step} failed: {reason}")]
    Step {
        /// What was tried, such as `mount /tmp`.
        step: String,
        /// The system's words.
        reason: String,
    },
}

impl BootError {
    /// A step that failed.
    pub(crate) fn at_step(step: String, reason: String) -> Self {
        if step.starts_with(crate::linux::SHARED_FOLDER_STEP) {
            return Self::SharedFolder { step, reason };
        }
        Self::Step { step, reason }
    }
}

/// A place where sandboxes are made: the real host, or a fake one in tests.
#[async_trait::async_trait]
pub trait Host: std::fmt::Debug + Send + Sync {
    /// Makes a sandbox and starts its program, or its extensions where there are any: the program follows them in
    /// [`Sandbox::init`]. Returns once it has been executed; does not wait for Init.
    ///
    /// What is told to `telemetry` is delivered to extensions that subscribe to it.
    async fn boot(
        &self,
        spec: &Spec,
        output: Output,
        telemetry: Arc<Telemetry>,
    ) -> Result<Box<dyn Sandbox>, BootError>;

    /// A sandbox like this may be booted soon; what that needs can be made ahead.
    fn expect(&self, _spec: &Spec) {}

    /// How many sandboxes exist now, those being torn down included.
    fn count(&self) -> usize;

    /// How much memory is left for more of them, in MiB; none where nobody knows.
    fn memory_left_mib(&self) -> Option<u64> {
        None
    }

    /// Kills all sandboxes and returns when nothing of them is left.
    async fn close(&self);
}

/// One running sandbox. Dropping it kills it; its traces are removed in the background.
///
/// The order of calls: `init` and `extensions_ready` once, then any number of `invoke` + `settle` + `extensions_ready`,
/// `freeze` and `thaw` between them. Whatever did not end well is followed by `reset` or `stop`: until then its
/// processes may run on. After `reset` it begins anew with `restart` and `init`.
#[async_trait::async_trait]
pub trait Sandbox: std::fmt::Debug + Send {
    /// Waits until every external extension has registered, starts the program where it does not run yet, and waits
    /// until it asks for its first event, or to be restored where a snapshot is wanted; fails where one of them does or `limit` passes.
    async fn init(&mut self, limit: Duration) -> Init;

    /// Waits until every extension that has a part in the phase has asked for its next event: after `init` all that
    /// registered, after `settle` those that were told of the invocation. At once where there are none.
    async fn extensions_ready(&mut self, _limit: Duration) -> Settled {
        Settled::Ready
    }

    /// The Shutdown phase, after which all processes are gone and `/tmp` is kept: the program gets SIGTERM and the
    /// extensions their event where there are extensions, and all are killed at the end of their time
    /// (`limits::SHUTDOWN_*`); at once where there are none.
    async fn reset(&mut self, reason: ShutdownReason);

    /// Starts extensions and program anew, as [`Host::boot`] does; only after [`reset`](Self::reset).
    async fn restart(&mut self) -> Result<(), BootError>;

    /// Hands over one event and waits for the answer, at most `limit`.
    async fn invoke(&mut self, event: Event, limit: Duration) -> Answer;

    /// Waits until the runtime asks for its next event, at most `limit`, and until all it wrote before has reached
    /// the [`Output`]; of a program that writes more than `limits::OUTPUT_PER_SECOND_MAX_LINES` or `_BYTES` some may
    /// come later.
    async fn settle(&mut self, limit: Duration) -> Settled;

    /// Writes a snapshot of the program to a new file, after `init` of a spec that asks for it by
    /// [`SnapStart::Source`](super::SnapStart). Any number of sandboxes can start from it, as long as the host runs and
    /// its files stay. The sandbox is of no other use then: stop it.
    ///
    /// # Errors
    /// [`Unfit`] where something of the program would get lost; there is no file then.
    async fn snapshot(&mut self, _to: &Path) -> Result<(), Unfit> {
        Err(Unfit::new("this host takes none"))
    }

    /// Stops all processes of the sandbox where they are. It costs microseconds.
    fn freeze(&mut self);

    /// Lets them go on.
    fn thaw(&mut self);

    /// Whether the program is there to take an event. To be asked between [`thaw`](Self::thaw) and
    /// [`invoke`](Self::invoke).
    ///
    /// Costs microseconds where the runtime waits for an event. Where it does not, it was killed while frozen or it
    /// asks anew: this waits until one of them is known, at most `limits::SANDBOX_WAKE_TIMEOUT`. Cancel safe.
    async fn awake(&mut self) -> bool {
        tokio::select! {
            biased;
            _ = self.exited() => false,
            () = std::future::ready(()) => true,
        }
    }

    /// After [`Answer::Exited`]: the program had not read all of the event when it ended, so that another sandbox may
    /// be given it. Once: it may have ended because of it.
    fn untaken(&self) -> bool {
        false
    }

    /// Resolves when the program ends. For watching an idle sandbox; cancel safe.
    async fn exited(&mut self) -> Exit;

    /// The most memory the sandbox ever used, in bytes.
    fn memory_peak_bytes(&self) -> u64;

    /// The Shutdown phase as in [`reset`](Self::reset), then kills what is left and returns when its processes, mounts,
    /// cgroups and namespaces are gone.
    async fn stop(self: Box<Self>, reason: ShutdownReason);
}
