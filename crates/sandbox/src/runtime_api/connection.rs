//! One client of the Runtime API, request after request. Never blocks another client, whatever it sends.

use std::sync::Arc;

use bytes::Bytes;
use lambent_core::limits;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::timeout;

use super::body::Body;
use super::exchange::Next;
use super::extension::Fields;
use super::fault;
use super::http::{self, Broken, Framing};
use super::inlet::Inlet;
use super::owner;
use super::patience;
use super::reply::{self, Reply};
use super::routes::{self, Route};
use super::seat::Seat;
use super::server::{Shared, Stranger};
use super::state::{Call, Refused};
use crate::spec::{Reported, SnapStart};
use crate::telemetry::Api;

/// The largest answer.
#[expect(clippy::cast_possible_truncation, reason = "6 MiB fit any usize")]
pub(super) const ANSWER_MAX_BYTES: usize = limits::RESPONSE_MAX_BYTES as usize;

pub(super) struct Connection {
    pub(super) seat: Arc<Seat>,
    pub(super) inlet: Inlet<OwnedReadHalf>,
    pub(super) shared: Arc<Shared>,
    /// Counts it among those that may be the runtime's.
    pub(super) stranger: Option<Stranger>,
}

/// What is kept of a head once its bytes are gone.
pub(super) struct Request {
    pub(super) route: Route,
    pub(super) framing: Framing,
    expects_continue: bool,
    pub(super) close: bool,
    head_only: bool,
    pub(super) content_type: Option<String>,
    pub(super) error_type: Option<String>,
    pub(super) response_mode: Option<String>,
    pub(super) extension: Fields,
}

/// Serves a client until it is gone, asks to be closed, or sends what cannot be understood.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>, stranger: Stranger) {
    if let Some(uid) = shared.owner
        && !owner::is(uid, &stream).await
    {
        tracing::debug!(uid, "somebody else's connection to a Runtime API closed");
        return;
    }
    let (read, write) = stream.into_split();
    let inlet = Inlet::new(read, shared.allowance.share());
    let stranger = Some(stranger);
    let mut connection = Connection { seat: Arc::new(Seat::new(write)), inlet, shared, stranger };
    if let Err(broken) = connection.run().await
        && let Some(reply) = last_reply(&broken)
    {
        // The client may have closed only its own side; if it is gone altogether nobody misses the reply.
        _ = connection.seat.send(&reply.bytes(true, false), &[]).await;
    }
    connection.leave_for_good().await;
}

/// What is said to a client with which no further word is possible.
fn last_reply(broken: &Broken) -> Option<Reply> {
    let (status, kind) = match broken {
        Broken::Gone | Broken::Reset => return None,
        Broken::Truncated => ("400 Bad Request", "TruncatedHTTPRequest"),
        Broken::Bad(_) => ("400 Bad Request", "InvalidRequest"),
        Broken::Endless => return Some(reply::too_large(limits::RUNTIME_API_BODY_MAX_BYTES)),
        Broken::Late => ("408 Request Timeout", "InvalidRequest"),
        Broken::HeadTooLarge | Broken::Full => ("431 Request Header Fields Too Large", "InvalidRequest"),
    };
    Some(Reply::error(status, kind, &broken.to_string()))
}

impl Connection {
    /// No more is said to this client. Was it gone before the event reached it? The system tells at once, but not before
    /// all else it has to do on a busy machine.
    async fn leave_for_good(self) {
        let Shared { exchange, lobby, .. } = &*self.shared;
        if exchange.waits_for_answer(&self.seat) || lobby.holds(&self.seat) {
            _ = timeout(limits::SANDBOX_LAST_WORDS_TIMEOUT, self.seat.decided()).await;
        }
        exchange.gone(&self.seat);
        lobby.gone(&self.seat);
    }

    async fn run(&mut self) -> Result<(), Broken> {
        loop {
            let request = self.request().await?;
            let close = request.close;
            let head_only = request.head_only;
            if let Some(reply) = self.perform(request).await? {
                self.seat.send(&reply.bytes(close, head_only), &[]).await?;
            }
            if close {
                return Ok(());
            }
        }
    }

    async fn request(&mut self) -> Result<Request, Broken> {
        let length = patience::head(&mut self.inlet, &self.shared.tides, head_max_bytes).await?;
        let head = http::parse(&self.inlet.ahead[..length])?;
        let kept = [Some(head.target.as_bytes()), head.content_type, head.error_type, head.response_mode];
        if kept.iter().flatten().any(|kept| kept.len() > limits::RUNTIME_API_FIELD_MAX_BYTES) {
            return Err(Broken::HeadTooLarge);
        }
        let text = |value: Option<&[u8]>| value.map(|value| String::from_utf8_lossy(value).into_owned());
        let request = Request {
            route: routes::route(head.method, head.target),
            framing: head.framing,
            expects_continue: head.expects_continue,
            close: head.close,
            head_only: head.method == "HEAD",
            content_type: text(head.content_type),
            error_type: text(head.error_type),
            response_mode: text(head.response_mode),
            extension: head.extension.keep(),
        };
        self.inlet.consume(length);
        Ok(request)
    }

    /// Does what is asked; no reply if it was written already.
    async fn perform(&mut self, request: Request) -> Result<Option<Reply>, Broken> {
        match request.route {
            Route::Next => {
                self.body(&request, 0).await?;
                return self.next(request.close).await;
            }
            Route::InitError => {
                let begun = self.shared.exchange.begin_init_error();
                return self.init_error(begun, request).await.map(Some);
            }
            Route::Restore if self.shared.snap_start != SnapStart::Off => {
                self.body(&request, 0).await?;
                return self.restore().await.map(Some);
            }
            Route::RestoreError if self.shared.snap_start != SnapStart::Off => {
                let begun = self.shared.exchange.begin_restore_error();
                return self.init_error(begun, request).await.map(Some);
            }
            Route::Answer(call, ref id) => {
                let begun = self.shared.exchange.begin_answer(call, id);
                return self.answer(call, begun, request).await.map(Some);
            }
            Route::Extension(call) => return self.extension(call, &request).await,
            Route::Telemetry => return self.subscribe(Api::Telemetry, &request).await.map(Some),
            Route::Logs => return self.subscribe(Api::Logs, &request).await.map(Some),
            Route::Ping | Route::Restore | Route::RestoreError | Route::WrongMethod | Route::Unknown => {}
        }
        self.body(&request, 0).await?;
        Ok(Some(reply::other(&request.route)))
    }

    pub(super) async fn body(&mut self, request: &Request, limit: usize) -> Result<Body, Broken> {
        self.invite(request).await?;
        self.inlet.body(request.framing, limit).await
    }

    /// Tells who waits for leave to send a body that it may.
    pub(super) async fn invite(&self, request: &Request) -> Result<(), Broken> {
        let none = request.framing == Framing::Length(0);
        if request.expects_continue && !none && self.inlet.ahead.is_empty() {
            self.seat.send(b"HTTP/1.1 100 Continue\r\n\r\n", &[]).await?;
        }
        Ok(())
    }

    async fn next(&mut self, close: bool) -> Result<Option<Reply>, Broken> {
        let next = self.shared.exchange.next(&self.seat);
        if next.is_ok() {
            self.shared.lobby.close();
        }
        match next {
            Ok(Next::Now(event)) => {
                self.seat.send(&reply::event_head(&event), &event.payload).await?;
                Ok(None)
            }
            Ok(Next::Wait) => {
                let shared = Arc::clone(&self.shared);
                self.wait(close, &shared.exchange).await.map(|()| None)
            }
            Err(refused) => Ok(Some(refused.reply())),
        }
    }

    async fn init_error(&mut self, begun: Result<(), Refused>, request: Request) -> Result<Reply, Broken> {
        if let Err(refused) = begun {
            self.body(&request, 0).await?;
            return Ok(refused.reply());
        }
        let read = self.body(&request, ANSWER_MAX_BYTES).await;
        let (body, result) = match read {
            Ok(body) if body.too_large => (Bytes::new(), Ok(reply::too_large(limits::RESPONSE_MAX_BYTES))),
            Ok(body) => (body.bytes, Ok(Reply::accepted())),
            Err(broken) => (Bytes::new(), Err(broken)),
        };
        let reported = Reported { error_type: request.error_type, content_type: request.content_type, body };
        self.shared.exchange.finish_init_error(fault::without_cause(reported));
        result
    }
}

/// How long a head may be that begins so: only reports of errors carry much in it.
fn head_max_bytes(begun: &[u8]) -> usize {
    let line = begun.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words =
        line.splitn(3, |byte| *byte == b' ').map(|word| std::str::from_utf8(word).unwrap_or_default());
    match routes::route(words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
        Route::InitError | Route::RestoreError | Route::Answer(Call::Error, _) => {
            limits::RUNTIME_API_ERROR_HEAD_MAX_BYTES
        }
        Route::Answer(_, _)
        | Route::Restore
        | Route::Next
        | Route::Ping
        | Route::Telemetry
        | Route::Logs
        | Route::Extension(_)
        | Route::WrongMethod
        | Route::Unknown => limits::RUNTIME_API_HEAD_MAX_BYTES,
    }
}
