//! One call of a function: what goes in, what comes out, and why it may not run. Never an AWS error code.

use bytes::Bytes;
use lambent_core::lambda::lineage::RECURSIVE_INVOCATION;
use lambent_core::lambda::state::Reason;
use lambent_sandbox::Piece;
use tokio::sync::mpsc;

use crate::efs::MountError;
use crate::{ProgramError, Throttle};

/// One call of a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The id of the call, the same for all attempts of one event.
    pub request_id: String,
    /// The ARN as the caller named the function.
    pub invoked_function_arn: String,
    /// The event: valid JSON.
    pub payload: Bytes,
    /// Decoded JSON from `X-Amz-Client-Context`.
    pub client_context: Option<String>,
    /// `X-Amzn-Trace-Id`.
    pub trace_id: Option<String>,
    /// Whether the caller wants the last 4 KB of the log.
    pub tail: bool,
    /// Where a streamed answer goes as it comes; all of it has gone there before there is an [`Outcome`].
    pub stream: Option<mpsc::Sender<Piece>>,
}

/// What a caller gets of a function that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the function answered, or the platform in its place; of a streamed answer the error that ended it, if any.
    pub payload: Bytes,
    /// Whether the function failed: `X-Amz-Function-Error: Unhandled`.
    pub failed: bool,
    /// How it failed, such as `Runtime.ExitError`.
    pub error_type: Option<String>,
    /// The content type the runtime gave.
    pub content_type: Option<String>,
    /// The version that ran.
    pub version: String,
    /// The last 4 KB of the log, where asked for.
    pub tail: Option<Vec<u8>>,
}

/// Why a function was not run.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No such function.
    #[error("function not found")]
    NotFound,
    /// It is still being created.
    #[error("the function is pending")]
    Pending,
    /// It could not be created.
    #[error("the function has failed: {}", .0.text)]
    Failed(Reason),
    /// A limit on concurrency is reached.
    #[error("throttled: {0:?}")]
    Throttled(Throttle),
    /// The function was run too often in one chain of requests.
    #[error("{RECURSIVE_INVOCATION}")]
    Recursive,
    /// Its code or its interpreter cannot be had.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Its file system could not be mounted.
    #[error(transparent)]
    Mount(#[from] MountError),
    /// Its role is gone, or no longer lets Lambda take it on.
    #[error("The role defined for the function cannot be assumed by Lambda.")]
    Role,
    /// The host could not make a sandbox.
    #[error("no sandbox: {0}")]
    Sandbox(String),
    /// The server is shutting down.
    #[error("the server is shutting down")]
    Closing,
}

impl InvokeError {
    /// Why nobody answers: the server closes, or an invocation's task has failed, which must not look like it.
    pub(crate) fn unanswered(is_closing: bool) -> Self {
        if is_closing {
            return Self::Closing;
        }
        Self::Sandbox("the invocation ended without an answer".to_owned())
    }
}
