//! What a sandbox is made from and what comes out of it: bytes, paths and numbers. Knows no function.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lambent_core::time::Timestamp;

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
    /// `MemorySize`: 128 to 10,240 MiB. CPU follows from it.
    pub memory_mib: u32,
    /// Size of `/tmp`: 512 to 10,240 MiB.
    pub tmp_mib: u32,
    /// What the sandbox can reach.
    pub network: Network,
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
}

/// How the Init phase ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Init {
    /// The runtime asked for its first event.
    Ready,
    /// The runtime posted to `/init/error`, with its error type header and its body.
    Reported(Reported),
    /// The program ended first.
    Exited(Exit),
    /// The limit passed. The program is killed.
    TimedOut,
}

/// How one invocation was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The runtime posted to `/response`.
    Response {
        /// The `Content-Type` the runtime gave.
        content_type: Option<String>,
        /// The body, untouched.
        body: Bytes,
    },
    /// The runtime posted to `/error`.
    Error(Reported),
    /// The runtime posted more than the limit; it was told so and goes on.
    TooLarge,
    /// The program ended before it answered.
    Exited(Exit),
    /// The limit passed before an answer. The program is killed.
    TimedOut,
}

/// What a runtime told of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// `Lambda-Runtime-Function-Error-Type`, if given.
    pub error_type: Option<String>,
    /// The `Content-Type` of the body.
    pub content_type: Option<String>,
    /// The body, untouched.
    pub body: Bytes,
}

/// How a sandbox's program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// With this status, 0 to 255.
    Code(u8),
    /// By this signal.
    Signal(u8),
    /// Killed by the kernel because the memory limit was reached.
    OutOfMemory,
}

/// How an environment stood after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The runtime asked for its next event: the environment can be frozen or used again.
    Ready,
    /// The program ended after the answer.
    Exited(Exit),
    /// The limit passed before the runtime asked again. The program is killed.
    TimedOut,
}

/// Takes what a sandbox writes to its standard output and error.
///
/// Called with whole lines (without the newline), or with a piece of at most 256 KiB of a longer one.
pub type Output = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Why a sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The program is not there or cannot be executed.
    #[error("cannot execute {program}: {reason}")]
    Entrypoint {
        /// The path inside the sandbox.
        program: String,
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

/// A place where sandboxes are made: the real host, or a fake one in tests.
#[async_trait::async_trait]
pub trait Host: std::fmt::Debug + Send + Sync {
    /// Makes a sandbox and starts its program. Returns once the program has been executed; does not wait for Init.
    async fn boot(&self, spec: &Spec, output: Output) -> Result<Box<dyn Sandbox>, BootError>;

    /// How many sandboxes exist now, those being torn down included.
    fn count(&self) -> usize;

    /// Kills all sandboxes and returns when nothing of them is left.
    async fn close(&self);
}

/// One running sandbox. Dropping it kills it; its traces are removed in the background.
///
/// The order of calls: `init` once, then any number of `invoke` + `settle`, `freeze` and `thaw` between them.
#[async_trait::async_trait]
pub trait Sandbox: std::fmt::Debug + Send {
    /// Waits until the runtime asks for its first event, fails, or `limit` passes.
    async fn init(&mut self, limit: Duration) -> Init;

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

    /// Kills the sandbox and returns when its processes, mounts, cgroups and namespaces are gone.
    async fn stop(self: Box<Self>);
}
