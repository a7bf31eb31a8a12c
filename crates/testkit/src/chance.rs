//! Dice that fall the same way in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use lambent_core::dice::Dice;

/// A seeded generator (splitmix64).
#[derive(Debug)]
pub struct LoadedDice(AtomicU64);

impl LoadedDice {
    /// Dice that fall as this seed says.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Dice for LoadedDice {
    fn bits(&self) -> u64 {
        let step = 0x9E37_79B9_7F4A_7C15;
        let z = self.0.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
