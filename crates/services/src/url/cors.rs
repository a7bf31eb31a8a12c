//! What browsers may do from elsewhere: the answers to their questions, and the headers on all other answers. Never runs
//! a function, and never refuses a request: that is the browser's part.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors>

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response};
use lambent_core::lambda::settings::Cors;

const ANY: &str = "*";

/// The answer to a browser that asks before it sends; none if the request is something else.
pub(super) fn preflight(cors: &Cors, head: &Parts) -> Option<Response<Bytes>> {
    let origin = origin(&head.headers).filter(|_| head.method == Method::OPTIONS)?;
    let method = head.headers.get(ACCESS_CONTROL_REQUEST_METHOD)?.to_str().unwrap_or_default();
    let mut response = Response::new(Bytes::new());
    let methods = cors.allow_methods.as_deref().unwrap_or_default();
    if !methods.iter().any(|allowed| allowed == ANY || allowed == method) {
        return Some(response);
    }
    let headers = response.headers_mut();
    if let Some(allowed) = allowed(cors, origin) {
        allow(headers, cors, allowed);
        list(headers, ACCESS_CONTROL_ALLOW_METHODS, cors.allow_methods.as_deref());
        list(headers, ACCESS_CONTROL_ALLOW_HEADERS, cors.allow_headers.as_deref());
        if let Some(seconds) = cors.max_age_s {
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
        }
    }
    Some(response)
}

/// Says on an answer what browsers may do with it; the configuration wins over the function.
pub(super) fn mark(cors: &Cors, request: &HeaderMap, answer: &mut HeaderMap) {
    let Some(allowed) = origin(request).and_then(|origin| allowed(cors, origin)) else { return };
    allow(answer, cors, allowed);
    list(answer, ACCESS_CONTROL_EXPOSE_HEADERS, cors.expose_headers.as_deref());
}

fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN)?.to_str().ok()
}

/// What to say of an origin: itself or `*`; none if it is not allowed. `*` with credentials means nothing to browsers,
/// so that the origin is named then.
fn allowed<'a>(cors: &Cors, origin: &'a str) -> Option<&'a str> {
    let origins = cors.allow_origins.as_deref().unwrap_or_default();
    if origins.iter().any(|allowed| allowed == ANY) {
        return Some(if cors.allow_credentials == Some(true) { origin } else { ANY });
    }
    origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)).then_some(origin)
}

fn allow(headers: &mut HeaderMap, cors: &Cors, allowed: &str) {
    set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if allowed != ANY {
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    if cors.allow_credentials == Some(true) {
        set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: Option<&[String]>) {
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        set(headers, name, &values.join(","));
    }
}

/// Sets a header; a value no header can carry is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
#[path = "cors/tests.rs"]
mod tests;
