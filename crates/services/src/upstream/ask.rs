//! One question to another service: addressed, signed, sent. Never reads the answer.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use lambent_core::account::{AccountId, Region};
use lambent_core::limits::UPSTREAM_ANSWER_MAX_BYTES;
use lambent_core::time::Timestamp;
use lambent_wire::sigv4::Signer;

use super::{Credentials, Publishing, Upstream, UpstreamError};
use crate::Server;
use crate::caller::Caller;
use crate::lambda::trace;

/// Questions in the name of one caller, in one region.
#[derive(Debug, Clone)]
pub(crate) struct Session<'a> {
    upstream: &'a Upstream,
    account: AccountId,
    region: Region,
    now_s: i64,
    /// Who asks, if not the server itself.
    credentials: Option<Credentials>,
    /// The trace the questions belong to.
    trace_id: Option<String>,
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Ask {
    /// The service's signing name.
    pub(super) service: &'static str,
    pub(super) method: Method,
    /// Encoded as it is sent.
    pub(super) path: String,
    /// The same, without its `?`.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The largest answer.
    pub(super) limit_bytes: usize,
}

impl Ask {
    /// A GET without anything.
    pub(super) fn get(service: &'static str, path: String, query: String) -> Self {
        let (method, headers) = (Method::GET, HeaderMap::new());
        Self {
            service,
            method,
            path,
            query,
            headers,
            body: Bytes::new(),
            limit_bytes: UPSTREAM_ANSWER_MAX_BYTES,
        }
    }

    /// A POST to the root.
    pub(super) fn post(service: &'static str, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut ask = Self::get(service, "/".to_owned(), String::new());
        ask.method = Method::POST;
        ask.body = body.into();
        ask.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        ask
    }
}

impl<'a> Session<'a> {
    /// Questions of this caller; none where the server has nobody to ask.
    pub(crate) fn of(server: &'a Server, caller: &Caller) -> Option<Self> {
        let upstream = server.upstream.as_ref()?;
        let (account, region) = (caller.account.clone(), caller.region.clone());
        Some(Self::by(upstream, account, region, server.clock.wall()))
    }

    /// Questions of nobody but this account itself.
    pub(crate) fn by(upstream: &'a Upstream, account: AccountId, region: Region, now: Timestamp) -> Self {
        Self { upstream, account, region, now_s: now.as_secs(), credentials: None, trace_id: None }
    }

    /// The same by who has these credentials; by the server itself if there are none.
    pub(crate) fn signed_by(self, credentials: Option<Credentials>) -> Self {
        Self { credentials, ..self }
    }

    /// The same as part of a trace.
    pub(crate) fn traced(self, trace_id: Option<String>) -> Self {
        Self { trace_id, ..self }
    }

    /// The trace the questions belong to.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// Something is about to be published as part of the trace.
    pub(super) fn publishing(&self) -> Option<Publishing<'_>> {
        self.trace_id().map(|_| self.upstream.published.publishing())
    }

    /// Notes that a message with this id, of SNS, is part of the trace.
    pub(super) fn published(&self, id: &str) {
        if let Some(trace_id) = self.trace_id() {
            self.upstream.published.note_one(id, trace_id);
        }
    }

    /// Where a service is, without a path.
    pub(super) fn url_of(&self, service: &str) -> String {
        self.upstream.place.endpoint(service, &self.region).url
    }

    /// The same in another region.
    pub(crate) fn in_region(self, region: Region) -> Self {
        Self { region, ..self }
    }

    /// The region that is asked.
    pub(super) fn region(&self) -> &str {
        self.region.as_str()
    }

    /// Whether one endpoint answers for all regions, and so must be asked which one a thing is in.
    pub(super) fn is_emulated(&self) -> bool {
        self.upstream.place.is_emulator()
    }

    /// Asks.
    pub(super) async fn send(&self, ask: Ask) -> Result<Response<Bytes>, UpstreamError> {
        let limit_bytes = ask.limit_bytes;
        self.upstream.transport.send(self.sign(ask)?, limit_bytes).await
    }

    fn sign(&self, ask: Ask) -> Result<Request<Bytes>, UpstreamError> {
        let Ask { service, method, path, query, mut headers, body, .. } = ask;
        let unreadable = |detail: String| UpstreamError::Unreadable { service, detail };
        let endpoint = self.upstream.place.endpoint(service, &self.region);
        let host = endpoint.url.split_once("://").map_or(endpoint.url.as_str(), |(_, host)| host);
        let host = HeaderValue::from_str(host).map_err(|fault| unreadable(fault.to_string()))?;
        headers.insert(header::HOST, host);
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("lambent/", env!("CARGO_PKG_VERSION"))),
        );
        let Credentials { access_key_id, secret, session_token } = self.credentials();
        let signer = Signer {
            access_key_id: &access_key_id,
            secret: &secret,
            session_token: session_token.as_deref(),
            region: &endpoint.region,
            service,
        };
        let signed = signer.authorize(method.as_str(), (&path, &query), &mut headers, &body, self.now_s);
        signed.map_err(|refusal| unreadable(refusal.to_string()))?;
        // Not signed, as those on the way may change it.
        if let Some(trace_id) = self.trace_id().and_then(|trace_id| HeaderValue::from_str(trace_id).ok()) {
            headers.insert(trace::HEADER, trace_id);
        }
        let mark = if query.is_empty() { "" } else { "?" };
        let request = Request::builder().method(method).uri([&endpoint.url, &path, mark, &query].concat());
        let mut request = request.body(body).map_err(|fault| unreadable(fault.to_string()))?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn credentials(&self) -> Credentials {
        let given = self.credentials.as_ref().or(self.upstream.credentials.as_ref());
        given.cloned().unwrap_or_else(|| Credentials {
            access_key_id: self.account.to_string(),
            secret: "test".to_owned(),
            session_token: None,
        })
    }
}
