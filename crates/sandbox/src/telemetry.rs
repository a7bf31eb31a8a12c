//! What a sandbox's extensions may subscribe to: events of the platform, lines of the function and of extensions. Never
//! delivers to anybody who did not ask, never makes a function wait.

use std::sync::atomic::{AtomicU8, Ordering};

use lambent_core::time::Timestamp;

/// What can be subscribed to, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// `platform`: what the platform tells.
    Platform,
    /// `function`: lines of the function and its runtime.
    Function,
    /// `extension`: lines of extensions.
    Extension,
}

/// The events of one sandbox on their way to its subscribers.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// A bit for each stream that somebody reads.
    wanted: AtomicU8,
}

impl Telemetry {
    /// Whether somebody reads this stream, or still may: what nobody reads need not be made.
    #[must_use]
    pub fn wants(&self, stream: Stream) -> bool {
        self.wanted.load(Ordering::Relaxed) & (1 << stream as u8) != 0
    }

    /// Takes an event: `kind` as `platform.start` or `function`, `record` as JSON.
    pub fn tell(&self, _stream: Stream, _time: Timestamp, _kind: &'static str, _record: String) {}
}
