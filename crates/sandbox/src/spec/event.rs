//! What goes into a sandbox while it lives, and what comes out beside its answers. Never what ends a phase: that is the
//! outcomes.

use std::sync::Arc;

use bytes::Bytes;
use lambent_core::time::Timestamp;
use tokio::sync::mpsc;

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
    /// Where a streamed response goes as it comes; `None` collects it into [`Answer::Response`](super::Answer::Response).
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
