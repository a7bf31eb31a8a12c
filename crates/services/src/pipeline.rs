//! The straight line of every request: read (bounded) -> authenticate -> parse -> authorise -> perform -> write.
//!
//! Invariant: nothing parses a body before its signature is checked.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::Reference;
use lambent_core::limits::{CONFIGURATION_BODY_MAX_BYTES, REQUEST_BODY_MAX_BYTES};
use lambent_wire::constraints;
use lambent_wire::error::Fault;
use lambent_wire::protocol::{Protocol, Request as WireRequest, Route};
use lambent_wire::schema::Service;
use lambent_wire::sigv4::{Dialect, Expected, Head, Presented, Refusal, Scope};
use lambent_wire::value::Value;
use uuid::Uuid;

use crate::caller::{Caller, Context};
use crate::operations::{self, SERVICES};
use crate::{Auth, Reply, Server};

/// Answers one request.
pub async fn handle<B>(server: &Arc<Server>, request: Request<B>) -> Response<Bytes>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let claimed = Scope::claimed(&Head::of(&head));
    let service = service(claimed.as_ref());
    let protocol = Protocol::spoken(service, &head.headers);
    let request_id = server.dice.uuid().to_string();
    let mut request = Exchange { server, service, protocol, head, request_id };
    match request.answer(claimed, body).await {
        Ok(response) => response,
        Err(fault) => protocol.fail(service, &fault, &request.request_id),
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
    async fn answer<B>(&mut self, claimed: Option<Scope>, body: B) -> Result<Response<Bytes>, Fault>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.name()?;
        if let Some(scope) = claimed.as_ref().filter(|scope| scope.service != self.service.signing_name) {
            let message = format!("Lambent does not serve the service {} yet.", scope.service);
            return Err(Fault::new("UnknownOperationException", 404, message));
        }
        let body = self.read(body).await?;
        let (caller, body) = self.authenticate(claimed, body)?;
        let (route, input) = self.parse(body)?;
        authorise(&caller, route.operation.name, &input)?;
        constrain(&route, &input)?;
        let reply = self.perform(&route, caller, input).await?;
        Ok(self.write(&route, reply))
    }

    /// Takes the request id a client gave, which must be a UUID.
    fn name(&mut self) -> Result<(), Fault> {
        let Some(given) = self.head.headers.get("x-amzn-requestid") else { return Ok(()) };
        match given.to_str().ok().and_then(|text| text.parse::<Uuid>().ok()) {
            Some(id) => {
                self.request_id = id.to_string();
                Ok(())
            }
            None => Err(Fault::new(
                "InvalidRequestContentException",
                400,
                "The x-amzn-RequestId header is not a valid UUID string.",
            )),
        }
    }

    /// The body, if it is not too large.
    async fn read<B>(&self, body: B) -> Result<Bytes, Fault>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let limit = usize::try_from(REQUEST_BODY_MAX_BYTES).unwrap_or(usize::MAX);
        match Limited::new(body, limit).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(fault) if fault.is::<LengthLimitError>() => Err(self.too_large(REQUEST_BODY_MAX_BYTES)),
            Err(fault) => Err(Fault::new("IncompleteBody", 400, format!("the body ended early: {fault}"))),
        }
    }

    /// Who sends it, and the body without its chunk signatures.
    fn authenticate(&self, claimed: Option<Scope>, body: Bytes) -> Result<(Caller, Bytes), Fault> {
        if self.server.options.auth == Auth::Open {
            return Ok((self.anyone(claimed), body));
        }
        let head = Head::of(&self.head);
        let expected = Expected { region: None, service: Some(self.service.signing_name) };
        let now_s = self.server.clock.now().as_secs();
        let verified = Presented::read(&head)
            .and_then(|presented| {
                self.server.verifier.verify(&head, body, presented, &*self.server.keys, expected, now_s)
            })
            .map_err(|refusal| self.refused(&refusal))?;
        let region = Region::try_from(verified.scope.region);
        let region = region.map_err(|_| self.refused(&Refusal::WrongRegion))?;
        let caller = self.server.keys.caller(&verified.scope.access_key_id, region);
        Ok((caller.ok_or_else(|| self.refused(&Refusal::UnrecognizedClient))?, verified.body))
    }

    /// The caller where signatures are not checked: what the key id says, else the default account.
    fn anyone(&self, claimed: Option<Scope>) -> Caller {
        let options = &self.server.options;
        let account = claimed.as_ref().and_then(|s| AccountId::try_from(s.access_key_id.clone()).ok());
        let region = claimed.and_then(|s| Region::try_from(s.region).ok());
        Caller::root(
            account.unwrap_or_else(|| options.account.clone()),
            region.unwrap_or_else(|| options.region.clone()),
        )
    }

    fn refused(&self, refusal: &Refusal) -> Fault {
        let dialect = match self.protocol {
            Protocol::Query | Protocol::RestXml => Dialect::Query,
            Protocol::RestJson | Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RpcV2Cbor => {
                Dialect::Json
            }
        };
        Fault::new(refusal.code(dialect), refusal.status().as_u16(), refusal.to_string())
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
            return Err(self.too_large(CONFIGURATION_BODY_MAX_BYTES));
        }
        let input = self.protocol.parse(self.service, &mut route, request)?;
        Ok((route, input))
    }

    fn wire(&self, body: Bytes) -> WireRequest<'_> {
        let Parts { method, uri, headers, .. } = &self.head;
        WireRequest { method, path: uri.path(), query: uri.query().unwrap_or_default(), headers, body }
    }

    async fn perform(&self, route: &Route, caller: Caller, input: Value) -> Result<Reply, Fault> {
        let name = route.operation.name;
        let Some(operation) = operations::find(name) else {
            return Err(Fault::new(
                "UnknownOperationException",
                404,
                format!("Lambent does not have {name} yet."),
            ));
        };
        let headers = self.head.headers.clone();
        let host = self.head.uri.authority().map(ToString::to_string);
        let host = host.or_else(|| Some(headers.get("host")?.to_str().ok()?.to_owned())).unwrap_or_default();
        let context = Context { caller, request_id: self.request_id.clone(), headers, host };
        (operation.perform)(Arc::clone(self.server), context, input).await
    }

    fn write(&self, route: &Route, reply: Reply) -> Response<Bytes> {
        let mut response =
            self.protocol.respond(self.service, route.operation, reply.output, &self.request_id);
        response.headers_mut().extend(reply.headers);
        response
    }

    fn too_large(&self, limit: u64) -> Fault {
        let route = self.protocol.route(self.service, &self.wire(Bytes::new()));
        let name = route.map_or("requested", |route| route.operation.name);
        let message = format!("Request must be smaller than {limit} bytes for the {name} operation");
        Fault::new("RequestEntityTooLargeException", 413, message)
    }
}

/// The service a request is for: as its credential scope says, else Lambda, the one with paths of its own.
fn service(claimed: Option<&Scope>) -> &'static Service {
    let named = claimed.and_then(|scope| SERVICES.iter().find(|s| s.signing_name == scope.service));
    named.unwrap_or(&SERVICES[0])
}

/// A caller acts in its own account. What a policy may allow beyond that is not there yet.
fn authorise(caller: &Caller, operation: &str, input: &Value) -> Result<(), Fault> {
    let Value::Structure(members) = input else { return Ok(()) };
    let named = members.get("FunctionName").and_then(Value::as_str).and_then(|n| Reference::read(n).ok());
    let Some(Reference { account: Some(account), region, name, .. }) = named else { return Ok(()) };
    if account == caller.account.as_str() {
        return Ok(());
    }
    // The permission to invoke is named differently from its operation.
    let action = if operation == "Invoke" { "InvokeFunction" } else { operation };
    let region = region.unwrap_or_else(|| caller.region.to_string());
    let message = format!(
        "User: {} is not authorized to perform: lambda:{action} on resource: arn:{}:lambda:{region}:{account}:function:{name} because no resource-based policy allows the lambda:{action} action",
        caller.arn,
        caller.region.partition(),
    );
    Err(Fault::new("AccessDeniedException", 403, message))
}

/// The model's constraints, all that fail together.
fn constrain(route: &Route, input: &Value) -> Result<(), Fault> {
    let Some(shape) = route.operation.input else { return Ok(()) };
    let mut violations = constraints::check(shape, input);
    // Lambda itself judges runtimes, with words of its own: see `lambda/configuration.rs`.
    violations.retain(|violation| violation.path != "runtime");
    if violations.is_empty() {
        return Ok(());
    }
    Err(Fault::new("ValidationException", 400, constraints::message(&violations)))
}
