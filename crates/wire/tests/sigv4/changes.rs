//! A signed request that was changed on its way is refused, whatever was changed.

use bytes::Bytes;
use http::HeaderValue;
use lambent_wire::sigv4::{Refusal, Signer};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::request::{KEY_ID, Request, SECRET};

const NOW_S: i64 = 1_440_938_160;

fn signer(service: &str) -> Signer<'_> {
    Signer { access_key_id: KEY_ID, secret: SECRET, session_token: None, region: "eu-west-1", service }
}

prop_compose! {
    fn any_request()(
        path in "(/[a-zA-Z0-9%:~._ -]{1,9}){1,4}/?",
        query in "([a-z]{1,4}=[a-zA-Z0-9%~+]{0,6}&){0,3}[a-z]{0,3}",
        header in "[!-~]( ?[!-~]){0,9}",
        body in prop::collection::vec(any::<u8>(), 1..80),
    ) -> Request {
        let request = Request { method: "POST".into(), path, query, body: Bytes::from(body), ..Request::default() };
        request.header("host", "lambda.eu-west-1.amazonaws.com:8080").header("x-custom", &header)
    }
}

fn sign(mut request: Request, service: &str) -> Request {
    let target = (request.path.as_str(), request.query.as_str());
    signer(service).authorize(&request.method, target, &mut request.headers, &request.body, NOW_S).unwrap();
    request
}

/// Puts another printable character at some place of a text.
fn change(text: &str, at: Index, to: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] = to;
    String::from_utf8(bytes).ok().filter(|changed| changed != text)
}

proptest! {
    #[test]
    fn what_was_signed_is_accepted(request in any_request(), service in "lambda|s3|sts") {
        prop_assert!(sign(request, &service).verify(None, NOW_S).is_ok());
    }

    #[test]
    fn a_changed_signature_is_refused(request in any_request(), at in any::<Index>(), to in b' '..b'~') {
        let request = sign(request, "lambda");
        let text = request.header_text("authorization");
        // Blanks between the fields mean nothing, so only the values are changed.
        let from = text.rfind("Signature=").unwrap() + "Signature=".len();
        if let Some(changed) = change(&text[from..], at, to) {
            let request = request.header("authorization", &(text[..from].to_owned() + &changed));
            prop_assert_eq!(request.verify(None, NOW_S).unwrap_err(), Refusal::SignatureDoesNotMatch);
        }
    }

    #[test]
    fn a_changed_body_is_refused(request in any_request(), at in any::<Index>(), by in 1..=255_u8, s3: bool) {
        let mut request = sign(request, if s3 { "s3" } else { "lambda" });
        let mut body = request.body.to_vec();
        let at = at.index(body.len());
        body[at] ^= by;
        request.body = Bytes::from(body);
        prop_assert_eq!(request.verify(None, NOW_S).unwrap_err(), Refusal::SignatureDoesNotMatch);
    }

    #[test]
    fn a_changed_path_is_refused(request in any_request(), at in any::<Index>(), to in b'a'..=b'z') {
        let mut request = sign(request, "lambda");
        if let Some(changed) = change(&request.path, at, to) {
            // Dots and double slashes may go, by AWS's own rule.
            prop_assume!(!request.path.contains("/.") && !request.path.contains("//"));
            request.path = changed;
            prop_assert_eq!(request.verify(None, NOW_S).unwrap_err(), Refusal::SignatureDoesNotMatch);
        }
    }

    #[test]
    fn a_changed_query_is_refused(request in any_request(), at in any::<Index>(), to in b'A'..=b'Z') {
        let mut request = sign(request, "lambda");
        prop_assume!(!request.query.is_empty() && !request.query.contains('%'));
        if let Some(changed) = change(&request.query, at, to) {
            // `&` made a letter joins pairs, `=` made a letter renames a key: each is a change, but an empty
            // value may be written with `=` or without.
            prop_assume!(meaning(&changed) != meaning(&request.query));
            request.query = changed;
            prop_assert_eq!(request.verify(None, NOW_S).unwrap_err(), Refusal::SignatureDoesNotMatch);
        }
    }

    #[test]
    fn a_changed_header_is_refused(request in any_request(), at in any::<Index>(), to in b'!'..=b'~') {
        let mut request = sign(request, "lambda");
        for name in ["host", "x-custom", "x-amz-date"] {
            let text = request.header_text(name);
            let Some(changed) = change(&text, at, to) else { continue };
            request.headers.insert(name, HeaderValue::from_str(&changed).unwrap());
            prop_assert!(request.verify(None, NOW_S).is_err(), "{} may be {}", name, changed);
            request.headers.insert(name, HeaderValue::from_str(&text).unwrap());
        }
        for name in ["host", "x-custom"] {
            let text = request.headers.remove(name).unwrap();
            prop_assert_eq!(request.verify(None, NOW_S).unwrap_err(), Refusal::SignatureDoesNotMatch);
            request.headers.insert(name, text);
        }
        request.add_header("x-custom", b"again");
        prop_assert_eq!(request.verify(None, NOW_S).unwrap_err(), Refusal::SignatureDoesNotMatch);
    }

    #[test]
    fn a_presigned_query_may_not_be_changed(
        query in "([a-z]{1,4}=[a-zA-Z0-9~]{1,6}){0,1}", at in any::<Index>(), to in b'a'..=b'z',
    ) {
        let made = signer("lambda").presign("GET", "localhost", ("/code", &query), 600, NOW_S);
        let request = |query| Request { method: "GET".into(), path: "/code".into(), query, ..Request::default() }
            .header("host", "localhost");
        prop_assert!(request(made.clone()).verify(None, NOW_S + 600).is_ok());
        let changed = change(&made, at, to).filter(|changed| {
            // A percent sequence may be in small letters or in capitals.
            changed.to_lowercase() != made.to_lowercase()
        });
        if let Some(changed) = changed {
            prop_assert!(request(changed).verify(None, NOW_S + 600).is_err());
        }
    }

    #[test]
    fn nothing_presented_panics(authorization in "AWS4-HMAC-SHA256.{0,40}|[!-~ ]{0,60}", query in "[!-~]{0,80}") {
        let request = Request { method: "GET".into(), path: "/".into(), query, ..Request::default() };
        let outcome = request.verify(None, NOW_S);
        prop_assert!(outcome.is_err());
        if HeaderValue::from_str(&authorization).is_ok() {
            prop_assert!(request.header("authorization", &authorization).verify(None, NOW_S).is_err());
        }
    }
}

/// A query's pairs, in order of their keys.
fn meaning(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    pairs.sort();
    pairs
}
