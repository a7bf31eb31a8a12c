//! Sandboxes on Linux: a spawner process, namespaces, cgroups, `/tmp` and what a program may do.
//!
//! The order of use: [`spawner::split`] first thing in `main` (before tokio, before memory grows), then
//! [`Launcher::new`] inside tokio, then [`Launcher::launch`] for each sandbox. Never speaks HTTP and never knows what
//! the program is for. Unsafe code is in `sys.rs` only.

mod control;
mod launcher;
mod options;
mod report;
pub mod spawner;

pub use control::{Control, Launched};
pub use launcher::Launcher;
pub use options::{Isolation, Options};
pub use report::{Capability, Enforcement, Report, probe};
