//! A snapshot of an initialised program: a file that, executed in a fresh sandbox, goes on where the program stood.
//!
//! The file is an executable of a few hundred bytes of machine code, a list of system calls, and the memory the
//! program had written. It is started as any program is, so nothing of a sandbox's isolation is done twice or left
//! out, and no process that ran code of the function ever has more rights than the function. Never knows what the
//! program is for; never changes it: it goes on after its snapshot.
//!
//! Only where nothing can get lost: no children, no pipes or files written to, no shared memory, nothing in `/tmp`.
//! Good as long as the kernel runs that it was taken under, in sandboxes with the same files at the same paths.

#[cfg(target_arch = "x86_64")]
mod files;
#[cfg(target_arch = "x86_64")]
mod fitness;
#[cfg(target_arch = "x86_64")]
mod frame;
#[cfg(target_arch = "x86_64")]
mod image;
#[cfg(target_arch = "x86_64")]
mod maps;
#[cfg(target_arch = "x86_64")]
mod start;
#[cfg(target_arch = "x86_64")]
mod table;
#[cfg(target_arch = "x86_64")]
mod take;
#[cfg(target_arch = "x86_64")]
mod threads;

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use crate::{Mount, SnapStart, Spec};

/// Where a sandbox sees the snapshot it starts from.
const SEEN_AT: &str = "/var/lambent/snapshot";

/// Why there is no snapshot of a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no snapshot: {reason}")]
pub struct Unfit {
    /// In words about the program, such as `it has child processes`; or the system's.
    pub reason: String,
}

impl Unfit {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        Self::new(format!("it cannot be looked into: {error}"))
    }
}

/// Writes the snapshot of the only program of a sandbox, by its init. See [`Control::snapshot`](super::Control).
#[cfg(target_arch = "x86_64")]
pub(super) fn take(init: &OwnedFd, to: &Path) -> Result<(), Unfit> {
    take::take(init, to)
}

/// Registers, their frames and the program that restores are those of one processor.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn take(_init: &OwnedFd, _to: &Path) -> Result<(), Unfit> {
    Err(Unfit::new("snapshots are taken on x86_64 only"))
}

/// A spec that starts from a snapshot, made one that executes it.
pub(super) fn executed(spec: &Spec) -> Spec {
    let mut spec = spec.clone();
    if let SnapStart::Restored(source) = &spec.snap_start {
        spec.argv = vec![SEEN_AT.to_owned()];
        spec.mounts.push(Mount { source: source.clone(), target: SEEN_AT.into() });
    }
    spec
}
