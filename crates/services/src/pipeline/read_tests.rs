//! Bodies that come whole, in pieces, too slowly or too large.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::task::Context;

use super::*;

/// A body of these frames; then it ends, or waits for ever.
struct Scripted {
    frames: VecDeque<Bytes>,
    ends: bool,
}

impl Scripted {
    fn new(frames: &[&'static [u8]], ends: bool) -> Self {
        Self { frames: frames.iter().map(|frame| Bytes::from_static(frame)).collect(), ends }
    }
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(Frame::data(frame)))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

static PIECE: [u8; ROOM_PIECE_BYTES] = [7; ROOM_PIECE_BYTES];

#[tokio::test]
async fn a_body_is_put_together() {
    let traffic = Traffic::new();
    let read = read(&traffic, Scripted::new(&[b"", b"ab", b"", b"c", b"de"], true)).await.unwrap();
    assert_eq!(read.body, "abcde");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_nothing_more_is_given_up() {
    let traffic = Traffic::new();
    let stalled = read(&traffic, Scripted::new(&[b"ab"], false)).await;
    assert!(matches!(stalled, Err(Unread::Stalled)), "{stalled:?}");
}

#[tokio::test(start_paused = true)]
async fn large_bodies_share_their_room_and_give_it_back() {
    let traffic = Traffic::new();
    let pieces = traffic.room.available_permits();
    let whole = read(&traffic, Scripted::new(&[&PIECE, &PIECE, &PIECE], true)).await.unwrap();
    assert_eq!(traffic.room.available_permits(), pieces - 3);
    let taken = traffic.room.acquire_many(u32::try_from(pieces - 4).unwrap()).await.unwrap();
    let crowded = read(&traffic, Scripted::new(&[&PIECE, &PIECE], true)).await;
    assert!(matches!(crowded, Err(Unread::NoRoom)), "{crowded:?}");
    let small = read(&traffic, Scripted::new(&[b"small"], true)).await.unwrap();
    assert_eq!(small.body, "small", "what comes at once needs no room");
    drop((whole, taken));
    assert_eq!(traffic.room.available_permits(), pieces);
}

#[tokio::test]
async fn a_body_larger_than_any_request_is_not_kept() {
    let traffic = Traffic::new();
    let frames = vec![&PIECE[..]; usize::try_from(REQUEST_BODY_MAX_BYTES).unwrap() / ROOM_PIECE_BYTES + 1];
    let large = read(&traffic, Scripted::new(&frames, false)).await;
    assert!(matches!(large, Err(Unread::TooLarge)), "{large:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_body_is_thrown_away_for_a_while() {
    let traffic = Traffic::new();
    discard(&traffic, Scripted::new(&[b"ab"], false));
    traffic.refused.close();
    traffic.refused.wait().await;
}
