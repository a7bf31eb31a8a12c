//! The protocols of AWS, each once for every service. The server's side only: requests are read, answers written.

pub mod aws_json;
pub mod aws_query;
pub mod event_stream;
mod json;
mod rest;
pub mod rest_json;
pub mod rest_xml;
pub mod rpc_v2_cbor;
mod xml;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::error::Fault;
use crate::route::Labels;
use crate::schema::{Operation, Service};
use crate::value::Value;

/// How deep lists, maps and structures of a request may nest; deeper is malformed, never a full stack.
pub const NESTING_MAX: usize = 120;

/// One protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// JSON bodies, operations by path: Lambda.
    RestJson,
    /// JSON bodies, operations by `X-Amz-Target`, content type `application/x-amz-json-1.0`.
    AwsJson10,
    /// The same with `application/x-amz-json-1.1`.
    AwsJson11,
    /// Forms in, XML out, operations by `Action`: CloudFormation.
    Query,
    /// XML bodies, operations by path: S3.
    RestXml,
    /// CBOR bodies, operations by path: CloudWatch.
    RpcV2Cbor,
}

/// A request, its signature already checked and its body read.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path as received, percent-encoded.
    pub path: &'a str,
    /// The query as received, without the question mark.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body; a payload is handed on without a copy.
    pub body: Bytes,
}

/// What a request asks for.
#[derive(Debug, Clone)]
pub struct Route {
    /// The operation.
    pub operation: &'static Operation,
    /// The labels of its path.
    pub labels: Labels,
}

/// Why a request names no operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRoute {
    /// The model has the operation, this server has not.
    NotBuilt(&'static str),
    /// The model has no such operation; the name, where the request gave one.
    Unknown(Option<String>),
}

impl Protocol {
    /// The protocol of that name in a model; `version` is the model's `jsonVersion`.
    #[must_use]
    pub fn named(name: &str, version: &str) -> Option<Self> {
        Some(match (name, version) {
            ("rest-json", _) => Self::RestJson,
            ("json", "1.1") => Self::AwsJson11,
            ("json", _) => Self::AwsJson10,
            ("query", _) => Self::Query,
            ("rest-xml", _) => Self::RestXml,
            ("smithy-rpc-v2-cbor", _) => Self::RpcV2Cbor,
            _ => return None,
        })
    }

    /// The protocol a client chose; clients of different ages speak different ones to the same service.
    #[must_use]
    pub fn spoken(service: &Service, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        if text("smithy-protocol") == "rpc-v2-cbor" {
            return Self::RpcV2Cbor;
        }
        let content = text("content-type");
        match () {
            () if headers.contains_key("x-amz-target") && content.contains("json-1.0") => Self::AwsJson10,
            () if headers.contains_key("x-amz-target") => Self::AwsJson11,
            () if service.protocols.contains(&Self::RestJson) => Self::RestJson,
            () if service.protocols.contains(&Self::RestXml) => Self::RestXml,
            () => Self::Query,
        }
    }

    /// The protocol of a request for a service this server does not have, as far as its head tells.
    #[must_use]
    pub fn guessed(signing_name: &str, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let content = text("content-type");
        match () {
            () if text("smithy-protocol") == "rpc-v2-cbor" => Self::RpcV2Cbor,
            () if headers.contains_key("x-amz-target") && content.contains("json-1.0") => Self::AwsJson10,
            () if headers.contains_key("x-amz-target") => Self::AwsJson11,
            () if content.starts_with("application/x-www-form-urlencoded") => Self::Query,
            () if signing_name == "s3" => Self::RestXml,
            () => Self::RestJson,
        }
    }

    /// The operation a request asks for.
    ///
    /// # Errors
    /// [`NoRoute`] when there is none; [`Protocol::unknown_operation`] makes the answer.
    pub fn route(self, service: &'static Service, request: &Request<'_>) -> Result<Route, NoRoute> {
        let (name, labels) = match self {
            Self::RestJson | Self::RestXml => {
                let router = service.router.get_or_init(|| crate::route::Router::of(service));
                let found =
                    router.find(request.method.as_str(), request.path, request.query, request.headers);
                found.ok_or(NoRoute::Unknown(None))?
            }
            Self::AwsJson10 | Self::AwsJson11 => known(service, aws_json::target(service, request.headers))?,
            Self::Query => known(service, aws_query::action(request))?,
            Self::RpcV2Cbor => known(service, rpc_v2_cbor::operation(request))?,
        };
        match service.operation(name) {
            Some(operation) => Ok(Route { operation, labels }),
            None => Err(NoRoute::NotBuilt(name)),
        }
    }

    /// The input of an operation, out of its request.
    ///
    /// # Errors
    /// The fault a malformed request gets from this service.
    pub fn parse(self, service: &Service, route: &mut Route, request: Request<'_>) -> Result<Value, Fault> {
        let labels = std::mem::take(&mut route.labels);
        let parsed = match self {
            Self::RestJson => rest_json::parse(route.operation, labels, request),
            Self::AwsJson10 | Self::AwsJson11 => aws_json::parse(route.operation, &request.body),
            Self::Query => aws_query::parse(route.operation, &request),
            Self::RestXml => rest_xml::parse(route.operation, labels, request),
            Self::RpcV2Cbor => rpc_v2_cbor::parse(route.operation, &request.body),
        };
        parsed.map(Value::Structure).map_err(|malformed| Fault::malformed(service, malformed))
    }

    /// The answer of a successful operation.
    #[must_use]
    pub fn respond(
        self,
        service: &Service,
        operation: &Operation,
        output: Value,
        request_id: &str,
    ) -> http::Response<Bytes> {
        let Value::Structure(output) = output else {
            return self.fail(service, &internal("the output is not a structure"), request_id);
        };
        let mut response = match self {
            Self::RestJson => rest_json::respond(operation, output),
            Self::AwsJson10 => aws_json::respond("1.0", operation, &output),
            Self::AwsJson11 => aws_json::respond("1.1", operation, &output),
            Self::Query => aws_query::respond(service, operation, &output, request_id),
            Self::RestXml => rest_xml::respond(service, operation, output),
            Self::RpcV2Cbor => rpc_v2_cbor::respond(operation, &output),
        };
        self.sign_off(&mut response, request_id);
        response
    }

    /// The answer of a failed one.
    #[must_use]
    pub fn fail(self, service: &Service, fault: &Fault, request_id: &str) -> http::Response<Bytes> {
        let mut response = match self {
            Self::RestJson => rest_json::fail(service, fault),
            Self::AwsJson10 => aws_json::fail("1.0", service, fault),
            Self::AwsJson11 => aws_json::fail("1.1", service, fault),
            Self::Query => aws_query::fail(service, fault, request_id),
            Self::RestXml => rest_xml::fail(service, fault, request_id),
            Self::RpcV2Cbor => rpc_v2_cbor::fail(service, fault),
        };
        if service.query_compatible {
            let blame = if fault.is_senders() { "Sender" } else { "Receiver" };
            let told = format!("{};{blame}", fault.query_code());
            put(response.headers_mut(), "x-amzn-query-error", &told);
        }
        self.sign_off(&mut response, request_id);
        response
    }

    /// The fault for a request that names no operation.
    #[must_use]
    pub fn unknown_operation(self, service: &Service, no_route: &NoRoute) -> Fault {
        let message = match no_route {
            NoRoute::NotBuilt(name) => format!("Lambent does not have the operation {name} yet."),
            NoRoute::Unknown(Some(name)) if self == Self::Query => {
                format!("Could not find operation {name} for version {}", service.api_version)
            }
            NoRoute::Unknown(Some(name)) => format!("The operation {name} does not exist."),
            NoRoute::Unknown(None) => "The requested operation does not exist.".to_owned(),
        };
        match self {
            Self::Query => Fault::new("InvalidAction", 400, message),
            Self::AwsJson10 | Self::AwsJson11 => Fault::new("UnknownOperationException", 400, message),
            Self::RestJson | Self::RestXml | Self::RpcV2Cbor => {
                Fault::new("UnknownOperationException", 404, message)
            }
        }
    }

    fn sign_off(self, response: &mut http::Response<Bytes>, request_id: &str) {
        put(response.headers_mut(), "x-amzn-requestid", request_id);
        if self == Self::RestXml {
            put(response.headers_mut(), "x-amz-request-id", request_id);
        }
    }
}

fn known(service: &Service, name: Option<&str>) -> Result<(&'static str, Labels), NoRoute> {
    let known = service.known.iter().find(|known| Some(known.name) == name);
    match known {
        Some(known) => Ok((known.name, Labels::new())),
        None => Err(NoRoute::Unknown(name.map(str::to_owned))),
    }
}

fn internal(what: &'static str) -> Fault {
    Fault::new("InternalFailure", 500, what)
}

/// Sets a header; a value no header can carry is left out rather than cut.
fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) =
        (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
    {
        headers.insert(name, value);
    }
}

fn response(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> http::Response<Bytes> {
    let mut response = http::Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !content_type.is_empty() {
        response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}
