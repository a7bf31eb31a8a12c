//! Limits of AWS's time, as far as it can be moved. AWS has none of them. Never enforces anything itself.

use std::time::Duration;

/// How much faster than the real time it may run: a day in a second.
pub const CLOCK_SCALE_MAX: f64 = 86_400.0;
/// How far it may be ahead of the real time: a hundred years. Beyond that it runs no faster.
pub const CLOCK_AHEAD_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);
/// The largest request to move it.
pub const CLOCK_BODY_MAX_BYTES: usize = 4096;
/// How often it is written how far it is ahead, while it runs faster than the real time.
pub const CLOCK_KEPT_EVERY: Duration = Duration::from_secs(2);
/// How long it is good for what was written: a server that is killed goes on where its time cannot have been yet.
pub const CLOCK_KEPT_FOR: Duration = Duration::from_secs(5);
/// How long work that is done again and again pauses at least, however fast the time.
pub const ROUND_MIN: Duration = Duration::from_secs(1);
