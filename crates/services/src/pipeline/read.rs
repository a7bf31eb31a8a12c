//! The body of a request, bounded in size, in time and in memory. Never looks into it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::{Buf as _, Bytes, BytesMut};
use http_body::{Body, Frame};
use lambent_core::limits::{BODY_STALL_MAX, REFUSED_BODY_MAX, REQUEST_BODY_MAX_BYTES};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::traffic::{ROOM_PIECE_BYTES, Traffic};

/// A fault of the connection or of the client's framing.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// A body that is there, with the room it takes until its signature is checked.
#[derive(Debug)]
pub(crate) struct Read<'s> {
    pub(crate) body: Bytes,
    pub(crate) room: Room<'s>,
}

/// Why a body is not there.
#[derive(Debug)]
pub(crate) enum Unread {
    /// Larger than any request.
    TooLarge,
    /// The client sent nothing for too long.
    Stalled,
    /// There was no room for it for too long.
    NoRoom,
    /// It ended early.
    Broken(Broken),
}

/// Reads a body to its end; none is larger than a request to the API may be.
pub(crate) async fn read<B>(traffic: &Traffic, body: B) -> Result<Read<'_>, Unread>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Broken>,
{
    read_up_to(traffic, body, REQUEST_BODY_MAX_BYTES).await
}

/// Reads a body of at most so many bytes to its end.
pub(crate) async fn read_up_to<B>(traffic: &Traffic, body: B, max_bytes: u64) -> Result<Read<'_>, Unread>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Broken>,
{
    let mut body = pin!(body);
    let mut room = Room { all: &traffic.room, mine: None };
    let mut whole = Pieces::default();
    while !body.is_end_stream() {
        let frame = match at_once(body.as_mut()).await {
            Some(frame) => frame,
            None => {
                room.cover(whole.len() + 1).await?;
                let frame = timeout(BODY_STALL_MAX, poll_fn(|cx| body.as_mut().poll_frame(cx))).await;
                frame.map_err(|_elapsed| Unread::Stalled)?
            }
        };
        let Some(frame) = frame else { break };
        // Trailers say nothing that is needed.
        let Ok(data) = frame.map_err(|fault| Unread::Broken(fault.into()))?.into_data() else { continue };
        whole.push(data);
        if whole.len() as u64 > max_bytes {
            return Err(Unread::TooLarge);
        }
        if whole.len() > ROOM_PIECE_BYTES {
            room.cover(whole.len()).await?;
        }
    }
    Ok(Read { body: whole.join(), room })
}

/// Whether a body of this length is larger than any request.
pub(crate) fn is_too_large(length_bytes: u64) -> bool {
    length_bytes > REQUEST_BODY_MAX_BYTES
}

/// Throws the body of a refused request away, within limits: a client that is cut off while it sends never reads why.
pub(crate) fn discard<B>(traffic: &Traffic, body: B)
where
    B: Body<Data = Bytes> + Send + 'static,
{
    if body.is_end_stream() {
        return;
    }
    let mut body = Box::pin(body);
    traffic.refused.spawn(timeout(REFUSED_BODY_MAX, async move {
        let mut left_bytes = REQUEST_BODY_MAX_BYTES;
        while let Some(Ok(frame)) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let length_bytes = frame.into_data().map_or(0, |data| data.remaining() as u64);
            match left_bytes.checked_sub(length_bytes) {
                Some(left) => left_bytes = left,
                None => return,
            }
        }
    }));
}

/// The next frame, if it is there without waiting. hyper hands a body on only after it was asked once, so that the second
/// look counts: a small body that came with its head costs neither a timer nor room.
async fn at_once<B: Body>(mut body: Pin<&mut B>) -> Option<Option<Result<Frame<B::Data>, B::Error>>> {
    let mut asked = false;
    poll_fn(|cx| match body.as_mut().poll_frame(cx) {
        Poll::Ready(frame) => Poll::Ready(Some(frame)),
        Poll::Pending if asked => Poll::Ready(None),
        Poll::Pending => {
            asked = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// The room one body takes.
#[derive(Debug)]
pub(crate) struct Room<'s> {
    all: &'s Semaphore,
    mine: Option<SemaphorePermit<'s>>,
}

impl Room<'_> {
    /// Takes what is lacking for so many bytes. Bodies that wait for each other end by the time limit.
    async fn cover(&mut self, bytes: usize) -> Result<(), Unread> {
        let held = self.mine.as_ref().map_or(0, SemaphorePermit::num_permits);
        let lacking = bytes.div_ceil(ROOM_PIECE_BYTES).saturating_sub(held);
        let Some(lacking) = u32::try_from(lacking).ok().filter(|pieces| *pieces > 0) else { return Ok(()) };
        let more = match self.all.try_acquire_many(lacking) {
            Ok(more) => more,
            Err(_none_now) => timeout(BODY_STALL_MAX, self.all.acquire_many(lacking))
                .await
                .map_err(|_elapsed| Unread::NoRoom)?
                .map_err(|_closed| Unread::NoRoom)?,
        };
        match &mut self.mine {
            Some(mine) => mine.merge(more),
            None => self.mine = Some(more),
        }
        Ok(())
    }
}

/// Frames on their way to one body; a single one is not copied.
#[derive(Default)]
struct Pieces {
    first: Bytes,
    more: BytesMut,
}

impl Pieces {
    fn len(&self) -> usize {
        if self.more.is_empty() { self.first.len() } else { self.more.len() }
    }

    fn push(&mut self, data: Bytes) {
        if self.first.is_empty() {
            self.first = data;
            return;
        }
        if self.more.is_empty() {
            self.more.extend_from_slice(&self.first);
        }
        self.more.extend_from_slice(&data);
    }

    fn join(self) -> Bytes {
        if self.more.is_empty() { self.first } else { self.more.freeze() }
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
