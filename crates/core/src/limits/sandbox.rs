//! Limits of what one sandbox may ask of the server around it. Never enforces anything itself.

use std::time::Duration;

/// What is read between two batches of what a subscriber writes back, whose answers mean nothing: more waits in the system's
/// own buffers, and its writer with it.
pub const TELEMETRY_ANSWER_MAX_BYTES: usize = 65_536;
/// How much of a body is read for the sake of what may follow it, though it is too large or nobody wants it: many times the
/// largest response. What sends more is cut off.
pub const RUNTIME_API_BODY_MAX_BYTES: u64 = 268_435_456;
/// What a streamed response may be with what marks its chunks off: that of the smallest ones is five times their text.
pub const RUNTIME_API_STREAM_MAX_BYTES: u64 = 8 * super::STREAM_MAX_BYTES;

/// Parked sandboxes of one class that are kept at least while sandboxes of it are started.
pub const PARKED_MIN: usize = 2;
/// None of a class is parked when no sandbox of it was started for so long.
pub const PARKED_IDLE: Duration = Duration::from_secs(300);
/// How long no sandbox must have been started before one more is parked.
pub const PARKED_QUIET: Duration = Duration::from_millis(15);
/// How long parking waits for such a pause at most.
pub const PARKED_PATIENCE: Duration = Duration::from_millis(200);
/// How long a program may take from its start until it waits for what it is to run.
pub const PARKED_LOADS_MAX: Duration = Duration::from_secs(10);
/// How long between two looks whether it waits.
pub const PARKED_LOOK_AGAIN: Duration = Duration::from_millis(3);
/// How long a parked sandbox may take to become one that was asked for: after that the next is tried, or one is made.
pub const PARKED_ASSIGN_MAX: Duration = Duration::from_secs(2);
/// What parked sandboxes take at most of the memory that is left: one part of so many.
pub const PARKED_MEMORY_PART: u64 = 16;
