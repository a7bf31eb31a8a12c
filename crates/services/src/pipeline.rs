//! The straight line of every request: admit (by its head) -> read (bounded) -> authenticate -> parse -> authorise ->
//! perform -> write.
//!
//! Invariants: no body is read whose head is refused, and nothing parses a body before its signature is checked. What
//! a caller may do is decided before the model's constraints: see `authorise`.

mod authenticate;
mod authorise;
pub(crate) mod errors;
pub(crate) mod read;
mod unpack;

pub use authorise::Connection;
pub(crate) use authorise::{known, refused_layer};

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body as HttpBody;
use lambent_core::limits::CONFIGURATION_BODY_MAX_BYTES;
use lambent_wire::constraints::{self, Shown};
use lambent_wire::error::Fault;
use lambent_wire::protocol::{Protocol, Request as WireRequest, Route};
use lambent_wire::schema::Service;
use lambent_wire::sigv4::{Head, Scope};
use lambent_wire::value::Value;
use uuid::Uuid;

use crate::aside::aside;
use crate::body::whole;
use crate::caller::{Caller, Context, scheme};
use crate::operations::{self, Operation, SERVICES};
use crate::{Body, Reply, Server};
use authenticate::Admitted;
use read::Read;

/// Answers one request with all of a body, also of one that is streamed: for who reads no streams.
pub async fn handle<B>(server: &Arc<Server>, request: Request<B>) -> Response<Bytes>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    whole(answer(server, request).await).await
}

/// Answers one request.
pub async fn answer<B>(server: &Arc<Server>, request: Request<B>) -> Response<Body>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let claimed = Scope::claimed(&Head::of(&head));
    let service = service(claimed.as_ref(), &head.headers);
    let foreign = claimed.as_ref().filter(|scope| scope.service != service.signing_name);
    let protocol = match foreign {
        Some(scope) => Protocol::guessed(&scope.service, &head.headers),
        None => Protocol::spoken(service, &head.headers),
    };
    let request_id = server.dice.uuid().to_string();
    let mut request = Exchange { server, service, protocol, head, request_id };
    match request.answer(claimed, body).await {
        Ok(response) => response,
        Err(fault) => protocol.fail(service, &fault, &request.request_id).map(Body::from),
    }
}

/// The service a request is signed for, if it is not served here.
#[must_use]
pub fn foreign_service<B>(request: &Request<B>) -> Option<String> {
    let uri = request.uri();
    let head = Head {
        method: request.method().as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        authority: uri.authority().map(http::uri::Authority::as_str),
        headers: request.headers(),
    };
    let name = Scope::claimed(&head)?.service;
    (!SERVICES.iter().any(|service| service.signing_name == name)).then_some(name)
}

/// One request under way.
struct Exchange<'a> {
    server: &'a Arc<Server>,
    service: &'static Service,
    protocol: Protocol,
    head: Parts,
    request_id: String,
}

impl Exchange<'_> {
    async fn answer<B>(&mut self, claimed: Option<Scope>, body: B) -> Result<Response<Body>, Fault>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let admitted = match self.check_head(claimed, body.size_hint().lower()) {
            Ok(admitted) => admitted,
            Err(fault) => {
                // Who waits for leave to send reads the refusal, and sends nothing.
                if !self.head.headers.contains_key(http::header::EXPECT) {
                    read::discard(&self.server.traffic, body);
                }
                return Err(fault);
            }
        };
        let (caller, body) = self.receive(admitted, body).await?;
        let body = unpack::unpack(self.service, &self.head.headers, body)?;
        let _whole = self.server.traffic.whole.token();
        crate::iam::note_use(self.server, &caller, self.service.signing_name, || {
            Some(Scope::claimed(&Head::of(&self.head))?.access_key_id)
        });
        let (route, input) = self.parse(body)?;
        let operation = find(self.service, &route)?;
        authorise::authorise(self, &caller, operation, &input).await?;
        constrain(self.service, &route, &input)?;
        let reply = self.perform(operation, caller, input).await?;
        Ok(self.write(&route, reply))
    }

    /// The body, and who sends it. The room the body took is free again when this is over.
    async fn receive<B>(&self, admitted: Admitted, body: B) -> Result<(Caller, Bytes), Fault>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let read = read::read(&self.server.traffic, body).await;
        let Read { body, room: _room } = read.map_err(|why| errors::unread(&why, self.operation_name()))?;
        aside(body.len(), || self.authenticate(admitted, body))
    }

    /// Everything that can be refused before the body is there.
    fn check_head(&mut self, claimed: Option<Scope>, length_bytes: u64) -> Result<Admitted, Fault> {
        self.name()?;
        if let Some(scope) = claimed.as_ref().filter(|scope| scope.service != self.service.signing_name) {
            let place = self.server.upstream.as_ref().map(|upstream| &upstream.place);
            return Err(errors::foreign(self.protocol, &scope.service, place));
        }
        let admitted = self.admit(claimed)?;
        if read::is_too_large(length_bytes) {
            return Err(errors::unread(&read::Unread::TooLarge, self.operation_name()));
        }
        Ok(admitted)
    }

    /// Takes the request id a client gave, which must be a UUID.
    fn name(&mut self) -> Result<(), Fault> {
        let Some(given) = self.head.headers.get("x-amzn-requestid") else { return Ok(()) };
        let id = given.to_str().ok().and_then(|text| text.parse::<Uuid>().ok());
        self.request_id = id.ok_or_else(errors::request_id)?.to_string();
        Ok(())
    }

    fn parse(&self, body: Bytes) -> Result<(Route, Value), Fault> {
        let request = self.wire(body);
        let mut route = self
            .protocol
            .route(self.service, &request)
            .map_err(|no_route| self.protocol.unknown_operation(self.service, &no_route))?;
        if route.operation.name == "UpdateFunctionConfiguration"
            && request.body.len() as u64 > CONFIGURATION_BODY_MAX_BYTES
        {
            return Err(errors::too_large(CONFIGURATION_BODY_MAX_BYTES, route.operation.name));
        }
        let bytes = request.body.len();
        let input = aside(bytes, || self.protocol.parse(self.service, &mut route, request))?;
        Ok((route, input))
    }

    fn wire(&self, body: Bytes) -> WireRequest<'_> {
        let Parts { method, uri, headers, .. } = &self.head;
        WireRequest { method, path: uri.path(), query: uri.query().unwrap_or_default(), headers, body }
    }

    /// Hands the request on; its headers go along, since nothing after this reads them.
    async fn perform(&mut self, operation: &Operation, caller: Caller, input: Value) -> Result<Reply, Fault> {
        let endpoint = self.endpoint();
        let headers = std::mem::take(&mut self.head.headers);
        let connection = self.head.extensions.get().copied();
        let request_id = self.request_id.clone();
        let context = Context { caller, request_id, endpoint, headers, connection };
        let performed = (operation.perform)(Arc::clone(self.server), context, input);
        // Whoever still waits when the drain is over is told so: what happens to the function then is not its fault.
        self.server
            .traffic
            .ending
            .run_until_cancelled(performed)
            .await
            .unwrap_or_else(|| Err(errors::closing()))
    }

    /// Where the client reached the server, in the form that clients sign: without the scheme's own port.
    fn endpoint(&self) -> String {
        let authority = self.head.uri.authority().map(http::uri::Authority::as_str);
        let host = authority.or_else(|| self.head.headers.get("host")?.to_str().ok()).unwrap_or_default();
        let scheme = scheme(&self.head.extensions);
        let usual = if scheme == "https" { ":443" } else { ":80" };
        format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(host))
    }

    fn write(&self, route: &Route, reply: Reply) -> Response<Body> {
        let mut response =
            self.protocol.respond(self.service, route.operation, reply.output, &self.request_id);
        response.headers_mut().extend(reply.headers);
        match reply.stream {
            Some(stream) => response.map(|_head_only| stream),
            None => response.map(Body::from),
        }
    }

    /// The operation a request is for, as far as its head tells.
    fn operation_name(&self) -> &'static str {
        let route = self.protocol.route(self.service, &self.wire(Bytes::new()));
        route.map_or("requested", |route| route.operation.name)
    }
}

/// What does the operation of a route.
fn find(service: &Service, route: &Route) -> Result<&'static Operation, Fault> {
    let name = route.operation.name;
    operations::find(service, name)
        .ok_or_else(|| errors::unknown(format!("Lambent does not have {name} yet.")))
}

/// The service a request is for: as its credential scope says, where it has none as its target does, else Lambda.
fn service(claimed: Option<&Scope>, headers: &HeaderMap) -> &'static Service {
    let target = || headers.get("x-amz-target")?.to_str().ok()?.rsplit_once('.');
    let named = match claimed {
        Some(scope) => SERVICES.iter().find(|service| service.signing_name == scope.service),
        None => target().and_then(|(prefix, _)| SERVICES.iter().find(|s| s.target_prefix == Some(prefix))),
    };
    named.unwrap_or(&SERVICES[0])
}

/// The model's constraints, all that fail together.
fn constrain(service: &Service, route: &Route, input: &Value) -> Result<(), Fault> {
    let Some(shape) = route.operation.input else { return Ok(()) };
    let mut violations = constraints::check(shape, input);
    // Lambda itself judges runtimes, with words of its own: see `lambda/configuration.rs`.
    violations.retain(|violation| violation.path != "runtime");
    if violations.is_empty() {
        return Ok(());
    }
    // CloudWatch Logs does not repeat what it was given here, though its model does not call it sensitive.
    for hidden in violations.iter_mut().filter(|violation| violation.path == "logGroupIdentifier") {
        hidden.value = Shown::Hidden;
    }
    let message = match service.signing_name {
        "iam" => crate::iam::message(&violations),
        _ => constraints::message(&violations),
    };
    Err(errors::invalid(service, message))
}
