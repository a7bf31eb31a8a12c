//! Requests for services that are not served here, passed on as they are to `--upstream-endpoint`. Never looks into one,
//! but for a function's messages to queues (see [`traced`]): whoever answers checks the signature, which stays valid since
//! nothing of the request changes.

mod published;
mod traced;
mod transport;

use std::error::Error;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version, header, uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lambent_services::pipeline;
use lambent_services::upstream::{Place, Published, Upstream as Asked};

use crate::activity;
use crate::config::Config;
use transport::{Connector, Http, connector};

/// A body that comes from a client or goes to one.
pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// Where foreign requests go.
#[derive(Debug)]
pub(crate) struct Upstream {
    endpoint: Uri,
    http: Client<Connector, Body>,
}

impl Upstream {
    pub(crate) fn new(endpoint: Uri) -> Self {
        let tls = endpoint.scheme_str() == Some("https");
        Self { endpoint, http: Client::builder(TokioExecutor::new()).build(connector(tls)) }
    }

    /// Where foreign requests go, if anywhere. AWS takes none that was signed for this server.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        match config.upstream.as_ref()? {
            Place::Aws => None,
            // It was made of an URI.
            Place::Emulator(url) => Some(Self::new(url.parse().ok()?)),
        }
    }

    /// Whether a request is for a service that is not served here.
    pub(crate) fn takes(request: &Request<Incoming>) -> bool {
        pipeline::foreign_service(request).is_some()
    }

    /// Passes a request on and its answer back; the request runs until the answer's body has ended. What functions publish
    /// meanwhile is noted.
    pub(crate) async fn pass(
        &self,
        request: Request<Incoming>,
        running: activity::Request,
        noted: Option<&Published>,
    ) -> Response<Body> {
        let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        let traced = noted.zip(published::trace(&request));
        let _publishing = traced.as_ref().map(|(noted, _)| noted.publishing());
        let answered = match (self.send(request).await, &traced) {
            (Ok(response), Some((noted, trace))) => published::noted(response, (noted, trace)).await,
            (Ok(response), None) => Ok(response.map(|body| body.map_err(Into::into).boxed_unsync())),
            (Err(fault), _) => Err(fault),
        };
        match answered {
            Ok(mut response) => {
                drop_hop_by_hop(response.headers_mut());
                // The client's connection has a version of its own.
                *response.version_mut() = Version::default();
                let held = move |frame| {
                    let _running = &running;
                    frame
                };
                response.map(|body| body.map_frame(held).boxed_unsync())
            }
            Err(fault) => bad_gateway(&fault),
        }
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>> {
        let request = traced::traced(request).await?;
        Ok(self.http.request(self.readdress(request)?).await?)
    }

    /// The request as the upstream shall see it: whatever the client speaks, it is HTTP/1.1 from here on.
    fn readdress<B>(&self, mut request: Request<B>) -> Result<Request<B>> {
        let authority = request.uri().authority().map(|authority| HeaderValue::from_str(authority.as_str()));
        *request.uri_mut() = self.address(request.uri())?;
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        drop_hop_by_hop(headers);
        // The host is signed: the upstream must see the one that the client signed.
        if let (false, Some(authority)) = (headers.contains_key(header::HOST), authority) {
            headers.insert(header::HOST, authority?);
        }
        Ok(request)
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

/// What operations ask the other services by.
pub(crate) fn asked(config: &Config) -> Option<Asked> {
    let place = config.upstream.clone()?;
    let tls = match &place {
        Place::Aws => true,
        Place::Emulator(url) => url.starts_with("https:"),
    };
    let credentials = config.upstream_credentials.clone();
    let transport = Arc::new(Http::new(tls));
    Some(Asked { place, credentials, transport, published: Arc::default() })
}

/// Drops what is said to the next hop only, and what `Connection` names.
fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> =
        named.flat_map(|text| text.split(',')).map(|name| name.trim().to_owned()).collect();
    let always = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];
    for name in always.into_iter().chain(named.iter().map(String::as_str)) {
        headers.remove(name);
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
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_http_2_becomes_one_of_http_1() {
        let upstream = Upstream::new("http://127.0.0.1:9".parse().unwrap());
        let request = Request::builder().version(Version::HTTP_2).uri("http://queue.test:8/a?b=c");
        let request = request.header("te", "trailers").header("x-kept", "1");
        let request = upstream.readdress(request.body(()).unwrap()).unwrap();
        assert_eq!(
            (request.version(), request.uri().to_string().as_str()),
            (Version::HTTP_11, "http://127.0.0.1:9/a?b=c")
        );
        assert_eq!(request.headers()["host"], "queue.test:8");
        assert!(request.headers().contains_key("x-kept") && !request.headers().contains_key("te"));
    }

    #[test]
    fn what_is_for_the_next_hop_goes_no_further() {
        let upstream = Upstream::new("http://127.0.0.1:9".parse().unwrap());
        let request =
            Request::builder().uri("/").header("host", "signed").header("connection", "close, X-Mine");
        let request =
            request.header("x-mine", "1").header("transfer-encoding", "chunked").header("upgrade", "h2c");
        let request = upstream.readdress(request.body(()).unwrap()).unwrap();
        assert_eq!(request.headers().len(), 1);
        assert_eq!(request.headers()["host"], "signed");
    }
}
