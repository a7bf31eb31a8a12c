//! The calls of an extension: register, ask for an event, report an error. The order of checks is AWS's.

use std::sync::Arc;

use lambent_core::limits;
use uuid::Uuid;

use super::lobby::Next;
use super::state::Call;
use super::words;
use crate::runtime_api::connection::{Connection, Request};
use crate::runtime_api::http::Broken;
use crate::runtime_api::reply::{self, Reply};
use crate::spec::Reported;

impl Connection {
    /// Does what is asked; no reply if it was written already.
    pub(crate) async fn extension(&mut self, call: Call, request: &Request) -> Result<Option<Reply>, Broken> {
        // Whatever comes of it: no runtime calls so.
        self.stranger = None;
        match call {
            Call::Register => self.register(request).await.map(Some),
            Call::Next => self.next_event(request).await,
            Call::InitError | Call::ExitError => self.report(call, request).await.map(Some),
        }
    }

    async fn register(&mut self, request: &Request) -> Result<Reply, Broken> {
        let body = self.body(request, limits::EXTENSION_BODY_MAX_BYTES).await?;
        if body.too_large {
            return Ok(reply::too_large(limits::EXTENSION_BODY_MAX_BYTES as u64));
        }
        let fields = &request.extension;
        if fields.name.is_empty() {
            let kind = "Extension.InvalidExtensionName";
            return Ok(Reply::error("403 Forbidden", kind, "Empty extension name"));
        }
        let kinds = match words::kinds(&body.bytes) {
            Ok(kinds) => kinds,
            Err(refusal) => return Ok(refusal),
        };
        let lobby = &self.shared.lobby;
        Ok(match lobby.register(&fields.name, &kinds) {
            Ok(id) => words::registered(fields, lobby.function(), id),
            Err(refused) => refused.reply(),
        })
    }

    async fn next_event(&mut self, request: &Request) -> Result<Option<Reply>, Broken> {
        self.body(request, 0).await?;
        let id = match request.extension.id() {
            Ok(id) => id,
            Err(refusal) => return Ok(Some(refusal)),
        };
        match self.shared.lobby.next(id, &self.seat) {
            Ok(Next::Now(told)) => {
                self.seat.send(&told.head, &told.body).await?;
                Ok(None)
            }
            Ok(Next::Wait) => {
                let shared = Arc::clone(&self.shared);
                self.wait(request.close, &shared.lobby).await.map(|()| None)
            }
            Err(refused) => Ok(Some(refused.reply())),
        }
    }

    async fn report(&mut self, call: Call, request: &Request) -> Result<Reply, Broken> {
        let id = match self.begin_report(call, request) {
            Ok(id) => id,
            Err(refusal) => {
                self.body(request, 0).await?;
                return Ok(refusal);
            }
        };
        let read = self.body(request, limits::EXTENSION_BODY_MAX_BYTES).await;
        let (body, result) = match read {
            Ok(body) if body.too_large => {
                (body, Ok(reply::too_large(limits::EXTENSION_BODY_MAX_BYTES as u64)))
            }
            Ok(body) => (body, Ok(Reply::accepted())),
            Err(broken) => (Default::default(), Err(broken)),
        };
        let reported = Reported {
            error_type: request.extension.error_type.clone(),
            content_type: request.content_type.clone(),
            body: body.bytes,
        };
        self.shared.lobby.finish_report(id, call, reported);
        result
    }

    fn begin_report(&self, call: Call, request: &Request) -> Result<Uuid, Reply> {
        let id = request.extension.id()?;
        self.shared.lobby.name(id).map_err(|refused| refused.reply())?;
        if request.extension.error_type.is_none() {
            let message = "Lambda-Extension-Function-Error-Type not found";
            return Err(Reply::error("403 Forbidden", "Extension.MissingHeader", message));
        }
        self.shared.lobby.begin_report(id, call).map_err(|refused| refused.reply())?;
        Ok(id)
    }
}
