//! One sandbox as its handle and the launcher share it: what it is reached by, and what its init tells.
//!
//! Never decides when it ends.

use std::io;
use std::os::fd::OwnedFd;

use rustix::process::{Signal, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;

use super::cgroup::Group;
use super::channel;
use super::message::{Command, Message, Who};
use super::told::{Ended, Told, Trouble};
use crate::{Exit, ExtensionFaultKind};

/// Messages of init are short: a step's name and the system's words.
pub(super) const REPORT_MAX_BYTES: usize = 4096;

/// What was counted when the last process of a sandbox had ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remains {
    pub(super) out_of_memory: bool,
    pub(super) memory_peak_bytes: u64,
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
    pub(super) told: Told,
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

    pub(super) fn stop(&self, stopped: bool) {
        if !self.group.as_ref().is_some_and(|group| group.freeze(stopped)) {
            self.tell(if stopped { Command::Stop } else { Command::Continue });
        }
    }

    fn tell(&self, command: Command) {
        // Init that is gone needs no command. Its queue holds more of them than are ever sent at once.
        let _ = channel::send(self.socket.get_ref(), &command, &[]);
    }

    /// For init to obey: frozen it cannot.
    pub(super) fn command(&self, command: Command) {
        self.stop(false);
        self.tell(command);
    }

    /// Takes what init tells until it is gone.
    pub(super) async fn listen(&self) {
        while let Some((message, fds)) = report(&self.socket).await {
            self.hear(message, fds);
        }
    }

    pub(super) fn hear(&self, message: Message, fds: Vec<OwnedFd>) {
        self.told.change(|state| match message {
            Message::Executed => state.started = Some(Ok(())),
            Message::NotExecuted { who: Who::Program, errno } => {
                state.started = Some(Err(Trouble::Errno(errno)))
            }
            Message::NotExecuted { who: Who::Extension(index), errno } => {
                let reason = io::Error::from_raw_os_error(errno).to_string();
                state.end(Ended::Extension(index, ExtensionFaultKind::Launch { reason }));
            }
            Message::Failed(fault) => state.started = Some(Err(Trouble::Step(fault))),
            Message::Ended { who: Who::Program, code, signal } => {
                state.program_ended(self.exit(code, signal))
            }
            Message::Ended { who: Who::Extension(index), code, signal } => {
                let exit = self.exit(code, signal);
                state.end(Ended::Extension(index, ExtensionFaultKind::Crash(exit)));
            }
            Message::Cleared => state.all_cleared(),
            Message::Socket => {
                state.answer_socket(fds.into_iter().next().ok_or_else(|| io::ErrorKind::NotFound.into()))
            }
            Message::NoSocket { errno } => state.answer_socket(Err(io::Error::from_raw_os_error(errno))),
            // Told once, before.
            Message::Born | Message::Listening { .. } => {}
        });
    }

    fn exit(&self, code: Option<u8>, signal: Option<u8>) -> Exit {
        if let Some(code) = code {
            return Exit::Code(code);
        }
        let signal = signal.unwrap_or(KILL);
        if signal == KILL && self.group.as_ref().is_some_and(Group::out_of_memory) {
            return Exit::OutOfMemory;
        }
        Exit::Signal(signal)
    }

    pub(super) async fn removed(&self) {
        let mut stage = self.stage.subscribe();
        let _ = stage.wait_for(|stage| matches!(stage, Stage::Removed(_))).await;
    }
}

/// SIGKILL.
pub(super) const KILL: u8 = 9;

/// The next message about a sandbox; `None` once init is gone. Cancel safe.
pub(super) async fn report(socket: &AsyncFd<OwnedFd>) -> Option<(Message, Vec<OwnedFd>)> {
    let mut buffer = [0; REPORT_MAX_BYTES];
    let received = socket.async_io(Interest::READABLE, |socket| channel::receive(socket, &mut buffer)).await;
    // Nothing but our own code writes there: what cannot be read means it is broken, as good as gone.
    received.ok().flatten()
}
