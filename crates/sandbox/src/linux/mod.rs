//! Sandboxes on Linux: a spawner process, namespaces, cgroups, `/tmp` and what a program may do.
//!
//! The order of use: [`spawner::split`] first thing in `main` (before tokio, before memory grows), then
//! [`Launcher::new`] inside tokio, then [`Launcher::launch`] for each sandbox. Never speaks HTTP and never knows what
//! the program is for. Unsafe code is in `sys.rs` and below it only.

mod birth;
mod boot;
mod cgroup;
mod channel;
mod control;
mod crew;
mod etc;
mod filter;
mod image;
mod init;
mod launcher;
mod lent;
mod loop_device;
pub(crate) mod memory;
mod message;
mod net;
mod oom_score;
mod options;
mod own_limits;
mod parked;
mod probe;
mod program;
mod report;
mod resources;
mod restrict;
mod rewrite;
mod run_dir;
mod shared;
mod signals;
pub mod snapshot;
mod spares;
pub mod spawner;
mod sys;
mod template;
mod tmp;
mod told;
mod uid_range;
mod uids;
mod view;

pub use control::{Control, Launched};
pub use launcher::Launcher;
pub(crate) use lent::STEP as SHARED_FOLDER_STEP;
pub use message::Who;
pub use net::{Reception, Visit};
pub use options::{Isolation, Options};
pub use probe::probe;
pub use report::{Capability, Enforcement, Report};
pub(crate) use sys::unacknowledged_bytes;
pub use told::Ended;
