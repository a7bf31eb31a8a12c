//! What the time of an invocation went to, as the Telemetry API tells it. Never measures.

use std::time::Duration;

use crate::time::Timestamp;

/// A part of an invocation's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it went to.
    pub name: SpanName,
    /// When it began.
    pub start: Timestamp,
    /// How long it was.
    pub duration: Duration,
}

/// What time goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanName {
    /// Until the response began.
    ResponseLatency,
    /// Until it had ended.
    ResponseDuration,
    /// Until the runtime asked for the next event.
    RuntimeOverhead,
    /// Until the extensions did.
    ExtensionOverhead,
}

impl SpanName {
    /// As records have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseLatency => "responseLatency",
            Self::ResponseDuration => "responseDuration",
            Self::RuntimeOverhead => "runtimeOverhead",
            Self::ExtensionOverhead => "extensionOverhead",
        }
    }
}
