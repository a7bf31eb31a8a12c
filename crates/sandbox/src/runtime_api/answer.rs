//! What a runtime answers to an event: collected, or passed on as it comes. Reads no head and words no reply.

use tokio::sync::mpsc;

use super::body::Body;
use super::connection::{ANSWER_MAX_BYTES, Connection, Request};
use super::exchange::Refusal;
use super::fault;
use super::http::Broken;
use super::reply::{self, Reply};
use super::routes::Route;
use super::state::Call;
use super::stream::Stream;
use crate::spec::{Answer, Piece, Reported};
use lambent_core::limits;

impl Connection {
    pub(super) async fn answer(
        &mut self,
        call: Call,
        begun: Result<Option<mpsc::Sender<Piece>>, Refusal>,
        request: Request,
    ) -> Result<Reply, Broken> {
        let stream = match begun {
            Ok(stream) => stream,
            Err(refusal) => {
                self.body(&request, 0).await?;
                return Ok(refusal.reply());
            }
        };
        let mode = request.response_mode.as_deref().filter(|_| call == Call::Response);
        if mode.is_some_and(|mode| !mode.eq_ignore_ascii_case("streaming")) {
            self.shared.exchange.finish_answer(reply::invalid_mode_answer());
            self.body(&request, 0).await?;
            let message = "Invalid function response mode";
            return Ok(Reply::error("400 Bad Request", "InvalidFunctionResponseMode", message));
        }
        if let (Some(_streaming), Some(stream)) = (mode, stream) {
            return self.stream(stream, request).await;
        }
        let body = match self.body(&request, ANSWER_MAX_BYTES).await {
            Ok(body) => body,
            Err(broken) => {
                if matches!(broken, Broken::Endless) {
                    self.shared.exchange.finish_answer(Answer::TooLarge);
                } else {
                    self.shared.exchange.truncate_answer();
                }
                return Err(broken);
            }
        };
        if body.too_large {
            self.shared.exchange.finish_answer(Answer::TooLarge);
            return Ok(reply::too_large(limits::RESPONSE_MAX_BYTES));
        }
        self.shared.exchange.finish_answer(into_answer(call, body, request));
        Ok(Reply::accepted())
    }

    /// Passes a response on as it comes.
    async fn stream(&mut self, to: mpsc::Sender<Piece>, request: Request) -> Result<Reply, Broken> {
        let id = request_id(&request.route);
        self.invite(&request).await?;
        let exchange = &self.shared.exchange;
        let mut stream = Stream::begin(exchange, id.clone(), to, request.content_type).await;
        match self.inlet.stream(request.framing, &mut stream).await {
            Ok(body) => stream.end(&body),
            Err(broken) => {
                exchange.cut_stream(&id);
                return Err(broken);
            }
        }
        if stream.too_large { Ok(reply::too_large(limits::STREAM_MAX_BYTES)) } else { Ok(Reply::accepted()) }
    }
}

/// The id in the path of an answer.
fn request_id(route: &Route) -> String {
    if let Route::Answer(_, id) = route { id.clone() } else { String::new() }
}

fn into_answer(call: Call, body: Body, request: Request) -> Answer {
    if let Some(reported) = fault::in_trailers(&body) {
        return Answer::Error(reported);
    }
    match call {
        Call::Error => Answer::Error(fault::without_cause(Reported {
            error_type: request.error_type,
            content_type: request.content_type,
            body: body.bytes,
        })),
        Call::Response
        | Call::Next
        | Call::InitError
        | Call::AwaitRestore
        | Call::Restore
        | Call::RestoreError => Answer::Response { content_type: request.content_type, body: body.bytes },
    }
}
