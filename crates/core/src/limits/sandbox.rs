//! Limits of what one sandbox may ask of the server around it. Never enforces anything itself.

/// What is read between two batches of what a subscriber writes back, whose answers mean nothing: more waits in the system's
/// own buffers, and its writer with it.
pub const TELEMETRY_ANSWER_MAX_BYTES: usize = 65_536;
/// How much of a body is read for the sake of what may follow it, though it is too large or nobody wants it: many times the
/// largest response. What sends more is cut off.
pub const RUNTIME_API_BODY_MAX_BYTES: u64 = 268_435_456;
/// What a streamed response may be with what marks its chunks off: that of the smallest ones is five times their text.
pub const RUNTIME_API_STREAM_MAX_BYTES: u64 = 8 * super::STREAM_MAX_BYTES;
