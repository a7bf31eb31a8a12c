//! A sandbox being born, as spawner and init tell it. Never decides what follows from it.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;

use tokio::io::unix::AsyncFd;

use super::message::{Fault, Message, Who};
use super::net::{RUNTIME_API_PORT, Ready, Resolver};
use super::shared::report;
use crate::BootError;

/// What `execve` answers where the path or the file is wrong.
const FAULTS_OF_THE_PROGRAM: [i32; 9] = [
    libc::ENOENT,
    libc::EACCES,
    libc::ENOEXEC,
    libc::ENOTDIR,
    libc::ELOOP,
    libc::EISDIR,
    libc::ENAMETOOLONG,
    libc::ELIBBAD,
    // A broken ELF header.
    libc::EINVAL,
];

/// What has been told of a sandbox being born. Spawner and init both tell, in any order.
#[derive(Debug, Default)]
pub(super) struct Birth {
    /// Of init.
    pub(super) pidfd: Option<OwnedFd>,
    pub(super) listener: Option<(TcpListener, u16)>,
    /// Of the server's endpoint inside.
    pub(super) endpoint: Option<TcpListener>,
    pub(super) outcome: Option<Result<(), BootError>>,
    /// What was told of its processes meanwhile: on a busy host a short program has ended before the spawner says
    /// that init was born.
    pub(super) early: Vec<Message>,
}

impl Birth {
    /// What listens inside has been made before; answers who is asked about names there.
    pub(super) fn has(&mut self, network: Ready) -> Option<Resolver> {
        self.listener = Some((network.runtime_api, RUNTIME_API_PORT));
        self.endpoint = network.endpoint;
        network.resolver
    }

    /// Takes messages until both have told everything, or are gone.
    pub(super) async fn follow(&mut self, socket: &AsyncFd<OwnedFd>, program: &str) {
        while self.pidfd.is_none() || self.outcome.is_none() {
            let Some((message, fds)) = report(socket).await else { return };
            let mut fds = fds.into_iter();
            match message {
                Message::Born => self.pidfd = fds.next(),
                Message::Listening { port } => {
                    self.listener = fds.next().map(|fd| (listener(fd), port));
                    self.endpoint = fds.next().map(listener);
                }
                Message::Executed => self.outcome = Some(Ok(())),
                Message::NotExecuted { who: Who::Program, errno } => {
                    self.outcome = Some(Err(refusal(program, errno)));
                }
                Message::Failed(Fault { step, reason }) => {
                    self.outcome = Some(Err(BootError::at_step(step, reason)));
                }
                Message::NotExecuted { .. }
                | Message::Ended { .. }
                | Message::Cleared
                | Message::Socket
                | Message::NoSocket { .. } => self.early.push(message),
            }
        }
    }
}

/// Why a program was not executed: its own fault, or the host's.
pub(super) fn refusal(program: &str, errno: i32) -> BootError {
    let reason = io::Error::from_raw_os_error(errno).to_string();
    tracing::warn!(program, %reason, "program not executed");
    if FAULTS_OF_THE_PROGRAM.contains(&errno) {
        BootError::Entrypoint { program: program.to_owned(), reason }
    } else {
        // Too many processes, no memory, too large an environment…
        BootError::Step { step: format!("execute {program}"), reason }
    }
}

/// A listener tokio can take.
fn listener(fd: OwnedFd) -> TcpListener {
    let listener = TcpListener::from(fd);
    // Setting a flag on a valid socket cannot fail.
    let _ = listener.set_nonblocking(true);
    listener
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::linux::{channel, sys};

    #[test]
    fn only_a_fault_of_the_program_is_told_as_one() {
        let entrypoint = |errno| matches!(refusal("/bin/x", errno), BootError::Entrypoint { .. });
        for errno in [libc::ENOENT, libc::EACCES, libc::ENOEXEC, libc::ENOTDIR, libc::ELOOP, libc::EISDIR] {
            assert!(entrypoint(errno), "{errno}");
        }
        for errno in [libc::EAGAIN, libc::ENOMEM, libc::E2BIG, libc::EIO, libc::EMFILE, libc::ETXTBSY] {
            assert!(!entrypoint(errno), "{errno}");
        }
    }

    #[tokio::test]
    async fn a_program_that_ends_before_its_init_is_announced_is_heard_of() {
        let (ours, theirs) = channel::pair().unwrap();
        rustix::io::ioctl_fionbio(&ours, true).unwrap();
        let ours = sys::watch_readable(ours).unwrap();
        let ended = Message::Ended { who: Who::Program, code: Some(3), signal: None };
        let told = [Message::Executed, ended];
        for message in told {
            channel::send(&theirs, &message, &[]).unwrap();
        }
        channel::send(&theirs, &Message::Born, &[theirs.as_fd()]).unwrap();
        let mut birth = Birth::default();
        birth.follow(&ours, "program").await;
        assert!(matches!(birth.early[..], [Message::Ended { code: Some(3), .. }]), "{birth:?}");
        assert!(birth.pidfd.is_some());
    }
}
