//! How much of a log is kept where its lines are JSON: what the platform says, and what the function says. Never looks at
//! text logs, which have no levels.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// `SystemLogLevel`, in falling detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// All events.
    Debug,
    /// What began and what it cost.
    #[default]
    Info,
    /// What failed.
    Warn,
}

impl System {
    /// The level of this name; `INFO` where there is none.
    #[must_use]
    pub fn of(name: Option<&str>) -> Self {
        match name {
            Some("DEBUG") => Self::Debug,
            Some("WARN") => Self::Warn,
            _ => Self::Info,
        }
    }
}

/// `ApplicationLogLevel`, in falling detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Application {
    /// Everything.
    Trace,
    /// `DEBUG`.
    Debug,
    /// Also what has no level, or one that is not known.
    #[default]
    Info,
    /// `WARN`, and Python's `WARNING`.
    Warn,
    /// `ERROR`.
    Error,
    /// `FATAL`, and Python's `CRITICAL`.
    Fatal,
}

/// The member of a JSON line that says its level; what else is in it is not kept.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    level: Option<Level<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Level<'a> {
    Name(#[serde(borrow)] Cow<'a, str>),
    Other(IgnoredAny),
}

impl Application {
    /// The level of this name, in capitals or not; `INFO` where there is none or it is not known.
    #[must_use]
    pub fn of(name: Option<&str>) -> Self {
        match name.unwrap_or_default().to_ascii_uppercase().as_str() {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "WARN" | "WARNING" => Self::Warn,
            "ERROR" => Self::Error,
            "FATAL" | "CRITICAL" => Self::Fatal,
            _ => Self::Info,
        }
    }

    /// Whether a function's line is kept. A line that is no JSON object has no level to be judged by, and is.
    #[must_use]
    pub fn keeps(self, line: &[u8]) -> bool {
        if self == Self::Trace || line.first() != Some(&b'{') {
            return true;
        }
        match serde_json::from_slice::<Line<'_>>(line) {
            Ok(Line { level: Some(Level::Name(name)) }) => Self::of(Some(&name)) >= self,
            Ok(Line { level: Some(Level::Other(_)) | None }) => Self::Info >= self,
            Err(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_by_their_level() {
        for (least, line, kept) in [
            ("ERROR", r#"{"level":"ERROR","message":1}"#, true),
            ("ERROR", r#"{"message":{"level":"ERROR"},"level":"WARN"}"#, false),
            ("WARN", r#"{"level":"WARNING"}"#, true),
            ("FATAL", r#"{"level":"CRITICAL"}"#, true),
            ("FATAL", r#"{"level":"ERROR"}"#, false),
            ("INFO", r#"{"level":"debug"}"#, false),
            ("DEBUG", r#"{"level":"debug"}"#, true),
            ("DEBUG", r#"{"level":"TRACE"}"#, false),
            ("TRACE", r#"{"level":"TRACE"}"#, true),
        ] {
            assert_eq!(Application::of(Some(least)).keeps(line.as_bytes()), kept, "{least} {line}");
        }
    }

    #[test]
    fn a_line_without_a_level_counts_as_info_and_text_has_none() {
        for line in [r#"{"message":"m"}"#, r#"{"level":30}"#, r#"{"level":"loud"}"#, r#"{"level":null}"#] {
            assert!(Application::Info.keeps(line.as_bytes()), "{line}");
            assert!(!Application::Warn.keeps(line.as_bytes()), "{line}");
        }
        for line in ["text", "", "[1]", r#"{"level":"DEBUG""#, r#"{"level":"DEBUG"} and more"#] {
            assert!(Application::Fatal.keeps(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn what_is_not_said_is_info() {
        assert_eq!((System::of(None), Application::of(None)), (System::Info, Application::Info));
        assert!(System::of(Some("DEBUG")) < System::Info && System::Info < System::of(Some("WARN")));
    }
}
