//! How much output a sandbox may still give out now. Never loses any: whoever is over the budget waits.

use lambent_core::limits;
use tokio::time::{Duration, Instant};

const BYTES_PER_SECOND: f64 = limits::OUTPUT_PER_SECOND_MAX_BYTES as f64;
const LINES_PER_SECOND: f64 = limits::OUTPUT_PER_SECOND_MAX_LINES as f64;

/// What is left, in seconds of output: one second's worth at most; below zero where more was given out.
///
/// A line costs its bytes or its place among the lines, whichever is more.
#[derive(Debug)]
pub(super) struct Budget {
    left_s: f64,
    at: Instant,
}

impl Budget {
    /// A second's worth.
    pub(super) const fn new(now: Instant) -> Self {
        Self { left_s: 1.0, at: now }
    }

    /// Takes what was given out.
    pub(super) fn spend(&mut self, bytes: usize, lines: usize, now: Instant) {
        self.refill(now);
        self.left_s -= (count(bytes) / BYTES_PER_SECOND).max(count(lines) / LINES_PER_SECOND);
    }

    /// How long until there is something to spend; zero if there is.
    pub(super) fn wait(&mut self, now: Instant) -> Duration {
        self.refill(now);
        Duration::from_secs_f64((-self.left_s).max(0.0))
    }

    fn refill(&mut self, now: Instant) {
        self.left_s = (self.left_s + now.saturating_duration_since(self.at).as_secs_f64()).min(1.0);
        self.at = now;
    }
}

/// Whole reads are small: exact as a float.
fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_second_s_worth_is_free_and_the_rest_takes_its_time() {
        let lines = limits::OUTPUT_PER_SECOND_MAX_LINES as usize;
        let bytes = limits::OUTPUT_PER_SECOND_MAX_BYTES as usize;
        for (bytes, lines) in [(0, lines), (bytes, 0), (bytes, lines)] {
            let start = Instant::now();
            let mut budget = Budget::new(start);
            budget.spend(bytes, lines, start);
            assert_eq!(budget.wait(start), Duration::ZERO);
            budget.spend(bytes, lines, start);
            assert_eq!(budget.wait(start), SECOND);
            assert_eq!(budget.wait(start + SECOND / 4), SECOND * 3 / 4);
            assert_eq!(budget.wait(start + SECOND * 100), Duration::ZERO, "no more than a second's worth");
            budget.spend(2 * bytes, 2 * lines, start + SECOND * 100);
            assert_eq!(budget.wait(start + SECOND * 100), SECOND);
        }
    }
}
