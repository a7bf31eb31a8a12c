//! What the pipeline does around the operations: whom it refuses before and after the body, and how it ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_core::time::Clock as _;
use lambent_dispatch::{RoleCredentials as _, SessionKeys};
use lambent_sandbox::{Answer, Event, Output, Spec};
use lambent_services::{Auth, pipeline};
use lambent_testkit::one_function::{INVOKE, base64, said, with_function};
use lambent_testkit::{FakeHost, Program, TestServer, role, zip};
use lambent_wire::sigv4::Signer;
use serde_json::{Value, json};

/// A body that never comes, and counts how often it was asked for.
struct Never {
    asked: Arc<AtomicUsize>,
    length_bytes: u64,
}

impl Body for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length_bytes)
    }
}

async fn verifying() -> TestServer {
    TestServer::start_with(FakeHost::new(|_: &Spec, _: &Event| said("1")), Auth::Verify).await
}

fn root() -> SessionKeys {
    let (access_key_id, secret) = lambent_services::keys::ROOT_KEY;
    SessionKeys {
        access_key_id: access_key_id.to_owned(),
        secret_access_key: secret.to_owned(),
        session_token: String::new(),
    }
}

/// The headers of a request signed with these keys.
fn signed(server: &TestServer, keys: &SessionKeys, method: &Method, path: &str, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("test"));
    let session_token = Some(keys.session_token.as_str()).filter(|token| !token.is_empty());
    let signer = Signer {
        access_key_id: &keys.access_key_id,
        secret: &keys.secret_access_key,
        session_token,
        region: "us-east-1",
        service: "lambda",
    };
    signer
        .authorize(
            method.as_str(),
            (path, ""),
            &mut headers,
            &Bytes::copy_from_slice(body),
            server.clock.now().as_secs(),
        )
        .expect("tests sign valid requests");
    headers
}

async fn send<B>(
    server: &TestServer,
    method: Method,
    path: &str,
    headers: HeaderMap,
    body: B,
) -> Response<Bytes>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let mut request =
        Request::builder().method(method).uri(path).body(body).expect("tests write valid paths");
    *request.headers_mut() = headers;
    pipeline::handle(&server.server, request).await
}

fn refused(response: &Response<Bytes>, status: u16, code: &str) {
    let told = response.headers()["x-amzn-errortype"].to_str().expect("codes are text");
    assert_eq!((response.status().as_u16(), told), (status, code), "{response:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_head_shows_is_refused_without_waiting_for_the_body() {
    let server = verifying().await;
    let path = "/2015-03-31/functions";
    let good = || signed(&server, &root(), &Method::POST, path, b"x");
    let changed = |from: &str, to: &str| {
        let mut headers = good();
        let text = headers["authorization"].to_str().unwrap().replace(from, to);
        headers.insert("authorization", text.parse().unwrap());
        headers
    };
    let mut unsigned = good();
    unsigned.remove("authorization");
    let mut old = good();
    old.insert("x-amz-date", HeaderValue::from_static("20260102T110000Z"));
    let mut token = good();
    token.insert("x-amz-security-token", HeaderValue::from_static("made up"));
    let invalid = (403, "InvalidSignatureException");
    let cases = [
        (unsigned, 10, (403, "MissingAuthenticationTokenException")),
        (changed("Signature=", "Sign="), 10, (403, "IncompleteSignatureException")),
        (changed("Credential=test", "Credential=nobody"), 10, (403, "UnrecognizedClientException")),
        (changed("/lambda/aws4", "/sqs/aws4"), 10, (404, "UnknownOperationException")),
        (changed("aws4_request", "aws5_request"), 10, invalid),
        (changed("us-east-1", "nowhere"), 10, invalid),
        (old, 10, invalid),
        (token, 10, (403, "UnrecognizedClientException")),
        (good(), u64::MAX, (413, "RequestEntityTooLargeException")),
    ];
    for (headers, length_bytes, (status, code)) in cases {
        let asked = Arc::new(AtomicUsize::new(0));
        let body = Never { asked: Arc::clone(&asked), length_bytes };
        refused(&send(&server, Method::POST, path, headers, body).await, status, code);
        assert_eq!(asked.load(Ordering::SeqCst), 0, "{code}");
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let body = Never { asked: Arc::clone(&asked), length_bytes: 10 };
    let stalled = send(&server, Method::POST, path, good(), body).await;
    refused(&stalled, 408, "RequestTimeoutException");
    assert!(asked.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn a_function_may_read_and_invoke_with_its_own_keys_and_change_only_what_a_policy_lets_its_role() {
    let server = verifying().await;
    let id = FunctionId {
        account: AccountId::default_account(),
        region: Region::default_region(),
        name: "f".into(),
    };
    let session = server.keys.issue("arn:aws:iam::000000000000:role/r", &id);
    let call = async |keys: &SessionKeys, method: Method, path: &str, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = signed(&server, keys, &method, path, body.as_bytes());
        send(&server, method, path, headers, Full::new(Bytes::from(body))).await
    };
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", "0")) },
    });
    let (all, one) = ("/2015-03-31/functions", "/2015-03-31/functions/f");
    assert_eq!(call(&root(), Method::POST, all, function.clone()).await.status(), 201);
    let writes = [
        (Method::POST, all.to_owned(), function, "CreateFunction"),
        (Method::PUT, format!("{one}/configuration"), json!({ "Timeout": 9 }), "UpdateFunctionConfiguration"),
        (Method::PUT, format!("{one}/code"), json!({ "ZipFile": "" }), "UpdateFunctionCode"),
        (Method::DELETE, one.to_owned(), Value::Null, "DeleteFunction"),
    ];
    for (method, path, body, action) in writes {
        let response = call(&session, method, &path, body).await;
        refused(&response, 403, "AccessDeniedException");
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let expected = format!(
            "User: arn:aws:sts::000000000000:assumed-role/r/f is not authorized to perform: lambda:{action} on resource: arn:aws:lambda:us-east-1:000000000000:function:f because no identity-based policy allows the lambda:{action} action"
        );
        assert_eq!(body["Message"], expected);
    }
    for path in [one, all, "/2015-03-31/functions/f/configuration"] {
        assert_eq!(call(&session, Method::GET, path, Value::Null).await.status(), 200, "{path}");
    }
    let invoked = call(&session, Method::POST, INVOKE, json!({})).await;
    assert_eq!((invoked.status().as_u16(), invoked.body().as_ref()), (200, &b"1"[..]));
    // Naming the account only passes the decision on; naming the role decides.
    for (principal, status) in [("000000000000", 403), ("arn:aws:iam::000000000000:role/r", 204)] {
        let permission = json!({ "StatementId": status.to_string(), "Action": "lambda:DeleteFunction", "Principal": principal });
        let added = call(&root(), Method::POST, &format!("{one}/policy"), permission).await;
        assert_eq!(added.status(), 201, "{added:?}");
        assert_eq!(call(&session, Method::DELETE, one, Value::Null).await.status(), status, "{principal}");
    }
}

#[tokio::test]
async fn chunks_are_put_together_where_nothing_is_verified() {
    let echo = |_: &Spec, event: &Event| Answer::Response { content_type: None, body: event.payload.clone() };
    let server = with_function(FakeHost::new(echo)).await;
    let call = async |body: &'static str| {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "test"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-decoded-content-length", "7"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        send(&server, Method::POST, INVOKE, headers, Full::new(Bytes::from_static(body.as_bytes()))).await
    };
    assert_eq!(call("3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n").await.body(), "{\"a\":1}");
    refused(&call("3\r\n{\"a\r\n").await, 400, "IncompleteBody");
}

struct Slow;

impl Program for Slow {
    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        said("1")
    }

    fn takes(&self, _event: &Event) -> Duration {
        Duration::from_secs(2)
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_at_the_end_is_told_that_the_server_shuts_down() {
    let server = with_function(FakeHost::new(Slow)).await;
    let waits = server.send(Method::POST, INVOKE, "{}");
    let ends = async {
        while server.host.deeds().iter().all(|deed| !deed.starts_with("invoke ")) {
            tokio::task::yield_now().await;
        }
        let early = tokio::time::timeout(Duration::from_millis(500), server.server.answered()).await;
        assert!(early.is_err(), "a request that has come whole is waited for");
        server.server.cut_off();
        server.server.answered().await;
    };
    let (response, ()) = tokio::join!(waits, ends);
    refused(&response, 500, "ServiceException");
    assert!(String::from_utf8_lossy(response.body()).contains("shutting down"), "{response:?}");
}

#[tokio::test]
async fn a_service_that_is_not_built_says_so_in_its_own_protocol() {
    let server = TestServer::start(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    for (service, headers, status, expected) in [
        (
            "sns",
            vec![("content-type", "application/x-www-form-urlencoded")],
            400,
            "<Code>InvalidAction</Code>",
        ),
        ("s3", vec![], 404, "<Code>UnknownOperationException</Code>"),
        (
            "sqs",
            vec![("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.ListQueues")],
            400,
            "UnknownOperationException",
        ),
        ("batch", vec![], 404, "Lambent does not serve the service batch yet."),
    ] {
        let credential = format!("test/20260102/us-east-1/{service}/aws4_request");
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00");
        let mut request =
            http::Request::post("/").header("host", "test").header("authorization", authorization);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(http_body_util::Full::new(bytes::Bytes::new())).unwrap();
        let response = lambent_services::pipeline::handle(&server.server, request).await;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        assert_eq!(response.status().as_u16(), status, "{service}: {body}");
        assert!(body.contains(expected), "{service}: {body}");
    }
}
