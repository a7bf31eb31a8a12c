//! The single-threaded process that starts sandboxes. Never parses anything a sandbox sent.

use std::io;
use std::os::fd::OwnedFd;

use super::Options;

/// The server's end of the spawner. Dropping it ends the spawner and with it every sandbox.
#[derive(Debug)]
pub struct SpawnerHandle {
    pub(super) socket: OwnedFd,
}

/// Splits off the spawner. Call it first thing in `main`: with one thread and little memory.
///
/// # Errors
/// Where the process or its socket cannot be made. What the host lacks is told by [`super::Launcher::new`].
pub fn split(_options: &Options) -> io::Result<SpawnerHandle> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "the spawner is not built yet"))
}
