//! Invocations through the pipeline of a whole server with fake sandboxes: environments, Init, failures, updates.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use lambent_sandbox::{Answer, Event, Exit, Init, Output, Reported, Spec};
use lambent_testkit::one_function::{INVOKE, base64, said, settled, with_function};
use lambent_testkit::{FakeHost, Program, TestServer, role, zip};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::test]
async fn the_request_id_of_the_answer_is_the_one_the_function_sees() {
    let server = with_function(FakeHost::new(|_: &Spec, e: &Event| said(e.request_id.clone()))).await;
    let response = server.send(Method::POST, INVOKE, "").await;
    assert_eq!(&response.body()[..], response.headers()["x-amzn-requestid"].as_bytes());
}

struct BrokenInit;

impl Program for BrokenInit {
    fn init(&self, _spec: &Spec) -> Init {
        let body = Bytes::from_static(b"{\"errorType\":\"Runtime.ImportModuleError\"}");
        Init::Reported(Reported {
            error_type: Some("Runtime.ImportModuleError".into()),
            content_type: None,
            body,
        })
    }

    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        unreachable!("Init never succeeds")
    }
}

#[tokio::test]
async fn init_that_fails_is_done_once_more_inside_the_invocation() {
    let server = with_function(FakeHost::new(BrokenInit)).await;
    let request = http::Request::post(INVOKE).header("host", "test").header("x-amz-log-type", "Tail");
    let request = request.body(http_body_util::Full::new(Bytes::new())).unwrap();
    let response = lambent_services::pipeline::handle(&server.server, request).await;
    assert_eq!(&response.body()[..], b"{\"errorType\":\"Runtime.ImportModuleError\"}");
    assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
    assert_eq!(server.host.count_of("init"), 2);
    let log = unbase64(response.headers()["x-amz-log-result"].to_str().unwrap());
    for part in [
        "Phase: init\tStatus: error\tError Type: Runtime.ImportModuleError",
        "Phase: invoke",
        "START",
        "REPORT",
    ] {
        assert!(log.contains(part), "{part} in {log}");
    }
}

fn unbase64(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("the header is base64");
    String::from_utf8(bytes).expect("the log is text")
}

#[tokio::test]
async fn a_program_that_exits_is_started_again_in_its_environment() {
    let calls = AtomicUsize::new(0);
    let server = with_function(FakeHost::new(move |_: &Spec, _: &Event| {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 { Answer::Exited(Exit::Code(7)) } else { said("1") }
    }))
    .await;
    let response = server.send(Method::POST, INVOKE, "").await;
    let id = response.headers()["x-amzn-requestid"].to_str().unwrap();
    let expected = format!(
        "{{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: {id} Error: Runtime exited with error: exit status 7\"}}"
    );
    assert_eq!(String::from_utf8_lossy(response.body()), expected);
    assert_eq!(&server.send(Method::POST, INVOKE, "").await.body()[..], b"1");
    assert_eq!(server.host.deeds()[3..6], ["reset", "restart", "init"]);
    assert_eq!(server.host.count_of("boot"), 1);
}

struct Slow;

impl Program for Slow {
    fn invoke(&self, _spec: &Spec, event: &Event, _output: &Output) -> Answer {
        said(event.payload.clone())
    }

    fn takes(&self, _event: &Event) -> Duration {
        Duration::from_secs(2)
    }
}

#[tokio::test(start_paused = true)]
async fn more_at_once_than_the_account_may_are_throttled() {
    let server = Arc::new(with_function(FakeHost::new(Slow)).await);
    let mut calls = JoinSet::new();
    for _ in 0..12 {
        let server = Arc::clone(&server);
        calls.spawn(async move { server.send(Method::POST, INVOKE, "1").await });
    }
    let mut statuses = Vec::new();
    while let Some(response) = calls.join_next().await {
        let response = response.unwrap();
        if response.status() == 429 {
            let body: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(
                body,
                json!({ "Reason": "ConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded." })
            );
        }
        statuses.push(response.status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 10], vec![429; 2]].concat());
}

struct Stuck;

impl Program for Stuck {
    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        said("never")
    }

    fn takes(&self, _event: &Event) -> Duration {
        Duration::from_secs(3600)
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_never_answers_times_out() {
    let server = with_function(FakeHost::new(Stuck)).await;
    let response = server.send(Method::POST, INVOKE, "").await;
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["errorType"], "Sandbox.Timedout");
    assert!(
        body["errorMessage"].as_str().unwrap().ends_with("Error: Task timed out after 3.00 seconds"),
        "{body}"
    );
}

#[tokio::test]
async fn what_an_invocation_may_not_be_is_refused() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    let (status, body) = {
        let response = server.send(Method::POST, INVOKE, "{bad").await;
        (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
    };
    assert_eq!(status, 400);
    assert!(
        body.contains("Could not parse request body into json: Could not parse payload into json: "),
        "{body}"
    );
    let large = vec![b' '; 6_291_457];
    let response = server.send(Method::POST, INVOKE, large).await;
    assert_eq!(response.status().as_u16(), 413);
    assert!(String::from_utf8_lossy(response.body()).contains(
        "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"
    ));
    assert_eq!(server.host.count_of("boot"), 0, "nothing of that was run");
}

#[tokio::test]
async fn code_without_a_bootstrap_is_told_as_on_aws() {
    let server = TestServer::start(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("main", "x")) },
    });
    server.call(Method::POST, "/2015-03-31/functions", &function).await;
    let response = server.send(Method::POST, INVOKE, "").await;
    let body = String::from_utf8_lossy(response.body()).into_owned();
    assert!(
        body.contains("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        "{body}"
    );
    assert!(body.contains("Runtime.InvalidEntrypoint"), "{body}");
}

#[tokio::test]
async fn a_closing_server_runs_nothing_more() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server.server.dispatcher().close(Duration::from_secs(1)).await;
    assert_eq!(server.send(Method::POST, INVOKE, "").await.status().as_u16(), 500);
    assert_eq!(server.host.count_of("boot"), 0);
}

#[tokio::test]
async fn a_client_may_name_the_request_by_a_uuid() {
    let server = with_function(FakeHost::new(|_: &Spec, e: &Event| said(e.request_id.clone()))).await;
    let named = |id: &'static str| {
        let request = http::Request::post(INVOKE).header("host", "test").header("x-amzn-requestid", id);
        let request = request.body(http_body_util::Full::new(Bytes::new())).unwrap();
        lambent_services::pipeline::handle(&server.server, request)
    };
    let id = "0aa5ba62-1d3a-4f3f-9d6c-3f6f2f1f0e11";
    let response = named(id).await;
    assert_eq!(
        (&response.body()[..], response.headers()["x-amzn-requestid"].as_bytes()),
        (id.as_bytes(), id.as_bytes())
    );
    assert_eq!(named("not-a-uuid").await.status().as_u16(), 400);
}

#[tokio::test]
async fn deep_and_odd_json_passes_untouched() {
    let server = with_function(FakeHost::new(|_: &Spec, e: &Event| said(e.payload.clone()))).await;
    let deep = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    for payload in [deep.as_str(), " \n{\"a\" : [1e-3, -0.5, \"\\u00e9\", null, true]} ", "\"text\"", "7"] {
        let response = server.send(Method::POST, INVOKE, payload.to_owned()).await;
        assert_eq!((response.status().as_u16(), &response.body()[..]), (200, payload.as_bytes()));
    }
    for payload in ["[1,]", "{\"a\":}", "01", "nul", "\"\n\"", "[1", "1 2", "{\"a\" 1}", "\"\\x\""] {
        assert_eq!(server.send(Method::POST, INVOKE, payload).await.status().as_u16(), 400, "{payload}");
    }
}

#[tokio::test]
async fn active_tracing_samples_where_the_caller_has_not_decided() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    let traced = |given: Option<&'static str>| {
        let mut request = http::Request::post(INVOKE).header("host", "test");
        if let Some(given) = given {
            request = request.header("x-amzn-trace-id", given);
        }
        let request = request.body(http_body_util::Full::new(Bytes::new())).unwrap();
        let server = std::sync::Arc::clone(&server.server);
        async move {
            let response = lambent_services::pipeline::handle(&server, request).await;
            response.headers()["x-amzn-trace-id"].to_str().unwrap().to_owned()
        }
    };
    let sampled = |header: String| header.split(';').nth(2).map(str::to_owned).unwrap();
    assert_eq!(sampled(traced(None).await), "Sampled=0");
    let whole = traced(Some("Root=1-2-3")).await;
    assert!(whole.starts_with("Root=1-2-3;Parent=") && whole.contains(";Sampled=0;Lineage=1:"), "{whole}");
    let path = "/2015-03-31/functions/f/configuration";
    let active = serde_json::json!({ "TracingConfig": { "Mode": "Active" } });
    assert_eq!(server.call(Method::PUT, path, &active).await.0, 200);
    settled(&server).await;
    assert_eq!(sampled(traced(None).await), "Sampled=1");
    assert_eq!(sampled(traced(Some("Root=1-2-3;Parent=4")).await), "Sampled=1");
    assert_eq!(sampled(traced(Some("Root=1-2-3;Parent=4;Sampled=?")).await), "Sampled=1");
    let kept = traced(Some("Root=1-2-3;Parent=4;Sampled=0;Mine=5")).await;
    assert!(kept.starts_with("Root=1-2-3;Parent=4;Sampled=0;Mine=5;Lineage=1:"), "{kept}");
    assert!(traced(Some("Mine=5")).await.starts_with("Root=1-"));
}
