//! The bytes a client sends, read from anything that yields them, and counted. Knows no route and writes nothing.

use std::io;
use std::os::fd::AsFd as _;

use bytes::{Buf, BytesMut};
use lambent_core::limits;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::tcp::OwnedReadHalf;

use super::allowance::Share;
use super::http::{Broken, end_of_head};

/// How much is read at once when nothing more is known.
const READ_BYTES: usize = 4096;

/// Where requests come from.
pub(crate) trait Source: AsyncRead + Unpin + Send {
    /// Tells the client at once what has come, while the rest of its request is waited for.
    ///
    /// A client that writes a head in pieces, as shells and simple clients do, would otherwise stand still for 40 ms a
    /// request: its system holds small pieces back until earlier ones are acknowledged (Nagle), and ours acknowledges
    /// late because it hopes for an answer to carry the word.
    fn acknowledge(&self) {}
}

impl Source for OwnedReadHalf {
    fn acknowledge(&self) {
        // A socket that refuses is slow, not wrong.
        _ = rustix::net::sockopt::set_tcp_quickack(self.as_ref().as_fd(), true);
    }
}

/// The reading half of one client's connection with what was read ahead.
#[derive(Debug)]
pub(crate) struct Inlet<R> {
    from: R,
    pub(super) ahead: BytesMut,
    /// Counts what is ahead.
    share: Share,
    /// How much may still come of the body that is being read.
    pub(super) body_left: u64,
    /// The most that was ahead in this buffer, and so what it takes.
    high: usize,
}

impl<R: Source> Inlet<R> {
    pub(crate) fn new(from: R, share: Share) -> Self {
        Self { from, ahead: BytesMut::new(), share, body_left: 0, high: 0 }
    }

    /// Reads what there is, at most about `room` bytes; 0 at the end. Cancel safe.
    pub(crate) async fn fill(&mut self, room: usize) -> Result<usize, Broken> {
        self.ahead.reserve(room);
        let read = self.from.read_buf(&mut self.ahead).await?;
        self.high = self.high.max(self.ahead.len());
        if self.share.hold(self.ahead.len()) { Ok(read) } else { Err(Broken::Full) }
    }

    /// Counts anew after something was taken, and gives back the memory of a large buffer.
    pub(super) fn tidy(&mut self) {
        // An idle connection must not hold what its largest request took.
        if self.high > limits::RUNTIME_API_HEAD_MAX_BYTES {
            self.ahead = BytesMut::from(&self.ahead[..]);
            self.high = self.ahead.len();
        }
        // It holds no more than before, so there is no other answer.
        _ = self.share.hold(self.ahead.len());
    }

    /// More is ahead than most requests have in their whole head.
    pub(super) fn is_large(&self) -> bool {
        self.ahead.len() > limits::RUNTIME_API_HEAD_MAX_BYTES
    }

    /// Tells the client at once what has come.
    pub(super) fn acknowledge(&self) {
        self.from.acknowledge();
    }

    /// Reads straight into `body`, at most `room` bytes; 0 at the end.
    pub(super) async fn fill_body(&mut self, body: &mut BytesMut, room: usize) -> io::Result<usize> {
        use bytes::BufMut;
        self.from.acknowledge();
        self.from.read_buf(&mut body.limit(room)).await
    }

    /// Waits for the first byte of a head.
    pub(super) async fn begin(&mut self) -> Result<(), Broken> {
        loop {
            // Empty lines before a request are to be ignored (RFC 9112, 2.2).
            let blank = self.ahead.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.ahead.advance(blank);
            if !self.ahead.is_empty() {
                return Ok(());
            }
            if self.fill(READ_BYTES).await? == 0 {
                return Err(Broken::Gone);
            }
        }
    }

    /// The length of the head, if all of it is there. `limit` tells from its beginning how long it may be.
    pub(super) fn whole_head(&self, limit: fn(&[u8]) -> usize) -> Result<Option<usize>, Broken> {
        self.end(0, limit)
    }

    /// Reads until a whole head is there and returns its length. Cancel safe.
    pub(crate) async fn head(&mut self, limit: fn(&[u8]) -> usize) -> Result<usize, Broken> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.end(searched, limit)? {
                return Ok(end);
            }
            searched = self.ahead.len();
            self.from.acknowledge();
            if self.fill(READ_BYTES).await? == 0 {
                return Err(Broken::Truncated);
            }
        }
    }

    fn end(&self, searched: usize, limit: fn(&[u8]) -> usize) -> Result<Option<usize>, Broken> {
        let end = end_of_head(&self.ahead, searched);
        let length = end.unwrap_or(self.ahead.len());
        if length > limits::RUNTIME_API_HEAD_MAX_BYTES && length > limit(&self.ahead) {
            return Err(Broken::HeadTooLarge);
        }
        Ok(end)
    }

    /// Drops a head that was dealt with.
    pub(crate) fn consume(&mut self, length: usize) {
        self.ahead.advance(length);
        self.tidy();
    }
}
