//! Limits of event source mappings, and of reading their sources. Never enforces anything itself.

use std::time::Duration;

/// The largest batch of an event source mapping.
pub const BATCH_MAX: i32 = 10_000;
/// The largest batch from a FIFO queue.
pub const BATCH_FIFO_MAX: i32 = 10;
/// The largest batch from a queue that needs no batching window.
pub const BATCH_WITHOUT_WINDOW_MAX: i32 = 10;
/// The least `MaximumRecordAgeInSeconds` that is an age.
pub const RECORD_AGE_MIN_S: i32 = 60;
/// The most filters of an event source mapping: 5, which AWS raises to 10 when asked.
pub const FILTERS_MAX: usize = 10;
/// Batches of one queue that run at once when its messages begin to come.
pub const BATCHES_AT_FIRST: usize = 5;
/// How many more run each second while there are messages: 300 a minute.
pub const BATCHES_MORE_PER_SECOND: usize = 5;
/// Batches of one queue that run at once, at most.
pub const BATCHES_AT_ONCE_MAX: usize = 1250;
/// Batches that one provisioned poller runs at once.
pub const BATCHES_PER_POLLER: usize = 10;
/// The most messages of one answer of SQS, and of one request to delete them.
pub const MESSAGES_AT_ONCE_MAX: usize = 10;
/// The largest answer with messages: ten of a megabyte, as JSON may write them.
pub const MESSAGES_MAX_BYTES: usize = 64 * 1024 * 1024;
/// How long AWS is asked to wait for a message; it takes 20 seconds, after which the transport takes it for dead.
pub const POLL_WAIT_MAX: Duration = Duration::from_secs(15);
/// How long an emulator is: it may give a message to whoever has gone meanwhile.
pub const POLL_WAIT_EMULATED_MAX: Duration = Duration::from_secs(2);
/// The pause after an answer without messages that came at once.
pub const POLL_PAUSE_MIN: Duration = Duration::from_millis(200);
/// The shortest pause after a queue could not be read, or a function not be run; each next is twice as long.
pub const POLL_RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest pause between two such tries.
pub const POLL_RETRY_MAX: Duration = Duration::from_secs(30);
/// How long a message stays hidden where its queue does not say.
pub const MESSAGE_HIDDEN: Duration = Duration::from_secs(30);
/// Messages to topics whose traces are kept until they come out of a queue.
pub const PUBLISHED_KEPT_MAX: usize = 10_000;
/// How long a message from a topic waits for the answer to who published it.
pub const PUBLISHED_WAIT_MAX: Duration = Duration::from_secs(1);
/// How often it is tried to delete messages that a function has dealt with.
pub const DELETIONS_MAX: u32 = 5;
