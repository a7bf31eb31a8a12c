//! A streamed response on its way from the runtime to whoever waits for it, piece by piece. Never holds more than one;
//! its bounded channel and its pace make the runtime wait.

use bytes::{Buf, Bytes};
use lambent_core::limits::{
    RUNTIME_API_BODY_MAX_BYTES, RUNTIME_API_ERROR_HEAD_MAX_BYTES, RUNTIME_API_STREAM_MAX_BYTES,
    STREAM_MAX_BYTES, STREAM_PIECE_MAX_BYTES,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::body::Body;
use super::exchange::Exchange;
use super::fault;
use super::http::{Broken, Framing};
use super::inlet::{Inlet, Source};
use super::pace::Pace;
use super::reply;
use crate::spec::{Answer, Piece};

/// Pieces up to this size are copied out of the read buffer, so that it can be used again.
const COPIED_MAX_BYTES: usize = 4096;

/// Where the pieces of one response go.
#[derive(Debug)]
pub(super) struct Stream<'a> {
    exchange: &'a Exchange,
    request_id: String,
    /// None once nobody reads: the function goes on all the same.
    to: Option<mpsc::Sender<Piece>>,
    begun: Instant,
    pace: Pace,
    produced_bytes: u64,
    /// It was longer than a response may be, and was ended with that.
    pub(super) too_large: bool,
}

impl<'a> Stream<'a> {
    /// Begins the response to the event of this id.
    pub(super) async fn begin(
        exchange: &'a Exchange,
        request_id: String,
        to: mpsc::Sender<Piece>,
        content_type: Option<String>,
    ) -> Self {
        let mut stream = Self {
            exchange,
            request_id,
            to: Some(to),
            begun: Instant::now(),
            pace: Pace::default(),
            produced_bytes: 0,
            too_large: false,
        };
        stream.send(Piece::Begin { content_type }).await;
        stream
    }

    /// The body has come whole.
    pub(super) fn end(&self, body: &Body) {
        if !self.too_large {
            let failed = fault::in_trailers(body);
            self.settle(Answer::Streamed { produced_bytes: self.produced_bytes, failed });
        }
    }

    async fn pass(&mut self, mut bytes: Bytes) {
        if self.too_large {
            return;
        }
        let room = usize::try_from(STREAM_MAX_BYTES - self.produced_bytes).unwrap_or(usize::MAX);
        self.too_large = bytes.len() > room;
        bytes.truncate(room);
        self.produced_bytes += bytes.len() as u64;
        let wait = self.pace.pass(bytes.len(), self.begun.elapsed());
        if !wait.is_zero() {
            sleep(wait).await;
        }
        if !bytes.is_empty() {
            self.send(Piece::Bytes(bytes)).await;
        }
        if self.too_large {
            // Told at once: the rest of it may take for ever.
            let failed = Some(reply::stream_too_large());
            self.settle(Answer::Streamed { produced_bytes: self.produced_bytes, failed });
        }
    }

    async fn send(&mut self, piece: Piece) {
        if let Some(to) = &self.to
            && to.send(piece).await.is_err()
        {
            self.to = None;
        }
    }

    fn settle(&self, answer: Answer) {
        self.exchange.finish_stream(&self.request_id, answer);
    }
}

impl<R: Source> Inlet<R> {
    /// Hands a body on as it comes; what is returned has its trailers and none of its bytes.
    pub(super) async fn stream(&mut self, framing: Framing, to: &mut Stream<'_>) -> Result<Body, Broken> {
        let mut body = Body::default();
        self.body_left = RUNTIME_API_STREAM_MAX_BYTES;
        match framing {
            Framing::Length(length) => self.hand_on(length, to).await?,
            Framing::Chunked => {
                loop {
                    let size = self.chunk_size().await?;
                    if size == 0 {
                        break;
                    }
                    self.hand_on(size, to).await?;
                    self.chunk_end().await?;
                }
                self.trailers(&mut body, RUNTIME_API_ERROR_HEAD_MAX_BYTES).await?;
            }
        }
        self.tidy();
        Ok(body)
    }

    async fn hand_on(&mut self, mut left: u64, to: &mut Stream<'_>) -> Result<(), Broken> {
        while left > 0 {
            if self.ahead.is_empty() {
                self.more(STREAM_PIECE_MAX_BYTES).await?;
            }
            let here = usize::try_from(left).unwrap_or(usize::MAX);
            let here = here.min(self.ahead.len()).min(STREAM_PIECE_MAX_BYTES);
            left -= here as u64;
            let piece = if here <= COPIED_MAX_BYTES {
                let copy = Bytes::copy_from_slice(&self.ahead[..here]);
                self.ahead.advance(here);
                copy
            } else {
                self.ahead.split_to(here).freeze()
            };
            to.pass(piece).await;
            if to.too_large {
                self.body_left = self.body_left.min(RUNTIME_API_BODY_MAX_BYTES);
            }
        }
        Ok(())
    }
}
