//! Which calls are taken in which state, with which words they are refused, and what comes of them.

use super::super::exchange::Asked;
use super::rig::{Rig, event, response};
use crate::spec::{Answer, Reported};

/// A step of a runtime's life.
enum Do {
    /// The environment brings this event.
    Offer(&'static str),
    /// The runtime calls `method path` with a body: status and `errorType` of the reply.
    Call(&'static str, &'static str, &'static str, (u16, &'static str)),
    /// The environment gets this answer.
    Gets(&'static str),
}

use Do::{Call, Gets, Offer};

const OK: (u16, &str) = (202, "");
const EVENT: (u16, &str) = (200, "");
const WRONG_ID: (u16, &str) = (400, "InvalidRequestID");
const WRONG_STATE: (u16, &str) = (403, "InvalidStateTransition");
const NEXT: &str = "runtime/invocation/next";
const INIT_ERROR: &str = "runtime/init/error";

async fn check(name: &str, steps: &[Do]) {
    let rig = Rig::new();
    let mut client = rig.client().await;
    for (index, step) in steps.iter().enumerate() {
        match step {
            Offer(id) => rig.exchange().offer(event(id)),
            Call(method, path, body, expected) => {
                let got = client.call(method, &format!("/2018-06-01/{path}"), "", body.as_bytes()).await;
                assert_eq!((got.status, got.error_type().as_str()), *expected, "{name}, step {index}");
                if *expected == OK {
                    assert_eq!(got.body, br#"{"status":"OK"}"#);
                }
            }
            Gets(expected) => {
                let answer = rig.exchange().answered().await;
                assert_eq!(told(&answer), *expected, "{name}, step {index}");
            }
        }
    }
}

fn told(answer: &Answer) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match answer {
        Answer::Response { body, .. } => text(body),
        Answer::Error(Reported { body, .. }) => format!("error {}", text(body)),
        Answer::Streamed { .. }
        | Answer::TooLarge
        | Answer::Exited(_)
        | Answer::Extension(_)
        | Answer::TimedOut => format!("{answer:?}"),
    }
}

/// Lives of a runtime.
const LIVES: [(&str, &[Do]); 9] = [
    (
        "two events, an answer and an error",
        &[
            Offer("a"),
            Call("GET", NEXT, "", EVENT),
            Call("POST", "runtime/invocation/a/response", "1", OK),
            Gets("1"),
            Offer("b"),
            Call("GET", NEXT, "", EVENT),
            Call("POST", "runtime/invocation/b/error", "{}", OK),
            Gets("error {}"),
        ],
    ),
    (
        "an answer without a body",
        &[
            Offer("a"),
            Call("GET", NEXT, "", EVENT),
            Call("POST", "runtime/invocation/a/response", "", OK),
            Gets(""),
        ],
    ),
    (
        "answering twice",
        &[
            Offer("a"),
            Call("GET", NEXT, "", EVENT),
            Call("POST", "runtime/invocation/a/response", "1", OK),
            Call("POST", "runtime/invocation/a/response", "2", WRONG_ID),
            Call("POST", "runtime/invocation/a/error", "3", WRONG_ID),
            Gets("1"),
        ],
    ),
    (
        "wrong ids, before and after the right one",
        &[
            Call("POST", "runtime/invocation/a/response", "0", WRONG_ID),
            Offer("a"),
            Call("POST", "runtime/invocation/a/response", "1", WRONG_ID),
            Call("GET", NEXT, "", EVENT),
            Call("POST", "runtime/invocation/b/response", "2", WRONG_ID),
            Call("POST", "runtime/invocation/b/error", "3", WRONG_ID),
            Call("POST", "runtime/invocation//response", "4", WRONG_ID),
            Call("POST", "runtime/invocation/a/response", "5", OK),
            Gets("5"),
        ],
    ),
    (
        "an answer to the event before",
        &[
            Offer("a"),
            Call("GET", NEXT, "", EVENT),
            Call("POST", "runtime/invocation/a/response", "1", OK),
            Offer("b"),
            Call("GET", NEXT, "", EVENT),
            Call("POST", "runtime/invocation/a/response", "2", WRONG_ID),
            Call("POST", "runtime/invocation/b/response", "3", OK),
            Gets("3"),
        ],
    ),
    (
        "asking again with an event in hand",
        &[
            Offer("a"),
            Call("GET", NEXT, "", EVENT),
            Call("GET", NEXT, "", WRONG_STATE),
            Call("POST", "runtime/invocation/a/response", "1", OK),
            Gets("1"),
        ],
    ),
    (
        "an init error ends all",
        &[
            Call("POST", INIT_ERROR, "{}", OK),
            Call("POST", INIT_ERROR, "{}", WRONG_STATE),
            Call("GET", NEXT, "", WRONG_STATE),
        ],
    ),
    (
        "an init error after init",
        &[
            Offer("a"),
            Call("GET", NEXT, "", EVENT),
            Call("POST", INIT_ERROR, "{}", WRONG_STATE),
            Call("POST", "runtime/invocation/a/response", "1", OK),
            Call("POST", INIT_ERROR, "{}", WRONG_STATE),
            Gets("1"),
        ],
    ),
    (
        "what is not there",
        &[
            Call("GET", "ping", "", EVENT),
            Call("GET", "runtime/restore/next", "", (404, "NotFound")),
            Call("POST", "runtime/restore/error", "{}", (404, "NotFound")),
            Call("PUT", NEXT, "x", (405, "MethodNotAllowed")),
            Call("DELETE", "nothing", "x", (404, "NotFound")),
        ],
    ),
];

#[tokio::test]
async fn a_runtime_may_do_what_aws_lets_it_and_nothing_else() {
    for (name, steps) in LIVES {
        check(name, steps).await;
    }
}

#[tokio::test]
async fn other_apis_say_that_they_are_not_there() {
    let rig = Rig::new();
    let mut client = rig.client().await;
    for (method, path, expected) in [
        ("PUT", "/2022-07-01/telemetry", (403, "Extension.MissingExtensionIdentifier")),
        ("PUT", "/2020-08-15/logs", (403, "Extension.MissingExtensionIdentifier")),
        ("POST", "/2020-01-01/extension/register", (403, "Extension.InvalidExtensionName")),
    ] {
        let got = client.call(method, path, "", b"{}").await;
        assert_eq!((got.status, got.error_type().as_str()), expected);
    }
}

#[tokio::test]
async fn refusals_use_the_words_of_aws() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    assert_eq!(client.answer("b", b"").await.error_message(), "Invalid request ID");
    assert_eq!(
        client.next().await.error_message(),
        "State transition from Running to Ready failed for runtime. Error: State transition is not allowed"
    );
}

#[tokio::test]
async fn the_environment_learns_when_the_runtime_is_ready_and_what_it_reports() {
    let rig = Rig::new();
    let mut client = rig.client().await;
    client.send(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n").await;
    assert_eq!(rig.exchange().asked().await, Asked::Ready);

    let rig = Rig::new();
    let mut client = rig.client().await;
    let fields =
        "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: Runtime.ImportModuleError\r\n";
    client.call("POST", "/2018-06-01/runtime/init/error", fields, b"{\"errorMessage\":\"no\"}").await;
    let expected = Reported {
        error_type: Some("Runtime.ImportModuleError".to_owned()),
        content_type: Some("application/json".to_owned()),
        body: b"{\"errorMessage\":\"no\"}"[..].into(),
    };
    assert_eq!(rig.exchange().asked().await, Asked::Reported(expected));
}

#[tokio::test]
async fn the_answer_keeps_its_content_type_and_the_error_its_header() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    client.call("POST", &response("a"), "Content-Type: image/png\r\n", &[0, 255]).await;
    let expected = Answer::Response { content_type: Some("image/png".to_owned()), body: vec![0, 255].into() };
    assert_eq!(rig.exchange().answered().await, expected);

    let mut client = rig.running("b").await;
    let path = "/2018-06-01/runtime/invocation/b/error";
    let fields = "Content-Type: application/vnd.aws.lambda.error.cause+json\r\n\
        Lambda-Runtime-Function-Error-Type: Function.Oops\r\n";
    client.call("POST", path, fields, br#"{"errorMessage":"m","errorCause":{"paths":[]}}"#).await;
    let expected = Reported {
        error_type: Some("Function.Oops".to_owned()),
        content_type: Some("application/json".to_owned()),
        body: br#"{"errorMessage":"m"}"#[..].into(),
    };
    assert_eq!(rig.exchange().answered().await, Answer::Error(expected));
}

#[tokio::test]
async fn a_streamed_answer_is_gathered_and_its_trailers_can_make_it_an_error() {
    let rig = Rig::new();
    let streaming = "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\
        Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n";
    let mut client = rig.running("a").await;
    let head = super::rig::request("POST", &response("a"), streaming, b"");
    client.send(&[&head[..], b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"].concat()).await;
    assert_eq!(client.got().await.unwrap().status, 202);
    assert_eq!(told(&rig.exchange().answered().await), "abcd");

    let mut client = rig.running("b").await;
    let head = super::rig::request("POST", &response("b"), streaming, b"");
    let trailers =
        "Lambda-Runtime-Function-Error-Type: Function.E\r\nLambda-Runtime-Function-Error-Body: e30=\r\n";
    client.send(&[&head[..], b"3\r\nabc\r\n0\r\n", trailers.as_bytes(), b"\r\n"].concat()).await;
    assert_eq!(client.got().await.unwrap().status, 202);
    assert_eq!(told(&rig.exchange().answered().await), "error {}");
}

#[tokio::test]
async fn an_unknown_response_mode_fails_the_call_and_the_invocation() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    let got =
        client.call("POST", &response("a"), "Lambda-Runtime-Function-Response-Mode: fast\r\n", b"1").await;
    assert_eq!((got.status, got.error_type().as_str()), (400, "InvalidFunctionResponseMode"));
    let Answer::Error(reported) = rig.exchange().answered().await else { panic!("no error") };
    assert_eq!(reported.error_type.as_deref(), Some("Runtime.InvalidResponseModeHeader"));
    rig.exchange().offer(event("b"));
    assert_eq!(client.next().await.status, 200);
}
