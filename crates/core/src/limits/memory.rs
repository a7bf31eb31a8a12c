//! Limits of the host's memory. AWS has none of these: its hosts are not ours.

/// How many times the memory that is there may be promised to environments together, where nothing else is set: functions
/// rarely take what they are given.
pub const MEMORY_PROMISED_FACTOR: u64 = 16;
/// What the host must have left for one more environment where more is promised than it had.
pub const MEMORY_LEFT_MIN_MIB: u64 = 256;

/// The smallest `MemorySize`, in MiB.
pub const MEMORY_SIZE_MIN_MIB: u64 = 128;
