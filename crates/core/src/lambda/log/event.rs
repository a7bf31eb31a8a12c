//! What the platform tells of an environment and its invocations, as lines of the function's log: text, or JSON by the
//! schema of the Telemetry API. Never says when something happened by itself.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use std::time::Duration;

use super::level::{Application, System};
use super::span::Span;
use super::{Report, json};
use crate::lambda::arn::FunctionId;
use crate::lambda::configuration::{LogFormat, Logging};
use crate::lambda::environment::Initialization;
use crate::lambda::failure::Failure;
use crate::lambda::runtime_version::RuntimeVersion;
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
    /// `platform.initStart`, or `INIT_START`.
    InitStart {
        /// Which Init.
        init: Initialized,
        /// The function.
        function: &'a FunctionId,
        /// `$LATEST` or a number.
        version: &'a str,
        /// What it runs on.
        runtime: RuntimeVersion,
        /// The environment.
        instance: Instance<'a>,
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
        /// `X-Amzn-Trace-Id`.
        trace: Option<&'a str>,
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
        /// What the time went to.
        spans: Vec<Span>,
        /// `X-Amzn-Trace-Id`.
        trace: Option<&'a str>,
    },
    /// `platform.report`, or `REPORT`.
    Report(Report<'a>),
    /// `platform.extension`, or `EXTENSION`.
    Extension {
        /// Its name.
        name: &'a str,
        /// `Ready`, `LaunchError`…
        state: &'a str,
        /// `INVOKE`, `SHUTDOWN`.
        events: &'a [&'static str],
        /// How it failed.
        error_type: Option<&'a str>,
    },
    /// `platform.telemetrySubscription` or `platform.logsSubscription`; `TELEMETRY` or `LOGS`.
    Subscription {
        /// The extension.
        name: &'a str,
        /// By the Logs API.
        logs: bool,
        /// `Subscribed`…
        state: &'a str,
        /// `platform`, `function`, `extension`.
        types: &'a [&'static str],
    },
}

/// One environment, as the platform tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Instance<'a> {
    /// Its id.
    pub id: &'a str,
    /// `MemorySize`.
    pub memory_mib: u32,
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

    /// A line of a function or an extension as the Telemetry API's record: an object where the log is JSON and the line is
    /// one, else a string.
    #[must_use]
    pub fn record_of(self, line: &[u8]) -> String {
        json::of_line(line, matches!(self, Self::Json { .. }))
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

    /// The type and the record of the Telemetry API; none where it has no such event.
    #[must_use]
    pub fn record(&self) -> Option<(&'static str, String)> {
        json::record(self, json::Reader::Extension)
    }

    /// As AWS's table has it, for runtimes with a version.
    fn level(&self) -> System {
        let unless_failed = |failed: &Failed<'_>, level| if failed.is_some() { System::Warn } else { level };
        match self {
            Self::InitStart { .. } => System::Info,
            Self::InitRuntimeDone { failed, .. } | Self::RuntimeDone { failed, .. } => {
                unless_failed(failed, System::Debug)
            }
            Self::InitReport { init, failed, .. } => match init.initialization {
                Initialization::OnDemand => unless_failed(failed, System::Debug),
                Initialization::ProvisionedConcurrency => unless_failed(failed, System::Info),
            },
            Self::Start { .. } | Self::Subscription { .. } => System::Info,
            Self::Extension { error_type, .. } => {
                if error_type.is_some() {
                    System::Warn
                } else {
                    System::Info
                }
            }
            Self::Report(report) => unless_failed(&report.failed, System::Info),
            Self::Fault { .. } => System::Warn,
        }
    }

    fn text(&self, now: Timestamp) -> Option<String> {
        match self {
            Self::InitStart { runtime, .. } => Some(super::init_start(runtime)),
            Self::InitRuntimeDone { .. } => None,
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
            Self::Extension { name, state, events, error_type } => {
                let error = error_type.map(|error| format!("\tError Type: {error}")).unwrap_or_default();
                let events = events.join(", ");
                Some(format!("EXTENSION\tName: {name}\tState: {state}\tEvents: [{events}]{error}"))
            }
            Self::Subscription { name, logs, state, types } => {
                let api = if *logs { "LOGS" } else { "TELEMETRY" };
                let types: Vec<String> = types.iter().map(|name| capital(name)).collect();
                Some(format!("{api}\tName: {name}\tState: {state}\tTypes: [{}]", types.join(", ")))
            }
        }
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
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
