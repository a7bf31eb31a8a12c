//! An answer that says how it is to be given: `{statusCode, headers, cookies, body, isBase64Encoded}`. Never repairs one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE};
use http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::BadAnswer;

/// What the platform says itself, so that a function's word comes under another name: `x-amzn-remapped-…`.
const REMAPPED: [&str; 11] = [
    "authorization",
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// What tells an envelope from any other object.
#[derive(Deserialize)]
struct Mark {
    #[serde(rename = "statusCode")]
    status: Option<IgnoredAny>,
}

/// An answer as the function described it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    #[serde(rename = "statusCode")]
    status: Option<Value>,
    headers: Option<Map<String, Value>>,
    cookies: Option<Vec<String>>,
    body: Option<Value>,
    is_base64_encoded: Option<Value>,
}

impl Envelope {
    /// Reads an answer that is JSON; none if it has no status and so is no envelope.
    pub(super) fn read(json: &[u8]) -> Result<Option<Self>, BadAnswer> {
        let first = json.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return Ok(None);
        }
        let mark: Mark = serde_json::from_slice(json).map_err(|_| BadAnswer)?;
        if mark.status.is_none() {
            return Ok(None);
        }
        serde_json::from_slice(json).map(Some).map_err(|_| BadAnswer)
    }

    /// Reads what stands before the body of a stream; it may leave the status out.
    pub(super) fn read_prelude(json: &[u8]) -> Result<Self, BadAnswer> {
        serde_json::from_slice(json).map_err(|_| BadAnswer)
    }

    /// The body it describes.
    pub(super) fn body(&self) -> Result<Bytes, BadAnswer> {
        let text = self.body.as_ref().map(text).transpose()?.flatten().unwrap_or_default();
        let is_base64 = match self.is_base64_encoded.as_ref().unwrap_or(&Value::Null) {
            Value::Null => false,
            Value::Bool(given) => *given,
            Value::String(given) => given.parse().map_err(|_| BadAnswer)?,
            Value::Number(_) | Value::Array(_) | Value::Object(_) => return Err(BadAnswer),
        };
        if is_base64 {
            STANDARD.decode(text).map(Bytes::from).map_err(|_| BadAnswer)
        } else {
            Ok(text.into())
        }
    }

    /// The answer with this body, and with this content type if it names none.
    pub(super) fn response(
        &self,
        body: Bytes,
        content_type: &'static str,
    ) -> Result<Response<Bytes>, BadAnswer> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status()?;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in self.headers.iter().flatten() {
            put(headers, name, value)?;
        }
        for cookie in self.cookies.iter().flatten() {
            headers.append(SET_COOKIE, HeaderValue::from_str(cookie).map_err(|_| BadAnswer)?);
        }
        Ok(response)
    }

    /// The status: a number, or a text of one. Those below 200 are no answers.
    fn status(&self) -> Result<StatusCode, BadAnswer> {
        let number = match self.status.as_ref() {
            None => Some(200),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
        };
        let number = number.and_then(|number| u16::try_from(number).ok());
        let number = number.filter(|number| (200..600).contains(number)).ok_or(BadAnswer)?;
        StatusCode::from_u16(number).map_err(|_| BadAnswer)
    }
}

fn put(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), BadAnswer> {
    let Some(text) = text(value)? else { return Ok(()) };
    let lower = name.to_ascii_lowercase();
    let name = if REMAPPED.contains(&lower.as_str()) { format!("x-amzn-remapped-{lower}") } else { lower };
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BadAnswer)?;
    headers.insert(name, HeaderValue::from_str(&text).map_err(|_| BadAnswer)?);
    Ok(())
}

/// Texts, numbers and truth values as text; nothing for null.
fn text(value: &Value) -> Result<Option<String>, BadAnswer> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(truth) => Ok(Some(truth.to_string())),
        Value::Array(_) | Value::Object(_) => Err(BadAnswer),
    }
}
