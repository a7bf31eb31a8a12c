//! What the platform tells of an environment and its invocations, as lines of the function's log: text, or JSON by the
//! schema of the Telemetry API. Never says when something happened by itself.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use std::time::Duration;

use super::level::{Application, System};
use super::{Report, json};
use crate::lambda::arn::FunctionId;
use crate::lambda::configuration::{LogFormat, Logging};
use crate::lambda::environment::Initialization;
use crate::lambda::failure::Failure;
use crate::time::Timestamp;

/// The form of a log, and what of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines as they come.
    Text,
    /// An object a line.
    Json {
        /// What the platform says from this level on.
        system: System,
        /// What the function says from this level on.
        application: Application,
    },
}

/// When an environment is initialised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before any invocation.
    Init,
    /// A second time, within the invocation.
    Invoke,
}

/// One Init phase.
#[derive(Debug, Clone, Copy)]
pub struct Initialized {
    /// Why it is done.
    pub initialization: Initialization,
    /// When it is done.
    pub phase: Phase,
}

/// `status` and `errorType` of what failed.
pub type Failed<'a> = Option<(&'a str, &'a str)>;

/// What happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// `platform.initStart`; text does not have it.
    InitStart {
        /// Which Init.
        init: Initialized,
        /// The function.
        function: &'a FunctionId,
        /// `$LATEST` or a number.
        version: &'a str,
    },
    /// `platform.initRuntimeDone`; text does not have it.
    InitRuntimeDone {
        /// Which Init.
        init: Initialized,
        /// How it failed.
        failed: Failed<'a>,
    },
    /// `platform.initReport`; text has it as `INIT_REPORT` where an invocation waited and it failed.
    InitReport {
        /// Which Init.
        init: Initialized,
        /// How long it took.
        duration: Duration,
        /// How it failed.
        failed: Failed<'a>,
    },
    /// `platform.start`, or `START`.
    Start {
        /// The invocation.
        request_id: &'a str,
        /// The function.
        function: &'a FunctionId,
        /// `$LATEST` or a number.
        version: &'a str,
    },
    /// What went wrong; JSON has it in the status of the events that follow.
    Fault {
        /// The invocation.
        request_id: &'a str,
        /// What it was.
        failure: &'a Failure,
    },
    /// `platform.runtimeDone`, or `END`.
    RuntimeDone {
        /// The invocation.
        request_id: &'a str,
        /// From handing over the event until the runtime asked for the next.
        duration: Duration,
        /// The size of the answer.
        produced_bytes: usize,
        /// How it failed.
        failed: Failed<'a>,
    },
    /// `platform.report`, or `REPORT`.
    Report(Report<'a>),
}

impl Form {
    /// The form of a function's log.
    #[must_use]
    pub fn of(logging: &Logging) -> Self {
        match logging.format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json {
                system: System::of(logging.system_level.as_deref()),
                application: Application::of(logging.application_level.as_deref()),
            },
        }
    }

    /// Whether a line of the function is kept.
    #[must_use]
    pub fn keeps(self, line: &[u8]) -> bool {
        match self {
            Self::Text => true,
            Self::Json { application, .. } => application.keeps(line),
        }
    }
}

impl Event<'_> {
    /// The line without its end; none where this form has none, or not at this level.
    #[must_use]
    pub fn line(&self, form: Form, now: Timestamp) -> Option<String> {
        match form {
            Form::Text => self.text(now),
            Form::Json { system, .. } if self.level() < system => None,
            Form::Json { .. } => json::line(self, now),
        }
    }

    /// As AWS's table has it. `initStart` would be `INFO` with a `runtimeVersion`, which this server's runtimes have not.
    fn level(&self) -> System {
        let unless_failed = |failed: &Failed<'_>, level| if failed.is_some() { System::Warn } else { level };
        match self {
            Self::InitStart { .. } => System::Debug,
            Self::InitRuntimeDone { failed, .. } | Self::RuntimeDone { failed, .. } => {
                unless_failed(failed, System::Debug)
            }
            Self::InitReport { init, failed, .. } => match init.initialization {
                Initialization::OnDemand => unless_failed(failed, System::Debug),
                Initialization::ProvisionedConcurrency => unless_failed(failed, System::Info),
            },
            Self::Start { .. } => System::Info,
            Self::Report(report) => unless_failed(&report.failed, System::Info),
            Self::Fault { .. } => System::Warn,
        }
    }

    fn text(&self, now: Timestamp) -> Option<String> {
        match self {
            Self::InitStart { .. } | Self::InitRuntimeDone { .. } => None,
            Self::InitReport { init, duration, failed } => match init.initialization {
                Initialization::OnDemand => {
                    failed.map(|failed| super::init_report(*duration, init.phase, failed))
                }
                Initialization::ProvisionedConcurrency => None,
            },
            Self::Start { request_id, version, .. } => Some(super::start(request_id, version)),
            Self::Fault { request_id, failure } => Some(super::failure(failure, request_id, now)),
            Self::RuntimeDone { request_id, .. } => Some(super::end(request_id)),
            Self::Report(report) => Some(report.line()),
        }
    }
}

impl Phase {
    /// As log lines name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Invoke => "invoke",
        }
    }
}

#[cfg(test)]
mod tests;
