//! The body of an event: as text where the request says that it is text, else in base64. Never drops a byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// A body as JSON carries it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body {
    /// None where the request has no body.
    pub(super) text: Option<String>,
    pub(super) is_base64: bool,
}

/// The body of a request with these headers. What calls itself text and is no UTF-8 goes as base64, which loses nothing.
pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Body {
    if body.is_empty() {
        return Body { text: None, is_base64: false };
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text(headers) => Body { text: Some(text.to_owned()), is_base64: false },
        Ok(_) | Err(_) => Body { text: Some(STANDARD.encode(body)), is_base64: true },
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (content_type, encoding) = (header(CONTENT_TYPE), header(CONTENT_ENCODING));
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let named = matches!(essence.as_str(), "application/json" | "application/javascript" | "application/xml");
    let text =
        named || essence.starts_with("text/") || essence.ends_with("+json") || essence.ends_with("+xml");
    text && (encoding.is_empty() || encoding.eq_ignore_ascii_case("identity"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(content_type: &'static str, encoding: &'static str) -> HeaderMap {
        let named = [(CONTENT_TYPE, content_type), (CONTENT_ENCODING, encoding)];
        let given = named.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_is_text_goes_as_it_is_and_all_else_as_base64() {
        for (content_type, encoding, is_base64) in [
            ("text/plain", "", false),
            ("text/html; charset=utf-8", "", false),
            ("Application/JSON", "", false),
            ("application/json;charset=UTF-8", "", false),
            ("application/json", "identity", false),
            ("application/javascript", "", false),
            ("application/xml", "", false),
            ("application/ld+json", "", false),
            ("image/svg+xml", "", false),
            ("application/x-www-form-urlencoded", "", true),
            ("multipart/form-data; boundary=text/plain", "", true),
            ("application/octet-stream", "", true),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "", true),
            ("image/png", "", true),
            ("", "", true),
            ("application/json", "gzip", true),
        ] {
            let body = of(&headers(content_type, encoding), "a é".as_bytes());
            let text = if is_base64 { "YSDDqQ==" } else { "a é" };
            assert_eq!(body, Body { text: Some(text.into()), is_base64 }, "{content_type} {encoding}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_whatever_the_request_says() {
        let body = of(&headers("text/plain", ""), &[0xff, 0xfe]);
        assert_eq!(body, Body { text: Some("//4=".into()), is_base64: true });
    }

    #[test]
    fn no_body_is_none() {
        assert_eq!(of(&headers("image/png", ""), b""), Body { text: None, is_base64: false });
    }
}
