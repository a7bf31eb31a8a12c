//! Limits, freezing and accounting by cgroups v1, v2, or v1 with an empty v2 tree beside it.
//!
//! Never touches a cgroup this server did not make, apart from its own on plain v2, where the kernel wants processes
//! in leaves only.

mod base;
mod group;
mod layout;
mod share;
mod sweep;
mod unified;

pub(super) use base::Base;
pub(super) use group::Group;
pub(super) use layout::Layout;
pub(super) use share::Limits;
pub(super) use sweep::{retry, sweep, sweep_strays};

/// The controllers sandboxes are limited with.
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];
