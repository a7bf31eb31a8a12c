//! What happened in a world, line by line: its sum tells two runs apart, its end tells what came before a fault.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many lines are kept.
const LINES_MAX: usize = 50;

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    sum: u64,
    count: u64,
    last: VecDeque<String>,
    echo: bool,
}

impl Trace {
    /// One that writes every line to standard error as well, or not.
    pub(crate) fn new(echo: bool) -> Self {
        Self(Mutex::new(Inner { echo, ..Inner::default() }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more line.
    #[expect(clippy::print_stderr, reason = "asked for")]
    pub(crate) fn line(&self, line: String) {
        let mut inner = self.inner();
        // FNV-1a: equal lines give equal sums, which is all that is asked of it.
        let start = inner.sum ^ 0xCBF2_9CE4_8422_2325;
        inner.sum =
            line.bytes().fold(start, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        inner.count += 1;
        if inner.echo {
            eprintln!("{line}");
        }
        if inner.last.len() == LINES_MAX {
            inner.last.pop_front();
        }
        inner.last.push_back(line);
    }

    /// The sum of all lines.
    pub(crate) fn sum(&self) -> u64 {
        self.inner().sum
    }

    /// How many lines there were.
    pub(crate) fn count(&self) -> u64 {
        self.inner().count
    }

    /// The last lines.
    pub(crate) fn last(&self) -> Vec<String> {
        self.inner().last.iter().cloned().collect()
    }
}
