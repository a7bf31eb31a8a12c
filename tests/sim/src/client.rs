//! Who asks a server of a world. Every request goes through the whole pipeline; none over a socket.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use lambent_services::{Server, pipeline};
use serde_json::Value;

use crate::host::SimHost;
use crate::sim::Sim;

/// One who asks.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) sim: Arc<Sim>,
    pub(crate) server: Arc<Server>,
    pub(crate) host: SimHost,
}

impl Client {
    /// Sends one request.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> Response<Bytes> {
        let mut request = Request::builder().method(method).uri(path).header("host", "test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("paths and headers are plain");
        pipeline::handle(&self.server, request).await
    }

    /// Whoever wants to know more of a server that ends asks the next one.
    pub(crate) async fn not_while_ending(&self) {
        if self.sim.is_ending() {
            std::future::pending::<()>().await;
        }
    }

    /// The same with JSON both ways: status and body.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let what = format!("{method} {path}");
        self.sim.say(&format!("{what} {body:.200}"));
        let response = self.send(method, path, &[], body).await;
        let value: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let status = response.status().as_u16();
        let said = if status < 300 { Value::Null } else { value.clone() };
        self.sim.say(&format!("{what}: {status} {said}"));
        (status, value)
    }
}
