//! What a caller is told when a function did not answer: the payloads AWS makes up. Never touches what a function said.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>

use std::time::Duration;

use serde::Serialize;

use crate::limits::RESPONSE_MAX_BYTES;

/// Why a function did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The function's timeout passed.
    TimedOut {
        /// The timeout.
        limit: Duration,
    },
    /// The program ended with this status.
    ExitCode(u8),
    /// The program was ended by this signal.
    Signal(u8),
    /// The memory limit was reached.
    OutOfMemory,
    /// No bootstrap that can be executed.
    NoEntrypoint {
        /// The paths that were looked at.
        tried: Vec<String>,
    },
    /// The bootstrap cannot be executed.
    NotExecuted {
        /// Its path.
        program: String,
        /// The system's words.
        reason: String,
    },
    /// The answer was too large.
    ResponseTooLarge,
    /// An extension failed.
    Extension {
        /// `Extension.Crash`, `Extension.InitError`…
        error_type: &'static str,
        /// What happened.
        words: String,
    },
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(rename = "errorMessage")]
    message: String,
    #[serde(rename = "errorType", skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
}

impl Failure {
    /// The error type, such as `Runtime.ExitError`.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "Sandbox.Timedout",
            Self::ExitCode(_) | Self::Signal(_) => "Runtime.ExitError",
            Self::OutOfMemory => "Runtime.OutOfMemory",
            Self::NoEntrypoint { .. } | Self::NotExecuted { .. } => "Runtime.InvalidEntrypoint",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
            Self::Extension { error_type, .. } => error_type,
        }
    }

    /// `Status:` of the REPORT line.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if matches!(self, Self::TimedOut { .. }) { "timeout" } else { "error" }
    }

    /// What happened, in AWS's words, without the request id.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::TimedOut { limit } => format!("Task timed out after {:.2} seconds", limit.as_secs_f64()),
            Self::ExitCode(0) => "Runtime exited without providing a reason".to_owned(),
            Self::ExitCode(code) => format!("Runtime exited with error: exit status {code}"),
            Self::Signal(number) => format!("Runtime exited with error: signal: {}", signal_words(*number)),
            Self::OutOfMemory => "Runtime exited with error: signal: killed".to_owned(),
            Self::NoEntrypoint { tried } => {
                format!("Couldn't find valid bootstrap(s): [{}]", tried.join(" "))
            }
            Self::NotExecuted { program, reason } => not_executed(program, reason),
            Self::Extension { words, .. } => words.clone(),
            Self::ResponseTooLarge => {
                format!(
                    "Response payload size exceeded maximum allowed payload size ({RESPONSE_MAX_BYTES} bytes)."
                )
            }
        }
    }

    /// The JSON the caller gets.
    #[must_use]
    pub fn payload(&self, request_id: &str) -> String {
        let (before, after, message) = match self {
            Self::ResponseTooLarge => (None, Some(self.error_type()), self.words()),
            Self::TimedOut { .. }
            | Self::ExitCode(_)
            | Self::Signal(_)
            | Self::OutOfMemory
            | Self::NoEntrypoint { .. }
            | Self::NotExecuted { .. }
            | Self::Extension { .. } => {
                (Some(self.error_type()), None, format!("RequestId: {request_id} Error: {}", self.words()))
            }
        };
        json(&Payload { before, message, after })
    }
}

fn json(payload: &Payload<'_>) -> String {
    serde_json::to_string(payload).expect("strings always serialise")
}

/// Why a program does not run, as Go says it, which AWS's supervisor is written in: the system's words in lower case and
/// without the number that Rust adds.
#[must_use]
pub fn not_executed(program: &str, reason: &str) -> String {
    let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
    format!("fork/exec {program}: {reason}")
}

/// A signal as Go prints it, which AWS's supervisor is written in.
fn signal_words(number: u8) -> String {
    let known = match number {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        _ => return format!("signal {number}"),
    };
    known.to_owned()
}

/// What the caller gets when the runtime reported an error without a body.
#[must_use]
pub fn unknown_error(error_type: &str) -> String {
    json(&Payload {
        before: None,
        message: "Unknown application error occurred".to_owned(),
        after: Some(error_type),
    })
}

/// The error type of a report as metrics and logs show it: only `Runtime.X` and `Function.X` pass.
#[must_use]
pub fn accepted_error_type(given: Option<&str>) -> String {
    let given = given.unwrap_or_default();
    let well_formed = given.split_once('.').is_some_and(|(category, reason)| {
        matches!(category, "Runtime" | "Function")
            && reason.len() > 1
            && reason.starts_with(|c: char| c.is_ascii_uppercase())
            && reason.bytes().all(|b| b.is_ascii_alphabetic())
    });
    if well_formed {
        given.to_owned()
    } else if given.starts_with("Function.") {
        "Function.Unknown".to_owned()
    } else {
        "Runtime.Unknown".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(failure: &Failure, expected: &str) {
        assert_eq!(failure.payload("id-1"), expected);
    }

    #[test]
    fn payloads_read_as_on_aws() {
        check(
            &Failure::TimedOut { limit: Duration::from_secs(3) },
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id-1 Error: Task timed out after 3.00 seconds"}"#,
        );
        check(
            &Failure::ExitCode(1),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: Runtime exited with error: exit status 1"}"#,
        );
        check(
            &Failure::ExitCode(0),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: Runtime exited without providing a reason"}"#,
        );
        check(
            &Failure::Signal(11),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: Runtime exited with error: signal: segmentation fault"}"#,
        );
        check(
            &Failure::ResponseTooLarge,
            r#"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#,
        );
        check(
            &Failure::NoEntrypoint { tried: vec!["/var/task/bootstrap".into(), "/opt/bootstrap".into()] },
            r#"{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: id-1 Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"}"#,
        );
        let reason = "Exec format error (os error 8)".into();
        check(
            &Failure::NotExecuted { program: "/var/task/bootstrap".into(), reason },
            r#"{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: id-1 Error: fork/exec /var/task/bootstrap: exec format error"}"#,
        );
    }

    #[test]
    fn foreign_error_types_become_unknown() {
        for (given, accepted) in [
            (Some("Runtime.ExitError"), "Runtime.ExitError"),
            (Some("Function.UserError"), "Function.UserError"),
            (Some("Function.bad"), "Function.Unknown"),
            (Some("ValueError"), "Runtime.Unknown"),
            (None, "Runtime.Unknown"),
        ] {
            assert_eq!(accepted_error_type(given), accepted);
        }
    }
}
