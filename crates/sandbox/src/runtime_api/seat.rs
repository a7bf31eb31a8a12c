//! The writing half of one client's connection. Never reads, never waits for the client to read unless asked to.

use std::io::{self, IoSlice};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;
use tokio::time::{Duration, sleep};

use crate::linux::unacknowledged_bytes;

/// How long until the system is asked again what became of what was written.
const DECIDED_PAUSE: Duration = Duration::from_millis(1);

/// Where replies to one client go.
///
/// Two parties write: its own task, and while that waits in `next` whoever brings the event. Never both at once.
#[derive(Debug)]
pub(crate) struct Seat {
    out: OwnedWriteHalf,
    /// What [`Self::push`] could not write at once.
    rest: Mutex<Option<Rest>>,
    /// The connection's task has something to do once the event is written: do wake it.
    eager: AtomicBool,
    /// Wakes the connection's task.
    told: Notify,
}

/// Where clients wait for an event.
pub(crate) trait Bench: Sync {
    /// Whether `seat` still waits for an event.
    fn waits(&self, seat: &Arc<Seat>) -> bool;
    /// The client on `seat` is gone: no event goes there any more. False if one has gone there already.
    fn leave(&self, seat: &Arc<Seat>) -> bool;
}

/// The unwritten end of a reply.
#[derive(Debug)]
pub(crate) struct Rest {
    head: Bytes,
    body: Bytes,
}

impl Seat {
    pub(crate) const fn new(out: OwnedWriteHalf) -> Self {
        Self { out, rest: Mutex::new(None), eager: AtomicBool::new(false), told: Notify::const_new() }
    }

    /// Writes what fits without waiting; the connection's own task writes the rest.
    pub(crate) fn push(&self, head: &[u8], body: &Bytes) -> io::Result<()> {
        let written = match self.out.try_write_vectored(&[IoSlice::new(head), IoSlice::new(body)]) {
            Ok(written) => written,
            Err(full) if full.kind() == io::ErrorKind::WouldBlock => 0,
            Err(gone) => return Err(gone),
        };
        let complete = written == head.len() + body.len();
        if !complete {
            let rest = Rest {
                head: Bytes::copy_from_slice(head.get(written..).unwrap_or_default()),
                body: body.slice(written.saturating_sub(head.len())..),
            };
            *self.rest.lock().expect("nothing panics while it holds the rest") = Some(rest);
        }
        // Mostly there is nothing left to do before the client answers: that wakes the task by itself.
        if !complete || self.eager.load(Ordering::Relaxed) {
            self.told.notify_one();
        }
        Ok(())
    }

    /// The client closed the connection with something unread, or before something was written to it.
    ///
    /// The system forgets the other side then, and only then: a client that read all and closed is still known.
    pub(crate) fn is_reset(&self) -> bool {
        self.out.peer_addr().is_err()
    }

    /// Waits until all that was written has reached the client's system, or is lost. Cancel safe.
    pub(crate) async fn decided(&self) {
        while !self.is_reset() && unacknowledged_bytes(self.out.as_ref().as_fd()).is_ok_and(|bytes| bytes > 0)
        {
            sleep(DECIDED_PAUSE).await;
        }
    }

    /// Says whether [`Self::push`] is to wake the connection's task in any case.
    pub(crate) fn set_eager(&self, eager: bool) {
        self.eager.store(eager, Ordering::Relaxed);
    }

    /// Waits until [`Self::push`] calls; it may also wake for nothing. Cancel safe.
    pub(crate) async fn told(&self) {
        self.told.notified().await;
    }

    /// The rest, if there is one.
    pub(crate) fn take_rest(&self) -> Option<Rest> {
        self.rest.lock().expect("nothing panics while it holds the rest").take()
    }

    /// Writes all of a rest.
    pub(crate) async fn finish(&self, rest: Rest) -> io::Result<()> {
        self.send(&rest.head, &rest.body).await
    }

    /// Writes a whole reply, in one write where the system takes it.
    pub(crate) async fn send(&self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let mut done = 0;
        let total = head.len() + body.len();
        while done < total {
            let head_left = head.get(done..).unwrap_or_default();
            let body_left = body.get(done.saturating_sub(head.len())..).unwrap_or_default();
            match self.out.try_write_vectored(&[IoSlice::new(head_left), IoSlice::new(body_left)]) {
                Ok(written) => done += written,
                Err(full) if full.kind() == io::ErrorKind::WouldBlock => self.out.writable().await?,
                Err(gone) => return Err(gone),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::Seat;

    async fn pair() -> (Seat, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (theirs, ours) =
            tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (Seat::new(ours.unwrap().0.into_split().1), theirs.unwrap())
    }

    #[tokio::test]
    async fn what_a_client_that_is_there_was_sent_has_reached_it() {
        let (seat, client) = pair().await;
        seat.send(b"head", b"body").await.unwrap();
        seat.decided().await;
        assert!(!seat.is_reset(), "it may read it when it likes");
        drop(client);
        seat.decided().await;
    }

    #[tokio::test]
    async fn what_a_client_was_sent_after_it_had_closed_is_lost() {
        for _ in 0..100 {
            let (seat, client) = pair().await;
            drop(client);
            seat.send(b"head", b"body").await.unwrap();
            seat.decided().await;
            assert!(seat.is_reset());
        }
    }
}
