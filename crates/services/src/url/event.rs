//! From a request to the event of payload format 2.0. Never judges the request.
//!
//! What AWS writes of its own front is written as it is here: `x-forwarded-proto` and `-port` are how clients reach this
//! server, and the two headers on TLS are left out, so that links which functions build from them lead somewhere.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>

mod body;
mod text;

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{COOKIE, HOST, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Uri};
use lambent_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::access::Identity;
use super::address::Address;
use super::index::Served;

/// What is between two neighbours on the way, and no matter of the function.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request that is to become an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// Method, path and headers.
    pub(super) head: &'a Parts,
    /// The body, whole.
    pub(super) body: &'a Bytes,
    /// What was asked.
    pub(super) served: &'a Served,
    /// The host that was asked, and how it is reached.
    pub(super) address: &'a Address,
    /// Who is at the other end of the connection.
    pub(super) peer: IpAddr,
    /// Who signed it, where that counts.
    pub(super) identity: Option<&'a Identity>,
    /// The id of the invocation.
    pub(super) request_id: &'a str,
    /// The root of its trace.
    pub(super) trace_root: &'a str,
    /// When it came.
    pub(super) now: Timestamp,
}

impl Request<'_> {
    /// The event, as JSON.
    pub(super) fn event(&self) -> Bytes {
        let (uri, headers) = (&self.head.uri, &self.head.headers);
        let query = uri.query().unwrap_or_default();
        let mut event = Map::new();
        let mut put = |name: &str, value: Value| _ = event.insert(name.to_owned(), value);
        put("version", json!("2.0"));
        put("routeKey", json!("$default"));
        put("rawPath", json!(path(uri)));
        put("rawQueryString", json!(query));
        let cookies = cookies(headers);
        if !cookies.is_empty() {
            put("cookies", json!(cookies));
        }
        put("headers", Value::Object(self.headers()));
        let parameters = text::parameters(query);
        if !parameters.is_empty() {
            put("queryStringParameters", Value::Object(parameters));
        }
        put("requestContext", self.context());
        let body = body::of(headers, self.body);
        if let Some(text) = body.text {
            put("body", Value::String(text));
        }
        put("isBase64Encoded", json!(body.is_base64));
        serde_json::to_vec(&event).expect("an event is texts and numbers").into()
    }

    fn headers(&self) -> Map<String, Value> {
        let mut kept = Map::new();
        let mut put = |name: &str, value: String| _ = kept.insert(name.to_owned(), Value::String(value));
        for name in self.head.headers.keys().filter(|name| **name != COOKIE) {
            if !HOP_BY_HOP.contains(&name.as_str()) {
                put(name.as_str(), joined(&self.head.headers, name.as_str()));
            }
        }
        put(HOST.as_str(), self.address.authority.clone());
        let way = [joined(&self.head.headers, "x-forwarded-for"), self.peer.to_string()];
        let way: Vec<_> = way.into_iter().filter(|hop| !hop.is_empty()).collect();
        put("x-forwarded-for", way.join(", "));
        put("x-forwarded-port", self.address.port.to_string());
        put("x-forwarded-proto", self.address.scheme.clone());
        if !self.head.headers.contains_key("x-amzn-trace-id") {
            put("x-amzn-trace-id", self.trace_root.to_owned());
        }
        kept
    }

    fn context(&self) -> Value {
        let Served { function, url, .. } = self.served;
        // AWS tells a function who owns it only where callers are known.
        let account = self.identity.map_or("anonymous", |_| function.account.as_str());
        let mut context = Map::new();
        let mut put = |name: &str, value: Value| _ = context.insert(name.to_owned(), value);
        put("accountId", json!(account));
        put("apiId", json!(url.url_id));
        if let Some(identity) = self.identity {
            put("authorizer", json!({ "iam": identity.shown() }));
        }
        put("domainName", json!(self.address.host));
        put("domainPrefix", json!(url.url_id));
        put("http", self.http());
        put("requestId", json!(self.request_id));
        put("routeKey", json!("$default"));
        put("stage", json!("$default"));
        put("time", json!(self.now.format("%d/%b/%Y:%H:%M:%S +0000")));
        put("timeEpoch", json!(self.now.as_millis()));
        Value::Object(context)
    }

    fn http(&self) -> Value {
        let mut http = json!({
            "method": self.head.method.as_str(),
            "path": path(&self.head.uri),
            // AWS says so of HTTP/2 as well.
            "protocol": "HTTP/1.1",
            "sourceIp": self.peer.to_string(),
        });
        if self.head.headers.contains_key(USER_AGENT) {
            http["userAgent"] = json!(joined(&self.head.headers, USER_AGENT.as_str()));
        }
        http
    }
}

/// The path as it was sent; `*` and nothing at all are the root.
fn path(uri: &Uri) -> &str {
    if uri.path().starts_with('/') { uri.path() } else { "/" }
}

/// All values of a header, joined by commas.
fn joined(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(",")
}

/// Each cookie for itself, as HTTP/1.1 joins them and HTTP/2 may not.
fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(COOKIE).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let split = |value: std::borrow::Cow<'_, str>| {
        value.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>()
    };
    values.flat_map(split).filter(|cookie| !cookie.is_empty()).collect()
}

#[cfg(test)]
#[path = "event/tests.rs"]
mod tests;
