//! Limits of asynchronous invocations. Never enforces anything itself.

use std::time::Duration;

/// How old an asynchronous invocation may become before it is given up, where nothing less is set: 6 hours.
pub const EVENT_AGE_MAX: Duration = Duration::from_secs(21_600);
/// How often an asynchronous invocation is retried after its function failed, where nothing less is set.
pub const EVENT_RETRIES_MAX: u32 = 2;
/// How long after a function's first failure its event runs again.
pub const EVENT_RETRY_FIRST: Duration = Duration::from_secs(60);
/// How long after its second.
pub const EVENT_RETRY_SECOND: Duration = Duration::from_secs(120);
/// The shortest pause after an event could not be run, or its end not be told; each next is twice as long.
pub const EVENT_PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause between two such tries.
pub const EVENT_PAUSE_MAX: Duration = Duration::from_secs(300);
/// Events of one function that run at once where it has reserved nothing, or a quarter of the account's concurrency where
/// that is less: so none takes the whole account from the others.
pub const EVENTS_AT_ONCE_MAX: usize = 100;
/// Events of one function whose place is known in memory; the others are read when their turn comes.
pub const EVENTS_KNOWN_MAX: usize = 1000;
/// Bytes of events of all functions that are held in memory for attempts that are to follow; the others are read.
pub const EVENTS_HELD_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Events that are read at once, to learn their places: each may hold as much as its payload and its answer.
pub const EVENTS_READ_MAX: usize = 32;
/// How often a destination or dead-letter queue is tried before its record is dropped, as far as AWS retries.
pub const DELIVERIES_MAX: u32 = 6;
/// How much of a function's error message stands beside its event in a dead-letter queue.
pub const DEAD_LETTER_MESSAGE_MAX_BYTES: usize = 1024;
/// How often one function is run in one chain of requests before that counts as a loop: about 16.
pub const RECURSIONS_MAX: u32 = 16;
/// Functions that a chain of requests remembers to have met: their count stands in a header.
pub const LINEAGE_FUNCTIONS_MAX: usize = 32;
/// How long before their end the credentials of a role are asked for anew.
pub const ROLE_RENEWED_BEFORE: Duration = Duration::from_secs(300);
/// How long an upstream that gives no credentials of roles is not asked again.
pub const NO_ROLES_KEPT: Duration = Duration::from_secs(300);
/// Roles whose credentials are kept, each once a function.
pub const ROLES_KEPT_MAX: usize = 1024;
/// The longest request of a function to SQS that is read on its way: a batch of a megabyte, as forms and JSON encode it.
pub const SQS_REQUEST_MAX_BYTES: usize = 4 * 1024 * 1024;
