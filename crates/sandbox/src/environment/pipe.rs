//! One of the pipes a sandbox writes to, read as it comes but no faster than the [`Budget`] allows: a program
//! that floods is held up by its own full pipe and nobody else. Loses nothing; never waits for more than is there.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard};

use tokio::net::unix::pipe::Receiver;
use tokio::time::{Duration, Instant};

use super::budget::Budget;
use super::frames::Frames;
use super::lines::Lines;
use crate::spec::{Output, Source};

/// What is written into a pipe.
#[derive(Debug)]
pub(super) enum Cutter {
    /// Lines.
    Lines(Lines),
    /// Records of which each says how long it is.
    Frames(Frames),
}

impl Cutter {
    fn feed(&mut self, bytes: &[u8], out: &dyn Fn(&[u8])) {
        match self {
            Self::Lines(lines) => lines.feed(bytes, out),
            Self::Frames(frames) => frames.feed(bytes, out),
        }
    }

    fn flush(&mut self, out: &dyn Fn(&[u8])) {
        match self {
            Self::Lines(lines) => lines.flush(out),
            Self::Frames(frames) => frames.flush(out),
        }
    }

    fn begin_anew(&mut self) {
        match self {
            Self::Lines(lines) => *lines = Lines::default(),
            Self::Frames(frames) => *frames = Frames::default(),
        }
    }
}

/// How much is read at once. Little, since it may be as many lines, and other sandboxes wait meanwhile.
const READ_BYTES: usize = 8192;
/// How far over its budget a sandbox may be and still have its pipe emptied before it is used again.
const DEBT_MAX: Duration = Duration::from_secs(1);

/// How long until it is looked again whether what takes the output has room.
const FULL_PAUSE: Duration = Duration::from_millis(20);

thread_local! {
    // One a thread and not one a sandbox: idle sandboxes are many.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// The read end.
pub(super) struct Pipe {
    end: Receiver,
    /// Held while bytes are read and given out, so that they keep their order.
    desk: Mutex<Desk>,
    output: Output,
    source: Source,
}

struct Desk {
    cutter: Cutter,
    budget: Budget,
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").field("end", &self.end).finish_non_exhaustive()
    }
}

impl Pipe {
    pub(super) fn new(fd: OwnedFd, cutter: Cutter, source: Source, output: Output) -> io::Result<Self> {
        let desk = Desk { cutter, budget: Budget::new(Instant::now()) };
        Ok(Self { end: Receiver::from_owned_fd(fd)?, desk: Mutex::new(desk), output, source })
    }

    /// Reads until nobody can write any more.
    pub(super) async fn read(self: std::sync::Arc<Self>) {
        while self.end.readable().await.is_ok() {
            while self.output.is_full() {
                tokio::time::sleep(FULL_PAUSE).await;
            }
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
            let debt = self.debt();
            if debt.is_zero() {
                // A program that writes without end must not keep this thread from others.
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(debt).await;
            }
        }
        self.flush();
    }

    /// Gives out what has been written until now, an unfinished line too; of a program far over its budget only
    /// some, since it could be called without end: the rest comes when it may.
    pub(super) async fn catch_up(&self) {
        self.drain_while(|debt| debt < DEBT_MAX).await;
    }

    /// Gives out all that has been written until now, an unfinished line too.
    pub(super) async fn drain(&self) {
        self.drain_while(|_| true).await;
    }

    /// As [`drain`](Self::drain), after which others write: what the last ones left unfinished is not theirs to end.
    pub(super) async fn begin_anew(&self) {
        self.drain().await;
        self.desk().cutter.begin_anew();
    }

    /// Reads no more than lay in the pipe at the start, so that a program that goes on writing cannot hold the caller.
    async fn drain_while(&self, go_on: impl Fn(Duration) -> bool + Send) {
        let mut left = rustix::io::ioctl_fionread(&self.end).unwrap_or(0);
        while left > 0 {
            if !go_on(self.debt()) {
                return;
            }
            match self.read_now() {
                Ok(0) => break,
                Ok(read) => left = left.saturating_sub(read as u64),
                Err(again) if again.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            if left > 0 {
                tokio::task::yield_now().await;
            }
        }
        self.flush();
    }

    fn flush(&self) {
        self.desk().cutter.flush(&|text| self.output.written(self.source, text));
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How long until the budget allows more.
    fn debt(&self) -> Duration {
        self.desk().budget.wait(Instant::now())
    }

    /// Reads if tokio has heard of something to read.
    fn read_ready(&self) -> io::Result<usize> {
        self.read_with(|scratch| self.end.try_read(scratch))
    }

    /// Reads whether tokio has heard of it or not.
    fn read_now(&self) -> io::Result<usize> {
        self.read_with(|scratch| Ok(rustix::io::read(&self.end, scratch)?))
    }

    /// All lines of one read are given out under one lock.
    fn read_with(&self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        let mut desk = self.desk();
        SCRATCH.with_borrow_mut(|scratch| {
            let count = read(scratch)?;
            let bytes = &scratch[..count];
            let given = Cell::new(0);
            desk.cutter.feed(bytes, &|text| {
                given.set(given.get() + 1);
                self.output.written(self.source, text);
            });
            desk.budget.spend(count, given.get(), Instant::now());
            Ok(count)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::spec::Outlet;

    #[derive(Default)]
    struct Slow {
        full: AtomicBool,
        lines: Mutex<Vec<Vec<u8>>>,
    }

    impl Outlet for Slow {
        fn written(&self, _source: Source, text: &[u8]) {
            self.lines.lock().unwrap().push(text.to_vec());
        }

        fn is_full(&self) -> bool {
            self.full.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_read_while_there_is_no_room_for_it() {
        let (end, mut writer) = io::pipe().unwrap();
        let slow = Arc::new(Slow::default());
        slow.full.store(true, Ordering::Relaxed);
        let cutter = Cutter::Lines(Lines::default());
        let pipe = Arc::new(Pipe::new(end.into(), cutter, Source::Program, slow.clone()).unwrap());
        writer.write_all(b"one\ntwo\n").unwrap();
        drop(writer);
        let reading = pipe.read();
        tokio::pin!(reading);
        let held = tokio::time::timeout(Duration::from_secs(60), &mut reading).await;
        assert!(held.is_err() && slow.lines.lock().unwrap().is_empty());
        slow.full.store(false, Ordering::Relaxed);
        reading.await;
        assert_eq!(*slow.lines.lock().unwrap(), [b"one", b"two"]);
    }
}
