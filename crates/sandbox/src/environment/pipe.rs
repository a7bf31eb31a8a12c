//! The standard output and error of a sandbox, read as they come. Never blocks the program for long and never
//! waits for more than is there.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard};

use tokio::net::unix::pipe::Receiver;

use super::lines::Lines;
use crate::spec::Output;

/// How much is read at once: what a pipe holds.
const READ_BYTES: usize = 65_536;

thread_local! {
    // One a thread and not one a sandbox: idle sandboxes are many.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// The read end.
pub(super) struct Pipe {
    end: Receiver,
    /// Held while bytes are read and given out, so that they keep their order.
    lines: Mutex<Lines>,
    output: Output,
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").field("end", &self.end).finish_non_exhaustive()
    }
}

impl Pipe {
    pub(super) fn new(fd: OwnedFd, output: Output) -> io::Result<Self> {
        Ok(Self { end: Receiver::from_owned_fd(fd)?, lines: Mutex::new(Lines::default()), output })
    }

    /// Reads until nobody can write any more.
    pub(super) async fn read(self: std::sync::Arc<Self>) {
        while self.end.readable().await.is_ok() {
            match self.read_ready() {
                Ok(0) => break,
                Ok(_) => {}
                Err(none)
                    if matches!(none.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => {
                    tracing::warn!(%error, "reading a sandbox's output failed");
                    break;
                }
            }
            // A program that writes without end must not keep this thread from others.
            tokio::task::coop::consume_budget().await;
        }
        self.lines().flush(&*self.output);
    }

    /// Gives out all that has been written until now, an unfinished line too.
    ///
    /// It reads no more than lay in the pipe at the start, so that a program that goes on writing cannot hold the
    /// caller.
    pub(super) fn drain(&self) {
        let mut lines = self.lines();
        let mut left = rustix::io::ioctl_fionread(&self.end).unwrap_or(0);
        while left > 0 {
            match self.read_now(&mut lines) {
                Ok(0) => break,
                Ok(read) => left = left.saturating_sub(read as u64),
                Err(again) if again.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        lines.flush(&*self.output);
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Reads if tokio has heard of something to read.
    fn read_ready(&self) -> io::Result<usize> {
        let mut lines = self.lines();
        self.read_with(&mut lines, |scratch| self.end.try_read(scratch))
    }

    /// Reads whether tokio has heard of it or not.
    fn read_now(&self, lines: &mut Lines) -> io::Result<usize> {
        self.read_with(lines, |scratch| Ok(rustix::io::read(&self.end, scratch)?))
    }

    fn read_with(
        &self,
        lines: &mut Lines,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        SCRATCH.with_borrow_mut(|scratch| {
            let count = read(scratch)?;
            lines.feed(&scratch[..count], &*self.output);
            Ok(count)
        })
    }
}
