//! An invocation whose answer is read as it comes, by the API and by function URLs alike. Never stops a function: who goes
//! away is not told any more.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use lambent_core::limits::STREAM_PIECES_MAX;
use lambent_dispatch::{Invocation, InvokeError, Outcome, Piece, Resolved};
use tokio::sync::mpsc;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::Server;

/// What comes next of an answer.
pub(crate) enum Next {
    /// The function begins to stream, and says of what type.
    Begin(Option<String>),
    /// It streamed this.
    Bytes(Bytes),
    /// It ended: with an answer that was not streamed, with an error, or with the stream.
    End(Result<Outcome, InvokeError>),
}

/// An invocation under way.
pub(crate) struct Streaming {
    pieces: mpsc::Receiver<Piece>,
    running: Pin<Box<dyn Future<Output = Result<Outcome, InvokeError>> + Send>>,
    /// It ended, but what it streamed before may not be read yet.
    ended: Option<Result<Outcome, InvokeError>>,
    /// The server waits for it when it closes.
    _whole: TaskTrackerToken,
}

impl Streaming {
    /// Runs what was resolved.
    pub(crate) fn start(server: &Arc<Server>, resolved: Resolved, invocation: Invocation) -> Self {
        let (to, pieces) = mpsc::channel(STREAM_PIECES_MAX);
        let invocation = Invocation { stream: Some(to), ..invocation };
        let (dispatcher, ending) = (Arc::clone(&server.dispatcher), server.traffic.ending.clone());
        let running = Box::pin(async move {
            // Whoever still waits when the drain is over is told so.
            let invoked = dispatcher.invoke(resolved, invocation);
            ending.run_until_cancelled_owned(invoked).await.unwrap_or(Err(InvokeError::Closing))
        });
        Self { pieces, running, ended: None, _whole: server.traffic.whole.token() }
    }

    /// What comes next; nothing after the end.
    pub(crate) async fn next(&mut self) -> Next {
        if self.ended.is_none() {
            tokio::select! {
                biased;
                Some(piece) = self.pieces.recv() => return piece.into(),
                ended = &mut self.running => self.ended = Some(ended),
            }
        }
        // All it streamed was sent before its end was told.
        match (self.pieces.try_recv(), self.ended.take()) {
            (Ok(piece), ended) => {
                self.ended = ended;
                piece.into()
            }
            (Err(_), ended) => Next::End(ended.unwrap_or(Err(InvokeError::Closing))),
        }
    }
}

impl From<Piece> for Next {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Begin { content_type } => Self::Begin(content_type),
            Piece::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}
