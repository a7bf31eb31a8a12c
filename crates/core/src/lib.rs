//! What the server knows and decides.
//!
//! Invariant: nothing here reads a clock, file, socket, environment or random number, and only ordered
//! maps are iterated, so that equal inputs give equal bytes.

pub mod account;
pub mod dice;
pub mod digest;
pub mod efs;
pub mod iam;
pub mod lambda;
pub mod limits;
pub mod logs;
pub mod monitoring;
pub mod time;
