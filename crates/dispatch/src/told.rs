//! What the caller of a function is told, and how the log calls it. Never waits for anything.

use bytes::Bytes;
use lambent_core::lambda::failure::{Failure, accepted_error_type, not_executed, unknown_error};
use lambent_sandbox::{Exit, ExtensionFault, ExtensionFaultKind, Reported};

/// What the caller is told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) payload: Bytes,
    pub(crate) content_type: Option<String>,
    pub(crate) failed: Option<Status>,
    /// How much of the payload the runtime made.
    pub(crate) produced_bytes: usize,
}

/// How an invocation failed, as REPORT says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// `error` or `timeout`.
    pub(crate) status: &'static str,
    /// Such as `Runtime.ExitError`.
    pub(crate) error_type: String,
}

impl Told {
    /// What the function said.
    pub(crate) fn answer(content_type: Option<String>, payload: Bytes) -> Self {
        let produced_bytes = payload.len();
        Self { payload, content_type, failed: None, produced_bytes }
    }

    /// What the function streamed has gone to its caller; only how it ended is left to tell.
    pub(crate) fn streamed(produced_bytes: u64, failed: Option<Reported>) -> Self {
        let told = failed.map_or_else(|| Self::answer(None, Bytes::new()), Self::reported);
        Self { produced_bytes: usize::try_from(produced_bytes).unwrap_or(usize::MAX), ..told }
    }

    /// What the platform says in the function's place.
    pub(crate) fn failure(failure: &Failure, request_id: &str) -> Self {
        Self {
            payload: failure.payload(request_id).into(),
            content_type: None,
            failed: Some(Status::of(failure)),
            produced_bytes: 0,
        }
    }

    /// An error the runtime reported, passed on untouched.
    pub(crate) fn reported(reported: Reported) -> Self {
        let produced_bytes = reported.body.len();
        let error_type = accepted_error_type(reported.error_type.as_deref());
        let payload =
            if reported.body.is_empty() { unknown_error(&error_type).into() } else { reported.body };
        Self {
            payload,
            content_type: reported.content_type,
            failed: Some(Status { status: "error", error_type }),
            produced_bytes,
        }
    }
}

impl Told {
    /// How it failed, if it did.
    pub(crate) fn names(&self) -> Option<(&'static str, &str)> {
        self.failed.as_ref().map(Status::names)
    }
}

impl Status {
    /// Both names.
    pub(crate) fn names(&self) -> (&'static str, &str) {
        (self.status, &self.error_type)
    }

    /// As the log calls this failure.
    pub(crate) fn of(failure: &Failure) -> Self {
        Self { status: failure.status(), error_type: failure.error_type().to_owned() }
    }
}

/// The failure that the end of an extension is.
pub(crate) fn extension_failure(fault: &ExtensionFault) -> Failure {
    let error_type = match &fault.kind {
        ExtensionFaultKind::Launch { .. } => "Extension.LaunchError",
        ExtensionFaultKind::Crash(_) => "Extension.Crash",
        ExtensionFaultKind::Init(_) => "Extension.InitError",
        ExtensionFaultKind::Exit(_) => "Extension.ExitError",
    };
    let words = match &fault.kind {
        ExtensionFaultKind::Launch { reason } => {
            not_executed(&format!("/opt/extensions/{}", fault.name), reason)
        }
        ExtensionFaultKind::Crash(Exit::Code(0)) => "exit code 0".to_owned(),
        ExtensionFaultKind::Crash(exit) => {
            exit_failure(*exit).words().replace("Runtime exited with error: ", "")
        }
        ExtensionFaultKind::Init(reported) | ExtensionFaultKind::Exit(reported) => {
            reported.error_type.clone().unwrap_or_default()
        }
    };
    Failure::Extension { error_type, words }
}

/// The failure that the end of a program is.
pub(crate) fn exit_failure(exit: Exit) -> Failure {
    match exit {
        Exit::Code(code) => Failure::ExitCode(code),
        Exit::Signal(number) => Failure::Signal(number),
        Exit::OutOfMemory => Failure::OutOfMemory,
    }
}
