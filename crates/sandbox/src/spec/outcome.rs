//! How the phases of a sandbox end, as its runtime and its extensions let them. Judges nothing.

use bytes::Bytes;

use super::BootError;

/// How the Init phase ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Init {
    /// The runtime asked for its first event.
    Ready,
    /// The runtime posted to `/init/error`, with its error type header and its body.
    Reported(Reported),
    /// The program ended first.
    Exited(Exit),
    /// An extension failed first.
    Extension(ExtensionFault),
    /// The program could not be started after its extensions.
    NotStarted(BootError),
    /// The limit passed.
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
    /// The runtime streamed its response; all of it has been given to [`Event::stream`].
    Streamed {
        /// How many bytes there were.
        produced_bytes: u64,
        /// The error that ended it in the middle, from its trailers.
        failed: Option<Reported>,
    },
    /// The runtime posted to `/error`.
    Error(Reported),
    /// The runtime posted more than the limit; it was told so and goes on.
    TooLarge,
    /// The program ended before it answered.
    Exited(Exit),
    /// An extension failed before it answered.
    Extension(ExtensionFault),
    /// The limit passed before an answer.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The runtime asked for its next event: the environment can be frozen or used again.
    Ready,
    /// The program ended after the answer.
    Exited(Exit),
    /// An extension failed after the answer.
    Extension(ExtensionFault),
    /// The limit passed before the runtime, or an extension, asked again.
    TimedOut,
}

/// An extension that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionFault {
    /// Its name.
    pub name: String,
    /// How.
    pub kind: ExtensionFaultKind,
}

/// How an extension failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtensionFaultKind {
    /// It cannot be executed.
    Launch {
        /// The system's words.
        reason: String,
    },
    /// It ended.
    Crash(Exit),
    /// It posted to `/extension/init/error`.
    Init(Reported),
    /// It posted to `/extension/exit/error`.
    Exit(Reported),
}
