//! How fast a streamed response may pass: a burst, then so many bytes a second. Holds no byte and reads no clock.

use std::time::Duration;

use lambent_core::limits::{STREAM_BURST_BYTES, STREAM_BYTES_PER_SECOND};

/// How long the burst would take at the pace that follows it.
const BURST: Duration = Duration::from_nanos(nanos(STREAM_BURST_BYTES));

/// The pace of one response. What is not used comes back at the same pace, up to the burst.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When all that passed would have passed without a burst, since the beginning.
    due: Duration,
}

impl Pace {
    /// Lets so many bytes pass, `since` the beginning; returns how long they have to wait.
    pub(crate) fn pass(&mut self, bytes: usize, since: Duration) -> Duration {
        self.due = self.due.max(since) + Duration::from_nanos(nanos(bytes as u64));
        self.due.saturating_sub(BURST).saturating_sub(since)
    }
}

const fn nanos(bytes: u64) -> u64 {
    bytes.saturating_mul(1_000_000_000) / STREAM_BYTES_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn a_burst_passes_at_once_and_the_rest_at_its_pace() {
        let mut pace = Pace::default();
        let at = Duration::from_secs;
        for _ in 0..6 {
            assert_eq!(pace.pass(MIB, at(0)), Duration::ZERO);
        }
        assert_eq!(pace.pass(MIB, at(0)), Duration::from_millis(500));
        assert_eq!(pace.pass(MIB, Duration::from_millis(500)), Duration::from_millis(500));
        // Nothing passed for three seconds, and for ten: the burst is back, and no more than it.
        for rested in [4, 14] {
            assert_eq!(pace.pass(6 * MIB, at(rested)), Duration::ZERO, "{rested}");
            assert_eq!(pace.pass(2 * MIB, at(rested)), at(1), "{rested}");
        }
    }
}
