//! Sandboxes on this very host: what they see, how they end, what they may use, and that nothing of them is left.
//!
//! Needs root for most; says so and fails where it is missing, since a skipped test proves nothing.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a failure ends the test; tests start helper processes and read the host's state"
)]

#[path = "linux/host.rs"]
mod host;
#[path = "linux/internet.rs"]
mod internet;

#[path = "linux/ending.rs"]
mod ending;
#[path = "linux/extensions.rs"]
mod extensions;
#[path = "linux/leaks.rs"]
mod leaks;
#[path = "linux/limits.rs"]
mod limits;
#[path = "linux/lives.rs"]
mod lives;
#[path = "linux/modes.rs"]
mod modes;
#[path = "linux/nat.rs"]
mod nat;
#[path = "linux/parked.rs"]
mod parked;
#[path = "linux/shared_folders.rs"]
mod shared_folders;
#[path = "linux/snapshots.rs"]
mod snapshots;
#[path = "linux/world.rs"]
mod world;
