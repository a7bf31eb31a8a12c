//! Each reason not to believe a request, with AWS's words and codes.

use bytes::Bytes;
use lambent_wire::sigv4::{Dialect, Expected, Head, Presented, Refusal, Scope, Signer};

use crate::request::{KEY_ID, OneKey, Request, SECRET};

/// 2026-01-01T00:15:00Z.
const NOW_S: i64 = 1_767_226_500;
const TOKEN: &str = "token+/=";

fn signed(service: &str, session_token: Option<&str>, at_s: i64) -> Request {
    let signer =
        Signer { access_key_id: KEY_ID, secret: SECRET, session_token, region: "us-east-1", service };
    let request =
        Request { method: "POST".into(), path: "/f".into(), body: Bytes::from("{}"), ..Request::default() };
    let mut request = request.header("host", "localhost:4566");
    signer.authorize("POST", ("/f", ""), &mut request.headers, &request.body, at_s).unwrap();
    request
}

fn presigned(service: &str, expires_s: i64) -> Request {
    let signer = Signer {
        access_key_id: KEY_ID,
        secret: SECRET,
        session_token: Some(TOKEN),
        region: "us-east-1",
        service,
    };
    let query = signer.presign("GET", "localhost", ("/f", "a=1"), expires_s, NOW_S);
    Request { method: "GET".into(), path: "/f".into(), query, ..Request::default() }
        .header("host", "localhost")
}

fn said(request: &Request) -> String {
    request.verify(None, NOW_S).unwrap_err().to_string()
}

#[test]
fn an_unsigned_request_has_no_token() {
    let refusal = Request::default().verify(None, NOW_S).unwrap_err();
    assert_eq!(refusal.code(Dialect::Json), "MissingAuthenticationTokenException");
    assert_eq!(refusal.to_string(), "Missing Authentication Token");
    let query = Request { query: "X-Amz-Meta=1".into(), ..Request::default() };
    assert_eq!(query.verify(None, NOW_S).unwrap_err(), Refusal::MissingAuthenticationToken);
}

#[test]
fn all_that_lacks_is_listed_together() {
    let bare = Request::default().header("authorization", "AWS4-HMAC-SHA256 SignedHeaders=host");
    assert_eq!(
        said(&bare),
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and \
         encoded with Base64) Authorization=T6TlTF0tP7OEirEb+CC+gAdhBAW19reUS2EXKW3XV6M="
    );
    let query =
        Request { query: "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=x".into(), ..Request::default() };
    assert_eq!(
        said(&query),
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
         'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the \
         query-string parameters."
    );
    assert!(
        said(&Request::default().header("authorization", "Bearer x")).starts_with("Invalid key=value pair")
    );
    let parts = "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0";
    let request = Request::default().header("authorization", parts).header("x-amz-date", "20260101T001500Z");
    assert_eq!(
        said(&request),
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c'"
    );
}

#[test]
fn clocks_may_differ_by_five_minutes_and_fifteen_for_s3() {
    for (service, skew_s) in [("lambda", 300), ("s3", 900)] {
        for (at_s, good) in [
            (NOW_S - skew_s, true),
            (NOW_S - skew_s - 1, false),
            (NOW_S + skew_s, true),
            (NOW_S + skew_s + 1, false),
        ] {
            assert_eq!(signed(service, None, at_s).verify(None, NOW_S).is_ok(), good, "{service} {at_s}");
        }
    }
    assert_eq!(
        said(&signed("lambda", None, NOW_S - 900)),
        "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)"
    );
    assert_eq!(
        said(&signed("lambda", None, NOW_S + 900)),
        "Signature not yet current: 20260101T003000Z is still later than 20260101T002000Z (20260101T001500Z + 5 min.)"
    );
}

#[test]
fn a_presigned_url_is_good_from_its_start_to_its_end() {
    for service in ["lambda", "s3"] {
        for (expires_s, now_s, good) in [
            (60, NOW_S, true),
            (60, NOW_S + 60, true),
            (60, NOW_S + 61, false),
            (60, NOW_S - 900, true),
            (60, NOW_S - 901, false),
            (604_800, NOW_S + 604_800, true),
            (604_801, NOW_S, false),
            (0, NOW_S, false),
            (-5, NOW_S, false),
        ] {
            let outcome = presigned(service, expires_s).verify(Some(TOKEN), now_s);
            assert_eq!(outcome.is_ok(), good, "{service} {expires_s} {now_s}: {outcome:?}");
        }
    }
}

#[test]
fn temporary_credentials_come_with_their_token() {
    let good = signed("lambda", Some(TOKEN), NOW_S);
    assert!(good.verify(Some(TOKEN), NOW_S).is_ok());
    for (request, token) in
        [(good.clone(), Some("other")), (good.clone(), None), (signed("lambda", None, NOW_S), Some(TOKEN))]
    {
        let refusal = request.verify(token, NOW_S).unwrap_err();
        assert_eq!(refusal.code(Dialect::Json), "UnrecognizedClientException");
        assert_eq!(refusal.code(Dialect::Query), "InvalidClientTokenId");
    }
    let over = OneKey { session_token: Some(TOKEN.into()), expires_at_s: Some(NOW_S) };
    let refusal = good.verify_with(&over, Expected::default(), NOW_S).unwrap_err();
    assert_eq!(refusal.code(Dialect::Query), "ExpiredToken");
}

#[test]
fn the_scope_must_fit() {
    let request = signed("lambda", None, NOW_S);
    let verify = |region, service| {
        let expected = Expected { region, service };
        request.verify_with(&OneKey::default(), expected, NOW_S).map_err(|refusal| refusal.to_string())
    };
    assert!(verify(Some("us-east-1"), Some("lambda")).is_ok());
    assert_eq!(
        verify(None, Some("iam")).unwrap_err(),
        "Credential should be scoped to correct service: 'iam'. "
    );
    assert_eq!(
        verify(Some("eu-west-1"), None).unwrap_err(),
        "Credential should be scoped to a valid region. "
    );

    let with = |from: &str, to: &str| {
        let text = request.header_text("authorization").replace(from, to);
        said(&request.clone().header("authorization", &text))
    };
    assert_eq!(
        with("/20260101/", "/20251231/"),
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20251231' != \
         '20260101', from '20260101T001500Z'."
    );
    assert_eq!(
        with("aws4_request", "aws4"),
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'. "
    );
    assert_eq!(with(KEY_ID, "AKIDOTHER"), "The security token included in the request is invalid.");
    assert_eq!(
        with("=host;", "="),
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    );
}

#[test]
fn the_scope_is_known_before_anything_is_verified() {
    for request in [signed("sqs", None, 0), presigned("sqs", 1)] {
        let scope = Scope::claimed(&request.head()).unwrap();
        assert_eq!((scope.access_key_id.as_str(), scope.service.as_str()), (KEY_ID, "sqs"));
    }
    assert_eq!(Scope::claimed(&Request::default().head()), None);
}

#[test]
fn the_authority_of_http2_stands_in_for_the_host() {
    let mut request = signed("lambda", None, NOW_S);
    request.headers.remove("host");
    let head = Head { authority: Some("localhost:4566"), ..request.head() };
    let presented = Presented::read(&head).unwrap();
    let verifier = lambent_wire::sigv4::Verifier::default();
    let verify = |head: &Head<'_>| {
        let expected = Expected::default();
        verifier
            .verify(head, request.body.clone(), presented.clone(), &OneKey::default(), expected, NOW_S)
            .is_ok()
    };
    assert!(verify(&head));
    assert!(!verify(&Head { authority: Some("localhost:4567"), ..head }));
    assert!(!verify(&Head { authority: None, ..head }));
}
