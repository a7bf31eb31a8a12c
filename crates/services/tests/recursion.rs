//! Loops of functions, found by the trace header: through the API, the queue and URLs, and by hand.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use lambent_sandbox::{Answer, Event, Spec};
use lambent_testkit::one_function::{INVOKE, create, said, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const CONFIG: &str = "/2024-08-31/functions/f/recursion-config";
const TOLD: &str = "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.";

/// A function that answers with the trace it was given, as it would pass it on.
fn passing() -> FakeHost {
    FakeHost::new(|_: &Spec, event: &Event| -> Answer {
        said(serde_json::to_vec(&event.trace_id).expect("a text is JSON"))
    })
}

async fn call(server: &TestServer, path: &str, kind: &str, trace: Option<&str>) -> Response<Bytes> {
    let mut request = Request::post(path).header("host", "test").header("x-amz-invocation-type", kind);
    if let Some(trace) = trace {
        request = request.header("x-amzn-trace-id", trace);
    }
    let request = request.body(http_body_util::Full::new(Bytes::new())).expect("the path is valid");
    lambent_services::pipeline::handle(&server.server, request).await
}

/// Goes round until somebody is refused: how many ran, and the refusal.
async fn go_round(server: &TestServer, paths: &[&str], at_most: usize) -> (usize, Option<Response<Bytes>>) {
    let mut trace: Option<String> = None;
    for (ran, path) in paths.iter().cycle().take(at_most).enumerate() {
        let response = call(server, path, "RequestResponse", trace.as_deref()).await;
        if response.status() != 200 {
            return (ran, Some(response));
        }
        let passed: String = serde_json::from_slice(response.body()).expect("it answers with a text");
        assert_eq!(response.headers()["x-amzn-trace-id"], passed.as_str());
        trace = Some(passed);
    }
    (at_most, None)
}

async fn counted(server: &TestServer, name: &str, value: u64) {
    let line = format!("\nlambent_{name}_total {value}\n");
    while !server.server.dispatcher().metrics().contains(&line) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_function_that_calls_itself_is_refused_the_seventeenth_time() {
    let server = with_function(passing()).await;
    let (ran, refusal) = go_round(&server, &[INVOKE], 100).await;
    let refusal = refusal.unwrap();
    assert_eq!((ran, refusal.status().as_u16()), (16, 400));
    assert_eq!(refusal.headers()["x-amzn-errortype"], "RecursiveInvocationException");
    let body: Value = serde_json::from_slice(refusal.body()).unwrap();
    assert_eq!(body, json!({ "Type": "User", "Message": TOLD }));
    counted(&server, "recursive_invocations_dropped", 1).await;
    assert_eq!(go_round(&server, &[INVOKE], 3).await.0, 3, "another chain runs");
}

#[tokio::test]
async fn a_loop_that_is_allowed_goes_on() {
    // An account this large limits no rate that is met here.
    let server = TestServer::start_for(passing(), 1000).await;
    create(&server, "f").await;
    create(&server, "g").await;
    let paths = [INVOKE, "/2015-03-31/functions/g/invocations"];
    let allow = |how: &str| json!({ "RecursiveLoop": how });
    assert_eq!(server.call(Method::PUT, CONFIG, &allow("Allow")).await.0, 200);
    assert_eq!(go_round(&server, &[INVOKE], 50).await.0, 50);
    assert_eq!(go_round(&server, &paths, 50).await.0, 33, "the other one stops it");
    assert_eq!(server.call(Method::PUT, CONFIG, &allow("Terminate")).await.0, 200);
    assert_eq!(go_round(&server, &paths, 50).await.0, 32);
}

#[tokio::test]
async fn what_a_caller_writes_by_hand_counts() {
    let server = with_function(passing()).await;
    let first = call(&server, INVOKE, "RequestResponse", None).await;
    let trace = first.headers()["x-amzn-trace-id"].to_str().unwrap().to_owned();
    let counted = trace.strip_suffix(":0").expect("it was reached once").to_owned() + ":15";
    assert_eq!(call(&server, INVOKE, "RequestResponse", Some(&counted)).await.status().as_u16(), 400);
    let dry = call(&server, INVOKE, "DryRun", Some(&counted)).await;
    assert_eq!(dry.status().as_u16(), 204, "nothing would run");
    for nonsense in
        ["Lineage=", "Lineage=a:b:c", "Lineage=1:00000000", ";;;", "Root=", "Lineage=-1:ffffffff:99999999999"]
    {
        assert_eq!(call(&server, INVOKE, "RequestResponse", Some(nonsense)).await.status().as_u16(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_loop_is_accepted_and_dropped() {
    let server = with_function(passing()).await;
    let first = call(&server, INVOKE, "RequestResponse", None).await;
    let trace = first.headers()["x-amzn-trace-id"].to_str().unwrap().to_owned();
    let once = trace.strip_suffix(":0").expect("it was reached once").to_owned();
    for (again, dropped) in [(":14", 0), (":15", 1)] {
        let sent = call(&server, INVOKE, "Event", Some(&(once.clone() + again))).await;
        assert_eq!(sent.status().as_u16(), 202);
        counted(&server, "invocations", 2).await;
        counted(&server, "async_events_dropped", dropped).await;
    }
    counted(&server, "recursive_invocations_dropped", 1).await;
}

#[tokio::test]
async fn a_function_url_is_no_way_round() {
    let server = with_function(passing()).await;
    let url = "/2021-10-31/functions/f/url";
    let (status, body) = server.call(Method::POST, url, &json!({ "AuthType": "NONE" })).await;
    assert_eq!(status, 201, "{body}");
    for (sid, action) in [("url", "InvokeFunctionUrl"), ("invoke", "InvokeFunction")] {
        let permission =
            json!({ "StatementId": sid, "Principal": "*", "Action": format!("lambda:{action}") });
        let path = "/2015-03-31/functions/f/policy";
        assert_eq!(server.call(Method::POST, path, &permission).await.0, 201);
    }
    let host = body["FunctionUrl"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/');
    let first = call(&server, INVOKE, "RequestResponse", None).await;
    let trace = first.headers()["x-amzn-trace-id"].to_str().unwrap();
    let once = trace.strip_suffix(":0").expect("it was reached once");
    for (again, status) in [(":14", 200), (":15", 400)] {
        let request =
            Request::get("/").header("host", host).header("x-amzn-trace-id", once.to_owned() + again);
        let request = request.body(http_body_util::Full::new(Bytes::new())).unwrap();
        let peer = std::net::IpAddr::from([127, 0, 0, 1]);
        let response = lambent_services::url::answer(&server.server, request, peer).await;
        assert_eq!(response.status().as_u16(), status);
    }
}
