//! Every limit of the server by name, beside the AWS quota it mirrors. Never enforces anything itself.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>

mod alarm;
mod clock;
mod concurrency;
mod efs;
mod event;
mod iam;
mod image;
mod memory;
mod monitoring;
mod polling;
mod sandbox;
mod sts;

use std::ops::RangeInclusive;
use std::time::Duration;

pub use alarm::*;
pub use clock::*;
pub use concurrency::*;
pub use efs::*;
pub use event::*;
pub use iam::*;
pub use image::*;
pub use memory::*;
pub use monitoring::*;
pub use polling::*;
pub use sandbox::*;
pub use sts::*;

/// The largest request body: base64 of a 50 MB zip and its JSON around it.
pub const REQUEST_BODY_MAX_BYTES: u64 = 70_167_211;
/// How long a client may send nothing in the middle of a body.
pub const BODY_STALL_MAX: Duration = Duration::from_secs(30);
/// Bytes of bodies that are held together before their signatures are checked; more wait for room.
pub const UNCHECKED_BODIES_MAX_BYTES: usize = 512 * 1024 * 1024;
/// How long the rest of a body is thrown away after its request was refused, so that the client comes to read why.
pub const REFUSED_BODY_MAX: Duration = Duration::from_secs(10);
/// Connections at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 4096;
/// Names of which the server keeps the certificate it made.
pub const CERTIFICATES_KEPT_MAX: usize = 1024;
/// How long a new connection may take to its first request.
pub const CONNECTION_HEAD_MAX: Duration = Duration::from_secs(30);
/// How long a connection may stay without a request, at most.
pub const CONNECTION_IDLE_MAX: Duration = Duration::from_secs(180);
/// How long the last answers may take to be written when the server stops.
pub const LAST_ANSWERS_MAX: Duration = Duration::from_secs(1);
/// How often a change is tried that loses to others of the same record: each loss is the success of another, so that many
/// callers at once all get through. AWS names no such number.
pub const WRITE_ATTEMPTS_MAX: u32 = 1000;
/// The largest zip that may be sent inside a request.
pub const ZIP_UPLOAD_MAX_BYTES: u64 = 52_428_800;
/// The largest size of code and layers together, unpacked.
pub const UNZIPPED_MAX_BYTES: u64 = 262_144_000;
/// All code of one account in one region: zips of functions, versions and layers.
pub const CODE_STORAGE_MAX_BYTES: u64 = 80_530_636_800;
/// How many entries one zip may hold: far above real packages, far below what exhausts inodes.
pub const ZIP_ENTRIES_MAX: u64 = 200_000;
/// The largest payload of a synchronous invocation.
pub const SYNC_PAYLOAD_MAX_BYTES: u64 = 6_291_456;
/// The largest payload of an asynchronous invocation.
pub const ASYNC_PAYLOAD_MAX_BYTES: u64 = 1_048_576;
/// The largest payload of `InvokeAsync`.
pub const INVOKE_ASYNC_PAYLOAD_MAX_BYTES: u64 = 262_144;
/// The largest message of a queue.
pub const SQS_MESSAGE_MAX_BYTES: usize = 1_048_576;
/// The largest message of a topic.
pub const SNS_MESSAGE_MAX_BYTES: usize = 262_144;
/// The largest entry of an event bus.
pub const BUS_ENTRY_MAX_BYTES: usize = 262_144;
/// The largest buffered response of a function: 6 MiB and 100 bytes.
pub const RESPONSE_MAX_BYTES: u64 = 6_291_556;
/// The largest streamed response of a function: 200 MB.
pub const STREAM_MAX_BYTES: u64 = 209_715_200;
/// How much of a streamed response passes as fast as it comes; what follows passes at [`STREAM_BYTES_PER_SECOND`].
pub const STREAM_BURST_BYTES: u64 = 6_291_456;
/// How fast a streamed response passes after its burst: 2 MB/s.
pub const STREAM_BYTES_PER_SECOND: u64 = 2_097_152;
/// Pieces of a streamed response on their way to its caller; the function waits for room.
pub const STREAM_PIECES_MAX: usize = 4;
/// The largest piece of a streamed response.
pub const STREAM_PIECE_MAX_BYTES: usize = 65_536;
/// Status, headers and cookies before the body of a streamed response, with the eight zeros after them.
pub const STREAM_PRELUDE_MAX_BYTES: usize = 16_384;
/// The tail of the log returned with `LogType=Tail`.
pub const LOG_TAIL_BYTES: usize = 4096;
/// How long an on-demand environment may initialise before it is started over inside the invocation.
pub const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How old an environment may be when an invocation begins; well below the life of its credentials.
pub const ENVIRONMENT_AGE_MAX: Duration = Duration::from_secs(6 * 3600);
/// How often in a row an environment may fail before another takes its place. No quota of AWS's: it keeps a function that
/// always fails from holding a sandbox that may be the cause.
pub const FAILURES_IN_A_ROW_MAX: u32 = 10;
/// How long the credentials of an environment are good for.
pub const SESSION_MAX: Duration = Duration::from_secs(12 * 3600);
/// All environment variables of a function together, as compact JSON.
pub const ENVIRONMENT_MAX_BYTES: usize = 4096;
/// Connections of one sandbox to the server's endpoint at once; more wait to be accepted.
pub const ENDPOINT_CONNECTIONS_MAX: usize = 64;
/// Networks kept ready for sandboxes to come, of each kind: each is about 220 KiB of the kernel's memory.
pub const NETWORKS_READY_MAX: usize = 16;
/// As many are kept ready at least while sandboxes come.
pub const NETWORKS_READY_MIN: usize = 2;
/// None is kept ready when no sandbox came for so long.
pub const NETWORKS_READY_IDLE: Duration = Duration::from_secs(60);
/// How long the kernel may take to remove the networks of sandboxes when the server stops.
pub const NETWORKS_REMOVED_MAX: Duration = Duration::from_secs(5);
/// Questions of one sandbox about names that are asked at once over UDP, and connections for them over TCP.
pub const DNS_QUESTIONS_MAX: usize = 64;
/// How long a name server may take: what the C library waits for.
pub const DNS_ANSWER_MAX: Duration = Duration::from_secs(5);
/// The largest message over UDP: four times what resolvers ask for.
pub const DNS_MESSAGE_MAX_BYTES: usize = 16 * 1024;
/// How many of the host's name servers are asked: as many as the C library.
pub const DNS_SERVERS_MAX: usize = 3;
/// Open files in a sandbox.
pub const SANDBOX_FILES_MAX: u64 = 1024;
/// Processes and threads in a sandbox.
pub const SANDBOX_PROCESSES_MAX: u64 = 1024;
/// MemorySize that buys one virtual CPU.
pub const MEMORY_MIB_PER_VCPU: u32 = 1769;
/// The most virtual CPUs a function gets.
pub const VCPU_MAX: u32 = 6;
/// Transactions that wait for the store's writer; more callers wait for room.
pub const STORE_QUEUE_MAX: usize = 4096;
/// Transactions committed with one flush.
pub const STORE_BATCH_MAX: usize = 512;
/// Bytes of transactions after which no further one joins a flush.
pub const STORE_BATCH_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Steps of one transaction: a function is deleted with all its versions in one, and this is far above what 75 GB of code
/// storage leaves room for in real use.
pub const STORE_TRANSACTION_STEPS_MAX: usize = 65_536;
/// Records in one page of a listing, entries in one page of the feed.
pub const STORE_PAGE_MAX: usize = 1000;
/// Commits the durable feed reaches back.
pub const STORE_FEED_MAX: u64 = 100_000;
/// How many zips are unpacked, or layers merged, at the same time; more wait their turn.
pub const UNPACKS_AT_ONCE_MAX: usize = 4;
/// How long an interpreter may take to say its version.
pub const INTERPRETER_PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an interpreter may take to compile the bootstraps.
pub const INTERPRETER_COMPILE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an environment waits for the AWS SDK to be installed before it starts without.
pub const SDK_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long an installation of the AWS SDK may take.
pub const SDK_INSTALL_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How much of a function's code is read to see whether it names the AWS SDK.
pub const SDK_SEARCH_MAX_BYTES: u64 = 64 << 20;
/// How many files of a function's code are looked at to see whether it names the AWS SDK.
pub const SDK_SEARCH_MAX_FILES: usize = 20_000;
/// How many folders a version manager is looked through for.
pub const INTERPRETERS_PER_SOURCE_MAX: usize = 256;
/// Connections one sandbox may have to its Runtime API; more wait to be accepted. A runtime uses one or two, one of
/// them for a call while it waits in `next`, an extension one or two more; each is a descriptor of the server's.
pub const RUNTIME_API_CONNECTIONS_MAX: usize = 32;
/// The head of one request to the Runtime API.
pub const RUNTIME_API_HEAD_MAX_BYTES: usize = 16_384;
/// The head of one report of an error, or its trailers: room for the X-Ray cause of 1 MiB some clients send.
pub const RUNTIME_API_ERROR_HEAD_MAX_BYTES: usize = 1_052_672;
/// One field's value, or the path, that is kept while the body of a request comes in.
pub const RUNTIME_API_FIELD_MAX_BYTES: usize = 4096;
/// What one sandbox may have sent to its Runtime API that is not dealt with yet, besides the body of one answer.
pub const RUNTIME_API_AHEAD_MAX_BYTES: usize = 2 * 1024 * 1024;
/// How long the head of a request to the Runtime API may take to come, while the sandbox is not frozen.
pub const RUNTIME_API_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Fields in one head of a request to the Runtime API.
pub const RUNTIME_API_FIELDS_MAX: usize = 64;
/// How long the connections of a sandbox whose program ended may take to hand over what they hold.
pub const SANDBOX_LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an environment that does not wait for an event may take to ask for one, or to be found dead, before it is
/// given one anyway.
pub const SANDBOX_WAKE_TIMEOUT: Duration = Duration::from_millis(100);
/// Extensions of one environment, external and internal ones together.
pub const EXTENSIONS_MAX: usize = 10;
/// The body of one call to the Extensions, Telemetry or Logs API.
pub const EXTENSION_BODY_MAX_BYTES: usize = 262_144;
/// How long an extension that ended may take to have been heard: why it did may still be on its way.
pub const EXTENSION_LAST_WORDS_TIMEOUT: Duration = Duration::from_millis(50);
/// The Shutdown phase where external extensions are registered.
pub const SHUTDOWN_EXTERNAL: Duration = Duration::from_secs(2);
/// The Shutdown phase where only internal extensions are registered.
pub const SHUTDOWN_INTERNAL: Duration = Duration::from_millis(500);
/// How much of the Shutdown phase the runtime has where there are external extensions.
pub const SHUTDOWN_RUNTIME: Duration = Duration::from_millis(300);
/// What is kept of the telemetry of an Init for who may subscribe before its end; the first of it.
pub const TELEMETRY_BACKLOG_MAX_BYTES: usize = 262_144;
/// `maxItems` of a subscription's buffering; the largest if not given.
pub const TELEMETRY_ITEMS: RangeInclusive<u32> = 1_000..=10_000;
/// `maxBytes` of a subscription's buffering; the smallest if not given.
pub const TELEMETRY_BYTES: RangeInclusive<u32> = 262_144..=1_048_576;
/// `timeoutMs` of a subscription's buffering; 1,000 if not given.
pub const TELEMETRY_TIMEOUT_MS: RangeInclusive<u32> = 25..=30_000;
/// How long a subscriber that did not take its telemetry is left alone, the first time and at most.
pub const TELEMETRY_RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// The largest piece of a function's output that is handed on at once.
pub const OUTPUT_PIECE_MAX_BYTES: usize = 262_144;
/// What one sandbox may write in a second, and as much at once; above it the writer waits at its own full pipe.
pub const OUTPUT_PER_SECOND_MAX_BYTES: u32 = 4 * 1024 * 1024;
/// Lines one sandbox may write in a second, and as many at once: each costs far more than its bytes.
pub const OUTPUT_PER_SECOND_MAX_LINES: u32 = 20_000;
/// The largest body of UpdateFunctionConfiguration.
pub const CONFIGURATION_BODY_MAX_BYTES: u64 = 5120;
/// The most layers of a function.
pub const LAYERS_MAX: usize = 5;
/// The longest a function may run.
pub const TIMEOUT_MAX_S: u32 = 900;
/// The most memory of a function.
pub const MEMORY_MAX_MIB: u32 = 10_240;
/// The largest `/tmp` of a function.
pub const TMP_MAX_MIB: u32 = 10_240;
/// The largest `/tmp` of a function that is restored from snapshots.
pub const SNAP_START_TMP_MAX_MIB: u32 = 512;
/// The most memory a program may have mapped, used or not, for a snapshot of it: looking at each page takes its time. Ours.
pub const SNAPSHOT_MAPPED_MAX_BYTES: u64 = 16 << 30;
/// The most tags of a function.
pub const TAGS_MAX: usize = 50;
/// The most aliases of a function: all are in its record. AWS has a limit too, but does not say which.
pub const ALIASES_MAX: usize = 1000;
/// The shortest pause before a state change that could not be written is tried again; each next is twice as long.
pub const SETTLE_PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause between two such tries.
pub const SETTLE_PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long a change waits for the end of the one before it, where nothing makes that take longer than its work.
pub const SETTLE_WAIT_MAX: Duration = Duration::from_secs(2);
/// The largest decoded client context of an invocation.
pub const CLIENT_CONTEXT_MAX_BYTES: usize = 3583;
/// How many functions one page of a list holds.
pub const LIST_PAGE_MAX: usize = 50;
/// How long the download URL of a function's code is good for.
pub const DOWNLOAD_URL_EXPIRES: Duration = Duration::from_secs(600);
/// The longest that state changes can be held up on request.
pub const TRANSITION_MIN_MAX: Duration = Duration::from_secs(900);
/// An answer of another service that is not code: far above what any lookup gives.
pub const UPSTREAM_ANSWER_MAX_BYTES: usize = 1024 * 1024;
/// How long a connection to another service may take.
pub const UPSTREAM_CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long another service may send nothing, before its answer or in the middle of it.
pub const UPSTREAM_STALL_MAX: Duration = Duration::from_secs(20);
/// How long one answer of another service may take from first to last: 250 MB at 1 MB a second.
pub const UPSTREAM_WHOLE_MAX: Duration = Duration::from_secs(250);
/// The largest zip that is fetched from S3, where AWS limits only what comes out of it: that, and the zip's own records.
pub const S3_CODE_MAX_BYTES: usize = 300 * 1024 * 1024;
/// How many zips from S3 are fetched and unpacked at the same time, since each is held in memory; more wait their turn.
pub const S3_FETCHES_AT_ONCE_MAX: usize = 4;
/// How long killed processes of a sandbox may take to be gone; a sandbox in which one is stuck is given up then.
pub const SANDBOX_CLEAR_MAX: Duration = Duration::from_secs(10);
/// How long the host may take to make one sandbox, until its program is executed: a host that is stuck shows here.
pub const SANDBOX_BOOT_MAX: Duration = Duration::from_secs(30);
/// The longest resource policy, as compact JSON.
pub const POLICY_MAX_BYTES: usize = 20_480;
/// Concurrency that must be left for the functions of an account that have reserved none.
pub const UNRESERVED_CONCURRENCY_MIN: u64 = 100;
/// Provisioned environments of one version that start at the same moment.
pub const PROVISIONED_STARTS_MAX: u32 = 4;
/// How long Init of a provisioned environment may take: 130 seconds, or the function's timeout where that is longer.
pub const PROVISIONED_INIT_MAX: Duration = Duration::from_secs(130);
/// The shortest pause after a provisioned environment could not be started; each next is twice as long.
pub const PROVISIONED_PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause between two such tries.
pub const PROVISIONED_PAUSE_MAX: Duration = Duration::from_secs(300);
/// Bytes of function lines that wait to be written to the log store before functions are held up at their own pipes.
pub const LOG_WAITING_FULL_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of lines above which more are dropped and counted: far above what held up functions still hand over.
pub const LOG_WAITING_MAX_BYTES: usize = 64 * 1024 * 1024;
/// How long lines may wait for others to be written with: what `kill -9` can lose of lines nobody has read yet.
pub const LOG_LINGER: Duration = Duration::from_millis(50);
/// How long written lines may be in the system's cache only: what a loss of power can lose.
pub const LOG_SYNC_EVERY: Duration = Duration::from_secs(1);
/// The length from which a log group goes on in a new file.
pub const LOG_SEGMENT_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// The age of the first event from which it does: events expire by whole files.
pub const LOG_SEGMENT_AGE_MAX: Duration = Duration::from_secs(86_400);
/// Log groups whose files are known in memory, each with at most one file open for writing.
pub const LOG_GROUPS_OPEN_MAX: usize = 256;
/// What each event counts beside its text, as CloudWatch Logs counts.
pub const LOG_EVENT_OVERHEAD_BYTES: u64 = 26;
/// Text of one page of events: 1 MB.
pub const LOG_PAGE_MAX_BYTES: usize = 1_048_576;
/// The most events of one page.
pub const LOG_PAGE_MAX: usize = 10_000;
/// The largest batch of `PutLogEvents`, with 26 bytes for each event.
pub const LOG_BATCH_MAX_BYTES: u64 = 1_048_576;
/// The longest time between the first and last event of a batch.
pub const LOG_BATCH_SPAN_MAX: Duration = Duration::from_secs(86_400);
/// How far in the future an event may be.
pub const LOG_EVENT_AHEAD_MAX: Duration = Duration::from_secs(7200);
/// How old an event may be.
pub const LOG_EVENT_AGE_MAX: Duration = Duration::from_secs(14 * 86_400);
/// Reads of log groups at once, each with a file in memory; more wait their turn.
pub const LOG_READS_AT_ONCE_MAX: usize = 4;
