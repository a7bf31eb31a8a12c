//! InvokeWithResponseStream and streaming function URLs through a whole server with fake sandboxes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in what its tests call too")]

use std::net::{IpAddr, Ipv4Addr};

use base64::Engine as _;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use lambent_sandbox::{Answer, Event, Exit, Piece, Reported, Spec};
use lambent_services::{Body, pipeline, url};
use lambent_testkit::one_function::{said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const STREAM: &str = "/2021-11-15/functions/f/response-streaming-invocations";
const URL: &str = "/2021-10-31/functions/f/url";
const POLICY: &str = "/2015-03-31/functions/f/policy";
const PRELUDE: &str = "application/vnd.awslambda.http-integration-response";

/// What the event, or the body of a URL's event, asks for.
#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default, rename = "type")]
    content_type: Option<String>,
    /// What is streamed; nothing is if there are none.
    #[serde(default)]
    pieces: Option<Vec<String>>,
    #[serde(default)]
    end: String,
}

fn program(_: &Spec, event: &Event) -> Answer {
    let mut value: Value = serde_json::from_slice(&event.payload).unwrap();
    if value["rawPath"].is_string() {
        value = serde_json::from_str(value["body"].as_str().unwrap()).unwrap();
    }
    let asked: Asked = serde_json::from_value(value).unwrap();
    let failed = Reported {
        error_type: Some("Function.Broken".to_owned()),
        content_type: None,
        body: r#"{"errorMessage":"m"}"#.into(),
    };
    let Some(pieces) = asked.pieces else {
        return if asked.end == "error" { Answer::Error(failed) } else { said("{\"one\":\"piece\"}") };
    };
    let to = event.stream.as_ref().expect("a stream is asked for");
    to.try_send(Piece::Begin { content_type: asked.content_type }).unwrap();
    let mut produced_bytes = 0;
    for piece in pieces {
        produced_bytes += piece.len() as u64;
        to.try_send(Piece::Bytes(piece.into())).unwrap();
    }
    match asked.end.as_str() {
        "exit" => Answer::Exited(Exit::Code(1)),
        "error" => Answer::Streamed { produced_bytes, failed: Some(failed) },
        _ => Answer::Streamed { produced_bytes, failed: None },
    }
}

async fn server() -> TestServer {
    let server = with_function(FakeHost::new(program)).await;
    settled(&server).await;
    server
}

async fn invoke(server: &TestServer, headers: &[(&str, &str)], event: &Value) -> Response<Body> {
    let mut request = Request::post(STREAM).header("host", "test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    pipeline::answer(&server.server, request.body(Full::new(Bytes::from(event.to_string()))).unwrap()).await
}

/// The events of an answer: type and payload. Their form is tested in `wire`.
async fn events(response: Response<Body>) -> Vec<(String, String)> {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let (mut rest, mut events) = (&body[..], Vec::new());
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap()) as usize;
    while !rest.is_empty() {
        let (total, headers) = (number(&rest[..4]), number(&rest[4..8]));
        let (message, more) = rest.split_at(total);
        let name_at = 12 + 1 + ":event-type".len() + 3;
        let length = usize::from(message[name_at - 1]);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let name = text(&message[name_at..name_at + length]);
        events.push((name, text(&message[12 + headers..total - 4])));
        rest = more;
    }
    events
}

#[tokio::test]
async fn an_answer_comes_as_events() {
    let server = server().await;
    let complete = |text: &str| ("InvokeComplete".to_owned(), text.to_owned());
    let chunk = |text: &str| ("PayloadChunk".to_owned(), text.to_owned());
    let failed = |code: &str, details: &str| {
        complete(&json!({ "ErrorCode": code, "ErrorDetails": details }).to_string())
    };
    let broken = || failed("Function.Broken", r#"{"errorMessage":"m"}"#);
    for (event, expected) in [
        (json!({ "pieces": ["one", "two"] }), vec![chunk("one"), chunk("two"), complete("{}")]),
        (json!({ "pieces": [] }), vec![complete("{}")]),
        (json!({}), vec![chunk("{\"one\":\"piece\"}"), complete("{}")]),
        (json!({ "pieces": ["one"], "end": "error" }), vec![chunk("one"), broken()]),
        (json!({ "end": "error" }), vec![broken()]),
    ] {
        let response = invoke(&server, &[], &event).await;
        assert_eq!(response.status(), 200);
        for (name, value) in
            [("content-type", "application/vnd.amazon.eventstream"), ("x-amz-executed-version", "$LATEST")]
        {
            assert_eq!(response.headers()[name], value);
        }
        assert!(response.headers().contains_key("x-amzn-trace-id"));
        assert_eq!(events(response).await, expected, "{event}");
    }
}

#[tokio::test]
async fn a_program_that_ends_in_the_middle_is_told_of_in_the_last_event() {
    let server = server().await;
    let response = invoke(&server, &[], &json!({ "pieces": ["one"], "end": "exit" })).await;
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
    let last: Value = serde_json::from_str(&events(response).await.pop().unwrap().1).unwrap();
    assert_eq!(last["ErrorCode"], "Runtime.ExitError");
    let details: Value = serde_json::from_str(last["ErrorDetails"].as_str().unwrap()).unwrap();
    let message = format!("RequestId: {id} Error: Runtime exited with error: exit status 1");
    assert_eq!(details, json!({ "errorType": "Runtime.ExitError", "errorMessage": message }));
}

#[tokio::test]
async fn the_end_of_the_log_comes_with_the_last_event() {
    let server = server().await;
    let event = json!({ "pieces": ["one"] });
    let response = invoke(&server, &[("x-amz-log-type", "Tail")], &event).await;
    assert!(!response.headers().contains_key("x-amz-log-result"));
    let last: Value = serde_json::from_str(&events(response).await.pop().unwrap().1).unwrap();
    let log = base64::engine::general_purpose::STANDARD.decode(last["LogResult"].as_str().unwrap()).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains("START RequestId") && log.contains("REPORT RequestId"), "{log}");
}

#[tokio::test]
async fn what_is_refused_is_refused_before_any_event() {
    let server = server().await;
    let response = invoke(&server, &[("x-amz-invocation-type", "DryRun")], &json!({})).await;
    assert_eq!((response.status().as_u16(), response.body().is_empty()), (204, true));
    assert_eq!(server.host.count_of("boot"), 0);
    for (path, headers, body, status, code) in [
        (STREAM, [("x-amz-invocation-type", "Event")], "{}", 400, "ValidationException"),
        (STREAM, [("x-amz-tenant-id", "t")], "{}", 400, "InvalidParameterValueException"),
        (STREAM, [("x-amz-client-context", "%")], "{}", 400, "InvalidRequestContentException"),
        (STREAM, [("x-a", "b")], "{", 400, "InvalidRequestContentException"),
        (&STREAM.replace("/f/", "/g/"), [("x-a", "b")], "{}", 404, "ResourceNotFoundException"),
    ] {
        let request = Request::post(path).header("host", "test").header(headers[0].0, headers[0].1);
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let response = pipeline::answer(&server.server, request).await;
        let found = response.headers()["x-amzn-errortype"].to_str().unwrap().to_owned();
        assert_eq!((response.status().as_u16(), found.as_str()), (status, code), "{path} {headers:?} {body}");
    }
    let large = format!("\"{}\"", "x".repeat(6 << 20));
    let request = Request::post(STREAM).header("host", "test").body(Full::new(Bytes::from(large))).unwrap();
    assert_eq!(pipeline::handle(&server.server, request).await.status(), 413);
    let (status, body) = server.call_as("111111111111", Method::POST, STREAM, &json!({})).await;
    assert_eq!(status, 404, "{body}");
}

/// What the caller of a streaming URL reads: status, headers, body; and whether it was cut.
async fn get(server: &TestServer, host: &str, asked: &Value) -> (Response<()>, String, bool) {
    let request = Request::post("/").header("host", host).header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from(asked.to_string()))).unwrap();
    let (head, mut body) =
        url::answer(&server.server, request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await.into_parts();
    let mut read = Vec::new();
    let cut = loop {
        match body.frame().await {
            Some(Ok(frame)) => read.extend(frame.into_data().unwrap()),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    (Response::from_parts(head, ()), String::from_utf8(read).unwrap(), cut)
}

async fn streaming_url(server: &TestServer) -> String {
    let asked = json!({ "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM" });
    let (status, url) = server.call(Method::POST, URL, &asked).await;
    assert_eq!(status, 201, "{url}");
    for (sid, action) in [("url", "lambda:InvokeFunctionUrl"), ("invoke", "lambda:InvokeFunction")] {
        let permission = json!({ "StatementId": sid, "Principal": "*", "Action": action });
        let (status, body) = server.call(Method::POST, POLICY, &permission).await;
        assert_eq!(status, 201, "{body}");
    }
    url["FunctionUrl"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn a_url_passes_on_what_is_streamed() {
    let server = server().await;
    let host = streaming_url(&server).await;
    let zeros = "\0".repeat(8);
    let prelude = [r#"{"statusCode": 418, "headers"#, r#"": {"X-A": "b"}, "cookies": ["c=1", "d=2"]}"#];
    let cut_prelude = [prelude[0].to_owned(), format!("{}\0\0\0", prelude[1]), "\0\0\0\0\0body".to_owned()];
    let bare = "application/octet-stream";
    for (asked, status, content_type, body, cut) in [
        (json!({ "pieces": ["one", "two"], "type": "text/plain" }), 200, "text/plain", "onetwo", false),
        (json!({ "pieces": ["one"] }), 200, bare, "one", false),
        (json!({ "pieces": [] }), 200, bare, "", false),
        (json!({ "pieces": cut_prelude, "type": PRELUDE }), 418, bare, "body", false),
        (json!({ "pieces": [format!("{{}}{zeros}")], "type": PRELUDE }), 200, bare, "", false),
        (json!({ "pieces": ["one"], "end": "error" }), 200, bare, "one", true),
        (json!({ "pieces": ["one"], "end": "exit" }), 200, bare, "one", true),
        (json!({}), 200, bare, "{\"one\":\"piece\"}", false),
    ] {
        let (head, found, was_cut) = get(&server, &host, &asked).await;
        assert_eq!((head.status().as_u16(), found.as_str(), was_cut), (status, body, cut), "{asked}");
        assert_eq!(head.headers()["content-type"], content_type, "{asked}");
        assert_eq!(head.headers()["transfer-encoding"], "chunked");
        if status == 418 {
            assert_eq!(head.headers()["x-a"], "b");
            assert_eq!(head.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["c=1", "d=2"]);
        }
    }
}

#[tokio::test]
async fn a_url_fails_where_nothing_was_streamed_or_the_prelude_is_none() {
    let server = server().await;
    let host = streaming_url(&server).await;
    for asked in [
        json!({ "end": "error" }),
        json!({ "pieces": [], "end": "error" }),
        json!({ "pieces": ["{}"], "type": PRELUDE }),
        json!({ "pieces": ["no json\0\0\0\0\0\0\0\0"], "type": PRELUDE }),
        json!({ "pieces": ["x".repeat(20_000), "x"], "type": PRELUDE }),
    ] {
        let (head, body, _) = get(&server, &host, &asked).await;
        assert_eq!((head.status().as_u16(), body.as_str()), (502, "Internal Server Error"), "{asked}");
    }
}
