//! Carries what operations ask other services over HTTP/1.1, with TLS where the endpoint asks for it. Never signs, never
//! tries again, never follows a redirect: a request that is signed for one place is good for no other.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambent_core::limits::{UPSTREAM_CONNECT_MAX, UPSTREAM_STALL_MAX, UPSTREAM_WHOLE_MAX};
use lambent_services::upstream::{Sending, Transport, UpstreamError};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

/// What opens connections to other services.
pub(super) type Connector = HttpsConnector<HttpConnector>;

/// Other services over HTTP.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client<Connector, Full<Bytes>>,
}

impl Http {
    /// One that can do TLS, or only without.
    pub(crate) fn new(tls: bool) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build(connector(tls)) }
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        limit_bytes: usize,
    ) -> Result<Response<Bytes>, UpstreamError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let answer = self.client.request(request.map(Full::new));
        let answer = within(UPSTREAM_STALL_MAX, &host, answer).await?;
        let (head, body) = answer.map_err(|fault| unreachable(&host, fault))?.into_parts();
        Ok(Response::from_parts(head, read(body, limit_bytes, &host).await?))
    }
}

impl Transport for Http {
    fn send(&self, request: Request<Bytes>, limit_bytes: usize) -> Sending<'_> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let exchange = self.exchange(request, limit_bytes);
        Box::pin(async move { within(UPSTREAM_WHOLE_MAX, &host, exchange).await? })
    }
}

async fn read(mut body: Incoming, limit_bytes: usize, host: &str) -> Result<Bytes, UpstreamError> {
    let stated_bytes = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut whole = BytesMut::new();
    if stated_bytes <= limit_bytes {
        whole.reserve(stated_bytes);
    }
    while let Some(frame) = within(UPSTREAM_STALL_MAX, host, body.frame()).await? {
        let Ok(data) = frame.map_err(|fault| unreachable(host, fault))?.into_data() else { continue };
        if whole.len() + data.len() > limit_bytes {
            return Err(UpstreamError::TooLarge { limit_bytes });
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

async fn within<T>(limit: Duration, host: &str, work: impl Future<Output = T>) -> Result<T, UpstreamError> {
    timeout(limit, work).await.map_err(|_elapsed| UpstreamError::Late { host: host.to_owned() })
}

fn unreachable(host: &str, fault: impl Error + Send + Sync + 'static) -> UpstreamError {
    UpstreamError::Unreachable { host: host.to_owned(), source: fault.into() }
}

/// Opens connections, with TLS if asked for: the roots it trusts take a while to read.
pub(super) fn connector(tls: bool) -> Connector {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(UPSTREAM_CONNECT_MAX));
    let config = if tls { trusting() } else { suspicious() };
    HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().wrap_connector(http)
}

/// The certificates this host trusts; where it has none, those of Mozilla's list.
fn trusting() -> ClientConfig {
    match tls().with_native_roots() {
        Ok(config) => config.with_no_client_auth(),
        Err(_none) => tls().with_webpki_roots().with_no_client_auth(),
    }
}

/// No certificate: for endpoints that have none.
fn suspicious() -> ClientConfig {
    tls().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

fn tls() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring does every version that rustls has")
}
