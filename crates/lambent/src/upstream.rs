//! Requests for services that are not served here, passed on as they are to `--upstream-endpoint`. Never looks into one:
//! whoever answers checks the signature, which stays valid since nothing of the request changes.

use anyhow::Result;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header, uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambent_services::pipeline;

/// A body that comes from a client or goes to one.
pub(crate) type Body = BoxBody<Bytes, hyper::Error>;

/// Where foreign requests go.
#[derive(Debug)]
pub(crate) struct Upstream {
    endpoint: Uri,
    http: Client<HttpConnector, Incoming>,
}

impl Upstream {
    pub(crate) fn new(endpoint: Uri) -> Self {
        Self { endpoint, http: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Whether a request is for a service that is not served here.
    pub(crate) fn takes(request: &Request<Incoming>) -> bool {
        pipeline::foreign_service(request).is_some()
    }

    /// Passes a request on and its answer back.
    pub(crate) async fn pass(&self, mut request: Request<Incoming>) -> Response<Body> {
        let answered = match self.address(request.uri()) {
            Ok(address) => {
                *request.uri_mut() = address;
                self.http.request(request).await.map_err(anyhow::Error::from)
            }
            Err(fault) => Err(fault),
        };
        match answered {
            Ok(response) => response.map(BodyExt::boxed),
            Err(fault) => bad_gateway(&fault),
        }
    }

    /// The upstream's address with the request's own path and query.
    fn address(&self, request: &Uri) -> Result<Uri> {
        let mut parts = uri::Parts::default();
        parts.scheme = self.endpoint.scheme().cloned();
        parts.authority = self.endpoint.authority().cloned();
        parts.path_and_query = request.path_and_query().cloned();
        Ok(Uri::from_parts(parts)?)
    }
}

fn bad_gateway(fault: &anyhow::Error) -> Response<Body> {
    let body = serde_json::json!({ "message": format!("the upstream endpoint does not answer: {fault:#}") });
    let mut response = Response::new(whole(body.to_string().into()));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A body that is there already.
pub(crate) fn whole(body: Bytes) -> Body {
    Full::new(body).map_err(|never| match never {}).boxed()
}
