//! What a sandbox is made from and what comes out of it: bytes, paths and numbers. Knows no function.

mod outcome;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lambent_core::time::Timestamp;
use tokio::sync::mpsc;

use crate::SharedFolder;
use crate::telemetry::Telemetry;
pub use outcome::{Answer, Exit, ExtensionFault, ExtensionFaultKind, Init, Reported, Settled};

/// Everything needed to boot one sandbox.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The program and its arguments, as paths inside the sandbox. Never empty.
    pub argv: Vec<String>,
    /// Where the program starts, inside the sandbox: `/var/task` for zip functions.
    pub working_directory: String,
    /// The whole environment. The sandbox adds `AWS_LAMBDA_RUNTIME_API` and nothing else.
    pub environment: BTreeMap<String, String>,
    /// Host folders seen inside, read-only: code, bootstrap, interpreter.
    pub mounts: Vec<Mount>,
    /// Host folders that sandboxes share and may write in.
    pub shared: Vec<SharedFolder>,
    /// `MemorySize`: 128 to 10,240 MiB. CPU follows from it.
    pub memory_mib: u32,
    /// Size of `/tmp`: 512 to 10,240 MiB.
    pub tmp_mib: u32,
    /// What the sandbox can reach.
    pub network: Network,
    /// What runs beside the program.
    pub extensions: Extensions,
    /// The program gets a descriptor of its own for whole log records, named by `_LAMBDA_TELEMETRY_LOG_FD`.
    pub framed_log: bool,
}

/// What runs beside the program: external extensions, and what all extensions are told.
#[derive(Debug, Clone, Default)]
pub struct Extensions {
    /// The external ones, started before the program: names of files in `/opt/extensions`, in the order of their start.
    pub names: Vec<String>,
    /// Their whole environment, as for the program.
    pub environment: BTreeMap<String, String>,
    /// What an extension is told when it registers.
    pub function: Registered,
}

/// What an extension is told when it registers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registered {
    /// `functionName`.
    pub name: String,
    /// `functionVersion`.
    pub version: String,
    /// `handler`.
    pub handler: String,
    /// `accountId`, told where asked for.
    pub account_id: String,
}

/// A host folder at a path inside the sandbox, read-only, without setuid and devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The folder on the host.
    pub source: PathBuf,
    /// The absolute path inside the sandbox.
    pub target: PathBuf,
}

/// What a sandbox can reach. The Runtime API on its own loopback is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// A network namespace of its own with nothing but loopback.
    #[default]
    None,
    /// A network namespace of its own with a way out, by which neither the host nor another sandbox can be reached.
    Nat,
    /// The host's own network: no isolation, only when asked for.
    Host,
}

/// One event for the runtime, with what its `next` headers say.
#[derive(Debug, Clone)]
pub struct Event {
    /// `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// `Lambda-Runtime-Deadline-Ms`.
    pub deadline: Timestamp,
    /// `Lambda-Runtime-Invoked-Function-Arn`.
    pub invoked_function_arn: String,
    /// `Lambda-Runtime-Trace-Id`.
    pub trace_id: Option<String>,
    /// `Lambda-Runtime-Client-Context`: decoded JSON.
    pub client_context: Option<String>,
    /// `Lambda-Runtime-Cognito-Identity`: JSON.
    pub cognito_identity: Option<String>,
    /// The body of `next`, untouched.
    pub payload: Bytes,
    /// Where a streamed response goes as it comes; `None` collects it into [`Answer::Response`].
    pub stream: Option<mpsc::Sender<Piece>>,
}

/// A piece of a streamed response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The first: it begins.
    Begin {
        /// The `Content-Type` the runtime gave.
        content_type: Option<String>,
    },
    /// The next bytes, never none.
    Bytes(Bytes),
}

/// Why the processes of a sandbox are ended: `shutdownReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownReason {
    /// The environment is not needed any more.
    Spindown,
    /// An invocation took too long.
    Timeout,
    /// The runtime or an extension failed.
    Failure,
}

/// Who wrote to standard output or error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The program, or a child of it.
    Program,
    /// An external extension.
    Extension,
}

/// Something that happened to an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// `platform.extension`: told when Init ends, or when it failed.
    Extension {
        /// Its name.
        name: String,
        /// `Registered`, `Ready`, `LaunchError`…
        state: &'static str,
        /// What it asked for: `INVOKE`, `SHUTDOWN`.
        events: Vec<&'static str>,
        /// The error type it failed with.
        error_type: Option<String>,
    },
    /// `platform.telemetrySubscription`, or `platform.logsSubscription`.
    Subscription {
        /// The extension.
        name: String,
        /// By the older Logs API.
        logs: bool,
        /// `Subscribed` or `Already subscribed`.
        state: &'static str,
        /// `platform`, `function`, `extension`.
        types: Vec<&'static str>,
    },
}

/// Takes what comes out of a sandbox while it lives. Must not block.
pub trait Outlet: Send + Sync {
    /// A whole line (without the newline), a piece of at most 256 KiB of a longer one, or one framed record, which may
    /// have newlines inside.
    fn written(&self, source: Source, text: &[u8]);

    /// Something happened to an extension.
    fn notice(&self, _notice: Notice) {}

    /// Whether what was written is not dealt with yet: then the sandbox is held up at its own full pipe.
    fn is_full(&self) -> bool {
        false
    }
}

impl<F: Fn(&[u8]) + Send + Sync> Outlet for F {
    fn written(&self, _source: Source, text: &[u8]) {
        self(text);
    }
}

/// Where a sandbox's output goes.
pub type Output = Arc<dyn Outlet>;

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

    /// How many sandboxes exist now, those being torn down included.
    fn count(&self) -> usize;

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
    /// until it asks for its first event; fails where one of them does or `limit` passes.
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
