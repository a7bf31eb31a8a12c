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

    /// 16 random bytes.
    fn bytes16(&self) -> [u8; 16] {
        ((u128::from(self.bits()) << 64) | u128::from(self.bits())).to_be_bytes()
    }
}
