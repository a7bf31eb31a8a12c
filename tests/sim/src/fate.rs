//! What happens by chance in a world: drawn from its seed, each part from a stream of its own.

use std::time::Duration;

use lambent_core::dice::Dice as _;
use lambent_testkit::LoadedDice;

/// A stream of chance.
#[derive(Debug)]
pub(crate) struct Fate(LoadedDice);

impl Fate {
    /// The stream of this number of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mixed = LoadedDice::new(seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self(LoadedDice::new(mixed.bits()))
    }

    /// A stream that begins here.
    pub(crate) fn fork(&self) -> Self {
        Self(LoadedDice::new(self.0.bits()))
    }

    /// 0 to `count`, `count` excluded.
    pub(crate) fn below(&self, count: u64) -> u64 {
        self.0.bits() % count.max(1)
    }

    /// `from` to `to`, both included.
    pub(crate) fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// True so often of a thousand times.
    pub(crate) fn chance(&self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of these; never of none.
    pub(crate) fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap_or(0)]
    }

    /// A span of `from` to `to` milliseconds.
    pub(crate) fn span(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.between(from, to))
    }
}
