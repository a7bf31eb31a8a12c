//! The handle on one running sandbox. Dropping it kills the sandbox; what it used is removed in the background.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::process::{Signal, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;

use super::cgroup::Group;
use super::channel;
use super::message::{Command, Message};
use crate::Exit;

/// Messages of init are short: a step's name and the system's words.
pub(super) const REPORT_MAX_BYTES: usize = 4096;

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

/// What was counted when the last process of a sandbox had ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remains {
    pub(super) out_of_memory: bool,
    pub(super) memory_peak_bytes: u64,
}

/// How init said the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) code: Option<u8>,
    pub(super) signal: Option<u8>,
}

/// How far a sandbox is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Processes may run.
    Alive,
    /// All have ended.
    Ended(Remains),
    /// Nothing is left.
    Removed(Remains),
}

/// One sandbox, as its handle and the launcher share it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) socket: AsyncFd<OwnedFd>,
    pub(super) pidfd: AsyncFd<OwnedFd>,
    pub(super) group: Option<Group>,
    /// Killing init is killing all.
    pub(super) isolated: bool,
    pub(super) stage: watch::Sender<Stage>,
}

impl Shared {
    pub(super) fn kill(&self) {
        if self.group.as_ref().is_some_and(Group::kill) {
            return;
        }
        if self.isolated {
            // Already gone is fine.
            let _ = pidfd_send_signal(self.pidfd.get_ref(), Signal::KILL);
        } else {
            self.tell(Command::End);
        }
        if let Some(group) = &self.group {
            group.let_die();
        }
    }

    fn stop(&self, stopped: bool) {
        if !self.group.as_ref().is_some_and(|group| group.freeze(stopped)) {
            self.tell(if stopped { Command::Stop } else { Command::Continue });
        }
    }

    fn tell(&self, command: Command) {
        // Init that is gone needs no command. Its queue holds more of them than are ever sent at once.
        let _ = channel::send(self.socket.get_ref(), &command, &[]);
    }

    async fn remains(&self) -> Remains {
        let mut stage = self.stage.subscribe();
        loop {
            match *stage.borrow_and_update() {
                Stage::Ended(remains) | Stage::Removed(remains) => return remains,
                Stage::Alive => {}
            }
            // The sender is in `self`.
            let _ = stage.changed().await;
        }
    }

    async fn removed(&self) {
        let mut stage = self.stage.subscribe();
        let _ = stage.wait_for(|stage| matches!(stage, Stage::Removed(_))).await;
    }
}

/// One running sandbox. Dropping it kills the sandbox.
#[derive(Debug)]
pub struct Control {
    shared: Arc<Shared>,
    exit: Option<Exit>,
}

impl Control {
    pub(super) fn new(shared: Arc<Shared>, ended: Option<Ended>) -> Self {
        let mut control = Self { shared, exit: None };
        control.exit = ended.map(|ended| control.exit_of(ended));
        control
    }

    /// Resolves when the program ends. Cancel safe; later calls answer the same at once.
    ///
    /// Other processes of the sandbox may outlive its program: call [`Control::kill`] then.
    pub async fn exited(&mut self) -> Exit {
        while self.exit.is_none() {
            match report(&self.shared.socket).await {
                Some((Message::Ended { code, signal }, _)) => {
                    self.exit = Some(self.exit_of(Ended { code, signal }));
                }
                Some((
                    Message::Born
                    | Message::Listening { .. }
                    | Message::Executed
                    | Message::NotExecuted { .. }
                    | Message::Failed(_),
                    _,
                )) => {}
                None => {
                    let remains = self.shared.remains().await;
                    self.exit =
                        Some(if remains.out_of_memory { Exit::OutOfMemory } else { Exit::Signal(KILL) });
                }
            }
        }
        self.exit.unwrap_or(Exit::Signal(KILL))
    }

    fn exit_of(&self, ended: Ended) -> Exit {
        if let Some(code) = ended.code {
            return Exit::Code(code);
        }
        let signal = ended.signal.unwrap_or(KILL);
        let out_of_memory = match *self.shared.stage.borrow() {
            Stage::Alive => self.shared.group.as_ref().is_some_and(Group::out_of_memory),
            Stage::Ended(remains) | Stage::Removed(remains) => remains.out_of_memory,
        };
        if signal == KILL && out_of_memory { Exit::OutOfMemory } else { Exit::Signal(signal) }
    }

    /// Holds the sandbox to its CPU share. Until this is called it has at least two CPUs, as AWS gives for Init.
    ///
    /// Call it when Init is over; it costs one write.
    pub fn hold_to_cpu_share(&self) {
        if let Some(Err(error)) = self.shared.group.as_ref().map(Group::hold_to_cpu_share) {
            tracing::warn!(%error, "sandbox keeps its CPUs of Init");
        }
    }

    /// Stops all processes of the sandbox where they are.
    pub fn freeze(&self) {
        self.shared.stop(true);
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        self.shared.stop(false);
    }

    /// Kills all processes of the sandbox, frozen or not. Returns at once.
    pub fn kill(&self) {
        self.shared.kill();
    }

    /// The most memory the sandbox ever used in bytes, page cache included, never above its `MemorySize`.
    ///
    /// 0 where the host has no memory cgroup.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> u64 {
        match *self.shared.stage.borrow() {
            Stage::Alive => self.shared.group.as_ref().map_or(0, Group::memory_peak_bytes),
            Stage::Ended(remains) | Stage::Removed(remains) => remains.memory_peak_bytes,
        }
    }

    /// Kills the sandbox and returns when its processes, mounts, cgroups and namespaces are gone.
    pub async fn removed(self) {
        let shared = Arc::clone(&self.shared);
        drop(self);
        shared.removed().await;
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.shared.kill();
    }
}

/// SIGKILL.
const KILL: u8 = 9;

/// The next message about a sandbox; `None` once init is gone. Cancel safe.
pub(super) async fn report(socket: &AsyncFd<OwnedFd>) -> Option<(Message, Vec<OwnedFd>)> {
    let mut buffer = [0; REPORT_MAX_BYTES];
    let received = socket.async_io(Interest::READABLE, |socket| channel::receive(socket, &mut buffer)).await;
    // Nothing but our own code writes there: what cannot be read means it is broken, as good as gone.
    received.ok().flatten()
}
