//! Limits of what runs at once and of how fast it begins. Never enforces anything itself.

/// Concurrent invocations of one account in one region, where nothing else is set.
pub const CONCURRENCY_DEFAULT: usize = 1000;
/// Synchronous invocations in a second for each unit of concurrency of an account, function or version.
pub const INVOCATIONS_PER_CONCURRENCY_PER_SECOND: u64 = 10;
/// Environments one function may start at the same moment. What was not used is not added up.
pub const SCALING_BURST: u64 = 1000;
/// Environments one function may start in a second after that: 1,000 in 10 seconds.
pub const SCALING_PER_SECOND: u64 = 100;
