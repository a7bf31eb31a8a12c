//! A sandbox being born, as spawner and init tell it. Never decides what follows from it.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;

use tokio::io::unix::AsyncFd;

use super::control::{self, Ended};
use super::message::{Fault, Message};
use crate::BootError;

/// What has been told of a sandbox being born. Spawner and init both tell, in any order.
#[derive(Debug, Default)]
pub(super) struct Birth {
    /// Of init.
    pub(super) pidfd: Option<OwnedFd>,
    pub(super) listener: Option<(TcpListener, u16)>,
    pub(super) outcome: Option<Result<(), BootError>>,
    pub(super) ended: Option<Ended>,
}

impl Birth {
    /// Takes messages until both have told everything, or are gone.
    pub(super) async fn follow(&mut self, socket: &AsyncFd<OwnedFd>, program: &str) {
        while self.pidfd.is_none() || self.outcome.is_none() {
            let Some((message, fds)) = control::report(socket).await else { return };
            let fd = fds.into_iter().next();
            match message {
                Message::Born => self.pidfd = fd,
                Message::Listening { port } => self.listener = fd.map(|fd| (listener(fd), port)),
                Message::Executed => self.outcome = Some(Ok(())),
                Message::NotExecuted { errno } => {
                    let reason = io::Error::from_raw_os_error(errno).to_string();
                    let program = program.to_owned();
                    self.outcome = Some(Err(BootError::Entrypoint { program, reason }));
                }
                Message::Failed(Fault { step, reason }) => {
                    self.outcome = Some(Err(BootError::Step { step, reason }));
                }
                // On a busy host a short program has ended before the spawner says that init was born.
                Message::Ended { code, signal } => self.ended = Some(Ended { code, signal }),
            }
        }
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

    #[tokio::test]
    async fn a_program_that_ends_before_its_init_is_announced_is_heard_of() {
        let (ours, theirs) = channel::pair().unwrap();
        rustix::io::ioctl_fionbio(&ours, true).unwrap();
        let ours = sys::watch_readable(ours).unwrap();
        let told = [Message::Executed, Message::Ended { code: Some(3), signal: None }];
        for message in told {
            channel::send(&theirs, &message, &[]).unwrap();
        }
        channel::send(&theirs, &Message::Born, &[theirs.as_fd()]).unwrap();
        let mut birth = Birth::default();
        birth.follow(&ours, "program").await;
        assert_eq!(birth.ended, Some(Ended { code: Some(3), signal: None }));
        assert!(birth.pidfd.is_some());
    }
}
