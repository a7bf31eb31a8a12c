//! A client of the server's own HTTP API, as an SDK would be: requests are signed. Never goes round the front door.

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambent_core::time::RealClock as _;
use lambent_services::keys::ROOT_KEY;
use lambent_wire::sigv4::Signer;
use serde_json::Value;

use crate::system::SystemClock;

/// Speaks to one server.
#[derive(Debug)]
pub(crate) struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    endpoint: String,
    region: String,
    clock: SystemClock,
}

impl Client {
    pub(crate) fn new(endpoint: String, region: String) -> Self {
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Self { http, endpoint, region, clock: SystemClock::new() }
    }

    /// Sends one signed request to Lambda.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        extra: &[(&'static str, &'static str)],
        body: Bytes,
    ) -> Result<Response<Bytes>> {
        self.send_to("lambda", method, path, extra, body).await
    }

    async fn send_to(
        &self,
        service: &str,
        method: Method,
        path: &str,
        extra: &[(&'static str, &'static str)],
        body: Bytes,
    ) -> Result<Response<Bytes>> {
        let host = self.endpoint.trim_start_matches("http://");
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host)?);
        for (name, value) in extra {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let (access_key_id, secret) = ROOT_KEY;
        let signer = Signer { access_key_id, secret, session_token: None, region: &self.region, service };
        signer.authorize(method.as_str(), (path, ""), &mut headers, &body, self.clock.wall().as_secs())?;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint))
            .body(Full::new(body))?;
        *request.headers_mut() = headers;
        let (head, body) =
            self.http.request(request).await.context("the server does not answer")?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }

    /// The same, with JSON both ways; an error answer is an error.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map_or_else(Bytes::new, |value| value.to_string().into());
        let response = self.send(method, path, &[], body).await?;
        answer(path, &response)
    }

    /// An operation of CloudWatch Logs.
    pub(crate) async fn filter_log_events(&self, body: &Value) -> Result<Value> {
        let target = ("x-amz-target", "Logs_20140328.FilterLogEvents");
        let extra = [target, ("content-type", "application/x-amz-json-1.1")];
        let body = body.to_string().into();
        answer("FilterLogEvents", &self.send_to("logs", Method::POST, "/", &extra, body).await?)
    }
}

/// The JSON of an answer; an error answer is an error.
fn answer(what: &str, response: &Response<Bytes>) -> Result<Value> {
    let status = response.status();
    let value: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if !status.is_success() {
        let words = value.get("message").or_else(|| value.get("Message")).and_then(Value::as_str);
        bail!("{what}: {status} {}", words.unwrap_or("without a message"));
    }
    Ok(value)
}
