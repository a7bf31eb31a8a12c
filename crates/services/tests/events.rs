//! Asynchronous invocations through the pipeline of a whole server with fake sandboxes: accepted, run, run again, ended.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use lambent_sandbox::{Answer, Event, Output, Reported, Spec};
use lambent_testkit::one_function::{INVOKE, create, said, with_function};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};

const CONFIG: &str = "/2019-09-25/functions/f/event-invoke-config";

async fn send(server: &TestServer, path: &str, payload: &str) -> Response<Bytes> {
    let request = http::Request::post(path).header("host", "test").header("x-amz-invocation-type", "Event");
    let request =
        request.body(http_body_util::Full::new(Bytes::from(payload.to_owned()))).expect("the path is valid");
    lambent_services::pipeline::handle(&server.server, request).await
}

/// What a function does: it writes down each event it gets, and fails as often as it is told to.
#[derive(Clone, Default)]
struct Recorder {
    seen: Arc<Mutex<Vec<(String, String)>>>,
    failures: Arc<AtomicUsize>,
}

impl Recorder {
    fn failing(times: usize) -> Self {
        Self { failures: Arc::new(AtomicUsize::new(times)), ..Self::default() }
    }

    /// The payloads that came.
    fn payloads(&self) -> Vec<String> {
        self.seen.lock().expect("nobody panics with it").iter().map(|(_, payload)| payload.clone()).collect()
    }

    fn request_ids(&self) -> Vec<String> {
        self.seen.lock().expect("nobody panics with it").iter().map(|(id, _)| id.clone()).collect()
    }
}

impl Program for Recorder {
    fn invoke(&self, _spec: &Spec, event: &Event, _output: &Output) -> Answer {
        let payload = String::from_utf8_lossy(&event.payload).into_owned();
        self.seen.lock().expect("nobody panics with it").push((event.request_id.clone(), payload));
        let failures = self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if failures.is_err() {
            return said("\"done\"");
        }
        let body = Bytes::from_static(b"{\"errorMessage\":\"no\"}");
        Answer::Error(Reported { error_type: None, content_type: None, body })
    }
}

/// Waits for something, in tokio's time alone: nothing becomes due meanwhile.
async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Lets time pass, for the server's clock and for who sleeps.
async fn pass(server: &TestServer, seconds: u64) {
    server.clock.advance(Duration::from_secs(seconds));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Waits until a counter of the server has this value.
async fn counted(server: &TestServer, name: &str, value: u64) {
    let line = format!("\nlambent_{name}_total {value}\n");
    until(|| server.server.dispatcher().metrics().contains(&line)).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_is_accepted_and_runs_once() {
    let recorder = Recorder::default();
    let server = with_function(FakeHost::new(recorder.clone())).await;
    let response = send(&server, INVOKE, "{\"a\":1}").await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (202, &b""[..]));
    assert!(!response.headers().contains_key("x-amz-executed-version"));
    assert!(response.headers().contains_key("x-amzn-trace-id"));
    until(|| recorder.payloads() == ["{\"a\":1}"]).await;
    assert_eq!(recorder.request_ids(), [response.headers()["x-amzn-requestid"].to_str().unwrap()]);
    pass(&server, 21_700).await;
    assert_eq!(recorder.payloads().len(), 1);
    counted(&server, "async_events_received", 1).await;
    counted(&server, "async_events_dropped", 0).await;
}

#[tokio::test(start_paused = true)]
async fn what_an_event_may_not_be_is_refused_at_once() {
    let server = with_function(FakeHost::new(Recorder::default())).await;
    assert_eq!(send(&server, INVOKE, "{bad").await.status().as_u16(), 400);
    let missing = send(&server, "/2015-03-31/functions/g/invocations", "{}").await;
    assert_eq!(missing.status().as_u16(), 404);
    let response = send(&server, INVOKE, &" ".repeat(1_048_577)).await;
    assert_eq!(response.status().as_u16(), 413);
    let words = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)";
    assert!(String::from_utf8_lossy(response.body()).contains(words));
    counted(&server, "async_events_received", 0).await;
}

#[tokio::test(start_paused = true)]
async fn the_older_operation_accepts_too() {
    let recorder = Recorder::default();
    let server = with_function(FakeHost::new(recorder.clone())).await;
    for path in ["/2014-11-13/functions/f/invoke-async", "/2014-11-13/functions/f/invoke-async/"] {
        let (status, body) = server.call(Method::POST, path, &json!({ "n": 1 })).await;
        assert_eq!((status, body), (202, json!({})), "the member Status is the status itself");
    }
    until(|| recorder.payloads() == ["{\"n\":1}", "{\"n\":1}"]).await;
    let missing = "/2014-11-13/functions/g/invoke-async/";
    assert_eq!(server.call(Method::POST, missing, &json!({})).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn a_function_that_fails_is_retried_twice_with_the_same_request_id() {
    let recorder = Recorder::failing(3);
    let server = with_function(FakeHost::new(recorder.clone())).await;
    send(&server, INVOKE, "1").await;
    until(|| recorder.payloads().len() == 1).await;
    pass(&server, 59).await;
    assert_eq!(recorder.payloads().len(), 1, "not before a minute");
    pass(&server, 2).await;
    until(|| recorder.payloads().len() == 2).await;
    pass(&server, 118).await;
    assert_eq!(recorder.payloads().len(), 2, "not before two more");
    pass(&server, 3).await;
    counted(&server, "async_events_dropped", 1).await;
    pass(&server, 21_600).await;
    assert_eq!(recorder.payloads(), ["1", "1", "1"]);
    let ids = recorder.request_ids();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn the_retries_are_those_of_the_qualifier() {
    let recorder = Recorder::failing(usize::MAX);
    let server = with_function(FakeHost::new(recorder.clone())).await;
    let (status, body) = server.call(Method::PUT, CONFIG, &json!({ "MaximumRetryAttempts": 0 })).await;
    assert_eq!(status, 200, "{body}");
    send(&server, INVOKE, "1").await;
    counted(&server, "async_events_dropped", 1).await;
    pass(&server, 300).await;
    assert_eq!(recorder.payloads().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn reserved_concurrency_of_zero_accepts_and_drops() {
    let recorder = Recorder::default();
    let server = TestServer::start_for(FakeHost::new(recorder.clone()), 1000).await;
    create(&server, "f").await;
    let zero = json!({ "ReservedConcurrentExecutions": 0 });
    server.call(Method::PUT, "/2017-10-31/functions/f/concurrency", &zero).await;
    assert_eq!(send(&server, INVOKE, "1").await.status().as_u16(), 202);
    counted(&server, "async_events_dropped", 1).await;
    assert_eq!(recorder.payloads().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_function_takes_its_events_along() {
    let recorder = Recorder::failing(1);
    let server = with_function(FakeHost::new(recorder.clone())).await;
    send(&server, INVOKE, "1").await;
    until(|| recorder.payloads().len() == 1).await;
    assert_eq!(server.call(Method::DELETE, "/2015-03-31/functions/f", &Value::Null).await.0, 204);
    create(&server, "f").await;
    pass(&server, 200).await;
    assert_eq!(recorder.payloads().len(), 1, "another function of the name gets none of them");
}

/// Holds an event for a while.
struct Slow(Recorder);

impl Program for Slow {
    fn invoke(&self, spec: &Spec, event: &Event, output: &Output) -> Answer {
        self.0.invoke(spec, event, output)
    }

    fn takes(&self, event: &Event) -> Duration {
        Duration::from_secs(if event.payload.starts_with(b"2") { 2 } else { 0 })
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_that_come_at_once_all_run_though_ten_may() {
    let recorder = Recorder::default();
    let server = with_function(FakeHost::new(recorder.clone())).await;
    for n in 0..500 {
        send(&server, INVOKE, &n.to_string()).await;
    }
    until(|| recorder.payloads().len() == 500).await;
    let mut seen: Vec<u32> = recorder.payloads().iter().map(|n| n.parse().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_backlog_of_one_function_does_not_delay_another() {
    let recorder = Recorder::default();
    let server = with_function(FakeHost::new(Slow(recorder.clone()))).await;
    create(&server, "g").await;
    for _ in 0..100 {
        send(&server, INVOKE, "2").await;
    }
    send(&server, "/2015-03-31/functions/g/invocations", "7").await;
    until(|| recorder.payloads().iter().any(|payload| payload == "7")).await;
    let before = recorder.payloads().iter().filter(|payload| *payload == "2").count();
    assert!(before < 50, "{before} of the other function came first");
    until(|| recorder.payloads().len() == 101).await;
}
