//! Chance as a parameter. Never rolls by itself: the binary brings the system's generator, tests a loaded one.

use std::fmt::Debug;

use uuid::Uuid;

/// Where random numbers come from.
pub trait Dice: Debug + Send + Sync {
    /// 64 uniformly random bits, fit for identifiers and secrets.
    fn bits(&self) -> u64;

    /// A random UUID (version 4).
    fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes16()).into_uuid()
    }

    /// A number uniform in 0.0 to 1.0, 1.0 excluded.
    fn fraction(&self) -> f64 {
        let [a, b, c, d, ..] = self.bits().to_be_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }

    /// 16 random bytes.
    fn bytes16(&self) -> [u8; 16] {
        ((u128::from(self.bits()) << 64) | u128::from(self.bits())).to_be_bytes()
    }
}
