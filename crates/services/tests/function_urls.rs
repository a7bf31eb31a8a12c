//! Requests to function URLs, from the host to the answer: a whole server with fake sandboxes. Who may use one is in
//! `function_url_access.rs`.

use std::net::IpAddr;

use http::{Method, Request, Response};
use http_body_util::Full;
use lambent_sandbox::{Answer, Event, Exit, Spec};
use lambent_services::body::whole;
use lambent_services::url;
use lambent_testkit::one_function::{said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
const URL: &str = "/2021-10-31/functions/f/url";
const POLICY: &str = "/2015-03-31/functions/f/policy";

type Body = bytes::Bytes;

/// A server whose function `f` answers each event with itself, but for what the tests ask by the path.
async fn server() -> TestServer {
    let answer = |_: &Spec, event: &Event| {
        let asked: Value = serde_json::from_slice(&event.payload).expect("an event is JSON");
        match asked["rawPath"].as_str() {
            Some("/exit") => Answer::Exited(Exit::Code(1)),
            Some("/body") => said(asked["body"].as_str().unwrap_or_default().to_owned()),
            _ => said(event.payload.clone()),
        }
    };
    let server = with_function(FakeHost::new(answer)).await;
    settled(&server).await;
    server
}

/// Lets everyone use the URL of `f`, or of its alias.
async fn open(server: &TestServer, qualifier: &str) {
    for (sid, more) in [
        ("url", json!({ "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE" })),
        ("invoke", json!({ "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": true })),
    ] {
        let mut permission = json!({ "StatementId": sid, "Principal": "*" });
        extend(&mut permission, &more);
        let (status, body) = server.call(Method::POST, &format!("{POLICY}{qualifier}"), &permission).await;
        assert_eq!(status, 201, "{body}");
    }
}

fn extend(members: &mut Value, more: &Value) {
    let more = more.as_object().expect("they are members").clone();
    members.as_object_mut().expect("it has members").extend(more);
}

/// Creates the URL of `f` or of its alias and gives its host.
async fn url_of(server: &TestServer, qualifier: &str, more: Value) -> String {
    let mut asked = json!({ "AuthType": "NONE" });
    extend(&mut asked, &more);
    let (status, body) = server.call(Method::POST, &format!("{URL}{qualifier}"), &asked).await;
    assert_eq!(status, 201, "{body}");
    let url = body["FunctionUrl"].as_str().expect("it is a text");
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

async fn send(server: &TestServer, request: http::request::Builder, body: impl Into<Body>) -> Response<Body> {
    let request: Request<Full<Body>> =
        request.body(Full::new(body.into())).expect("tests write valid requests");
    assert!(url::is_for(&request));
    whole(url::answer(&server.server, request, PEER).await).await
}

async fn get(server: &TestServer, host: &str, path: &str) -> Response<Body> {
    send(server, Request::get(path).header("host", host), "").await
}

fn read(response: &Response<Body>) -> (u16, String) {
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

fn event(response: &Response<Body>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_else(|_| panic!("{response:?}"))
}

#[tokio::test]
async fn a_request_becomes_an_event_and_its_answer_a_response() {
    let server = server().await;
    let host = url_of(&server, "", json!({})).await;
    open(&server, "").await;
    let request =
        Request::put("/a/b?c=d").header("host", host.to_uppercase()).header("content-type", "text/plain");
    let response = send(&server, request, "text").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let event = event(&response);
    assert_eq!(event["requestContext"]["http"]["method"], "PUT");
    assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&json!("/a/b"), &json!("c=d")));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("text"), &json!(false)));
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "203.0.113.9");
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    assert_eq!(event["requestContext"]["requestId"], id);
    let trace = response.headers()["x-amzn-trace-id"].to_str().unwrap();
    assert!(trace.starts_with(event["headers"]["x-amzn-trace-id"].as_str().unwrap()), "{trace}");
}

#[tokio::test]
async fn an_envelope_is_opened() {
    let server = server().await;
    let host = url_of(&server, "", json!({})).await;
    open(&server, "").await;
    let post = || Request::post("/body").header("host", &host).header("content-type", "application/json");
    let envelope = r#"{"statusCode": 201, "headers": {"X-Own": "1"}, "cookies": ["a=1"], "body": "made"}"#;
    let response = send(&server, post(), envelope).await;
    assert_eq!(read(&response), (201, "made".to_owned()));
    assert_eq!(
        (&response.headers()["x-own"], &response.headers()["set-cookie"]),
        (&"1".parse().unwrap(), &"a=1".parse().unwrap())
    );
    let bad = send(&server, post(), r#"{"statusCode": "x"}"#).await;
    assert_eq!(read(&bad), (502, "Internal Server Error".to_owned()));
    assert_eq!(bad.headers()["content-type"], "application/json");
    let crashed = get(&server, &host, "/exit").await;
    assert_eq!(read(&crashed), (502, "Internal Server Error".to_owned()));
    let head = send(&server, Request::head("/").header("host", &host), "").await;
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
    assert_ne!(head.headers()["content-length"], "0");
}

#[tokio::test]
async fn a_stream_of_one_piece_is_not_interpreted() {
    let server = server().await;
    let host = url_of(&server, "", json!({ "InvokeMode": "RESPONSE_STREAM" })).await;
    open(&server, "").await;
    let request = Request::post("/body").header("host", &host).header("content-type", "text/plain");
    let response = send(&server, request, r#"{"statusCode": 404}"#).await;
    assert_eq!(read(&response), (200, r#"{"statusCode": 404}"#.to_owned()));
    assert_eq!(response.headers()["transfer-encoding"], "chunked");
}

#[tokio::test]
async fn an_unknown_url_is_no_ones() {
    let server = server().await;
    let host = url_of(&server, "", json!({})).await;
    open(&server, "").await;
    let elsewhere = host.replace("us-east-1", "eu-west-1");
    let unknown = "00000000000000000000000000000000.lambda-url.us-east-1.localhost";
    for host in [unknown, "short.lambda-url.us-east-1.localhost", &elsewhere] {
        let response = get(&server, host, "/").await;
        assert_eq!(read(&response), (403, "{\"Message\":null}".to_owned()), "{host}");
        assert_eq!(response.headers()["x-amzn-errortype"], "AccessDeniedException");
        assert!(response.headers().contains_key("x-amzn-requestid"));
    }
    server.call(Method::DELETE, URL, &Value::Null).await;
    assert_eq!(get(&server, &host, "/").await.status(), 403);
}

#[tokio::test]
async fn a_url_ends_with_its_function_and_its_alias() {
    let server = server().await;
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    server.call(Method::POST, "/2015-03-31/functions/f/aliases", &alias).await;
    let (latest, live) =
        (url_of(&server, "", json!({})).await, url_of(&server, "?Qualifier=live", json!({})).await);
    open(&server, "").await;
    assert_eq!(get(&server, &live, "/").await.status(), 403, "the function's policy is not the alias's");
    open(&server, "?Qualifier=live").await;
    assert_eq!(
        (get(&server, &latest, "/").await.status(), get(&server, &live, "/").await.status()),
        (200.try_into().unwrap(), 200.try_into().unwrap())
    );
    server.call(Method::DELETE, "/2015-03-31/functions/f/aliases/live", &Value::Null).await;
    assert_eq!(read(&get(&server, &live, "/").await).1, "{\"Message\":null}");
    server.call(Method::DELETE, "/2015-03-31/functions/f", &Value::Null).await;
    assert_eq!(read(&get(&server, &latest, "/").await).1, "{\"Message\":null}");
}

#[tokio::test]
async fn what_stops_a_function_stops_its_url() {
    let server = server().await;
    let host = url_of(&server, "", json!({})).await;
    open(&server, "").await;
    let none = json!({ "ReservedConcurrentExecutions": 0 });
    let (status, body) = server.call(Method::PUT, "/2017-10-31/functions/f/concurrency", &none).await;
    assert_eq!(status, 200, "{body}");
    let (status, body) = read(&get(&server, &host, "/").await);
    let expected = json!({
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded.",
    });
    assert_eq!((status, serde_json::from_str(&body).ok()), (429, Some(expected)));
}

#[tokio::test]
async fn what_is_larger_than_an_invocation_takes_is_refused() {
    let server = server().await;
    let host = url_of(&server, "", json!({})).await;
    open(&server, "").await;
    let words =
        "{\"message\":\"Request must be smaller than 6291456 bytes for the InvokeFunction operation\"}";
    // The second is small enough, but not its base64.
    for (content_type, size_bytes) in [("text/plain", 6_291_457), ("image/png", 5_000_000)] {
        let request = Request::post("/").header("host", &host).header("content-type", content_type);
        let response = send(&server, request, vec![b'x'; size_bytes]).await;
        assert_eq!(read(&response), (413, words.to_owned()), "{content_type}");
    }
    assert_eq!(server.host.count_of("boot"), 0, "nothing of that was run");
}

#[tokio::test]
async fn browsers_are_answered_by_the_configuration() {
    let server = server().await;
    let cors = json!({ "AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "ExposeHeaders": ["x-seen"] });
    let host = url_of(&server, "", json!({ "Cors": cors })).await;
    let asks = || Request::options("/").header("host", &host).header("origin", "https://a.example");
    let response = send(&server, asks().header("access-control-request-method", "GET"), "").await;
    assert_eq!(read(&response), (200, String::new()), "nobody is asked for leave");
    assert_eq!(response.headers()["access-control-allow-methods"], "GET");
    assert_eq!(server.host.count_of("boot"), 0);
    open(&server, "").await;
    let request = Request::get("/").header("host", &host).header("origin", "https://a.example");
    let response = send(&server, request, "").await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://a.example");
    assert_eq!(response.headers()["access-control-expose-headers"], "x-seen");
    let response = send(&server, asks(), "").await;
    assert_eq!(event(&response)["requestContext"]["http"]["method"], "OPTIONS");
}
