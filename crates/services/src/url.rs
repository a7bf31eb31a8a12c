//! Function URLs, a second door to the dispatcher: find (by the host) -> CORS -> authenticate and authorise -> event ->
//! invoke -> answer. Never reads the store: what it needs is in memory.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

mod access;
mod address;
mod cors;
mod errors;
mod event;
mod index;
mod measured;
mod reply;
mod stream;

pub(crate) use index::Urls;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Body as HttpBody;
use lambent_core::lambda::configuration::Tracing;
use lambent_core::limits::SYNC_PAYLOAD_MAX_BYTES;
use lambent_dispatch::{Invocation, InvokeError, Resolved};

use crate::lambda::trace;
use crate::pipeline::read;
use crate::{Body, Server};
use access::{Admitted, Door, Identity};
use address::Address;
use errors::Refused;
use index::Served;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// The invoke mode in which nothing of an answer is interpreted.
const RESPONSE_STREAM: &str = "RESPONSE_STREAM";

/// Whether a request is for a function URL, by its host: `{id}.lambda-url.{region}.{domain}`.
#[must_use]
pub fn is_for<B>(request: &Request<B>) -> bool {
    address::is_url(request.uri(), request.headers())
}

/// Answers one request to a function URL. `peer` is who is at the other end of the connection.
pub async fn answer<B>(server: &Arc<Server>, request: Request<B>, peer: IpAddr) -> Response<Body>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let address = Address::read(&head, server.options.public_endpoint.as_deref());
    let request_id = server.dice.uuid().to_string();
    let found = address.and_then(|address| Some((find(server, &address)?, address)));
    let mut response = match found {
        None => {
            refuse(server, &head, body);
            Refused::Unknown.response(&request_id).map(Body::from)
        }
        Some((served, address)) => {
            let peer = peer.to_canonical();
            let call = Call { server, served, address, head: &head, peer, request_id: &request_id };
            let began = server.clock.monotonic();
            let response = call.answer(body).await;
            call.count(began, response.status());
            response
        }
    };
    reply::trim(&mut response, &head);
    reply::keep_alive(&mut response, &head);
    set(response.headers_mut(), REQUEST_ID, &request_id);
    if !response.headers().contains_key(trace::HEADER) {
        let refused = trace::id(server, &head.headers, Tracing::PassThrough);
        set(response.headers_mut(), trace::HEADER, &refused);
    }
    response
}

/// The URL of this id in this region.
fn find(server: &Server, address: &Address) -> Option<Arc<Served>> {
    server.urls.find(&address.id).filter(|served| served.function.region.as_str() == address.region)
}

/// One request under way.
struct Call<'a> {
    server: &'a Arc<Server>,
    served: Arc<Served>,
    address: Address,
    head: &'a Parts,
    peer: IpAddr,
    request_id: &'a str,
}

impl Call<'_> {
    async fn answer<B>(&self, body: B) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let cors = self.served.url.cors.as_ref();
        if let Some(response) = cors.and_then(|cors| cors::preflight(cors, self.head)) {
            refuse(self.server, self.head, body);
            return response.map(Body::from);
        }
        let answered = match self.admit(body.size_hint().lower()) {
            Ok(admitted) => self.run(admitted, body).await,
            Err(refused) => {
                refuse(self.server, self.head, body);
                Err(refused)
            }
        };
        let mut response = answered.unwrap_or_else(|refused| self.refused(refused));
        if let Some(cors) = cors {
            cors::mark(cors, &self.head.headers, response.headers_mut());
        }
        response
    }

    /// Everything that can be refused before the body is there.
    fn admit(&self, length_bytes: u64) -> Result<Admitted, Refused> {
        let admitted = self.door().admit()?;
        if length_bytes > SYNC_PAYLOAD_MAX_BYTES { Err(Refused::TooLarge) } else { Ok(admitted) }
    }

    async fn run<B>(&self, admitted: Admitted, body: B) -> Result<Response<Body>, Refused>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (identity, body) = {
            let read = read::read_up_to(&self.server.traffic, body, SYNC_PAYLOAD_MAX_BYTES).await;
            let read::Read { body, room: _room } = read.map_err(Refused::Body)?;
            self.door().enter(admitted, body)?
        };
        let _whole = self.server.traffic.whole.token();
        let Served { function, qualifier, .. } = &*self.served;
        let resolved = self.server.dispatcher.resolve(function, qualifier).await.map_err(Refused::Invoke)?;
        let trace_id = trace::reached(self.server, &self.head.headers, &resolved);
        let event = self.event(identity.as_ref(), &body, &trace_id);
        let invoked = if event.len() as u64 > SYNC_PAYLOAD_MAX_BYTES {
            Err(Refused::TooLarge)
        } else {
            self.invoke(resolved, event, &trace_id).await
        };
        let mut response = invoked.unwrap_or_else(|refused| self.refused(refused));
        set(response.headers_mut(), trace::HEADER, &trace_id);
        Ok(response)
    }

    fn event(&self, identity: Option<&Identity>, body: &Bytes, trace_id: &str) -> Bytes {
        let request = event::Request {
            head: self.head,
            body,
            served: &self.served,
            address: &self.address,
            peer: self.peer,
            identity,
            request_id: self.request_id,
            trace_root: trace_id.split(';').next().unwrap_or_default(),
            now: self.server.clock.now(),
        };
        request.event()
    }

    async fn invoke(
        &self,
        resolved: Resolved,
        payload: Bytes,
        trace_id: &str,
    ) -> Result<Response<Body>, Refused> {
        let invocation = Invocation {
            request_id: self.request_id.to_owned(),
            invoked_function_arn: self.served.arn(),
            payload,
            client_context: None,
            trace_id: Some(trace_id.to_owned()),
            tail: false,
            stream: None,
        };
        if self.served.url.invoke_mode == RESPONSE_STREAM {
            return stream::answer(self.server, resolved, invocation, self.head).await;
        }
        // Whoever still waits when the drain is over is told so.
        let invoked = self.server.dispatcher.invoke(resolved, invocation);
        let ended = self.server.traffic.ending.run_until_cancelled(invoked).await;
        let outcome = ended.unwrap_or(Err(InvokeError::Closing)).map_err(Refused::Invoke)?;
        Ok(reply::buffered(&outcome)?.map(Body::from))
    }

    fn refused(&self, refused: Refused) -> Response<Body> {
        refused.response(self.request_id).map(Body::from)
    }

    fn door(&self) -> Door<'_> {
        Door { server: self.server, served: &self.served, head: self.head, peer: self.peer }
    }
}

/// Throws the body of a request away that nobody will read. Who waits for leave to send reads the answer, and sends nothing.
fn refuse<B>(server: &Server, head: &Parts, body: B)
where
    B: HttpBody<Data = Bytes> + Send + 'static,
{
    if !head.headers.contains_key(http::header::EXPECT) {
        read::discard(&server.traffic, body);
    }
}

/// Sets a header; a value no header can carry is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
