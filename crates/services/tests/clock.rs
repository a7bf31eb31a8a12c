//! AWS's time, moved forward, through a whole server with fake sandboxes: what is due by it is done at once, and what is
//! real work is not hurried.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use lambent_core::time::{Clock as _, RealClock as _};
use lambent_sandbox::{Answer, Event, Output, Reported, Spec};
use lambent_services::Auth;
use lambent_testkit::one_function::{INVOKE, create, said, with_function};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);

/// Always fails, and counts how often.
#[derive(Clone, Default)]
struct Failing(Arc<AtomicUsize>);

impl Program for Failing {
    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        self.0.fetch_add(1, Ordering::SeqCst);
        Answer::Error(Reported { error_type: None, content_type: None, body: Bytes::from_static(b"{}") })
    }
}

async fn send(server: &TestServer) {
    let request = http::Request::post(INVOKE).header("host", "test").header("x-amz-invocation-type", "Event");
    let request = request.body(http_body_util::Full::new(Bytes::from("1"))).expect("the path is valid");
    assert_eq!(lambent_services::pipeline::handle(&server.server, request).await.status(), 202);
}

/// Waits for something that needs no time to pass.
async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn retries_run_as_soon_as_the_clock_is_moved_beyond_them() {
    let failing = Failing::default();
    let server = with_function(FakeHost::new(failing.clone())).await;
    let start = Instant::now();
    send(&server).await;
    for (attempt, pause_s) in [(1, 59), (2, 118)] {
        until(|| failing.0.load(Ordering::SeqCst) == attempt).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.jump(Duration::from_secs(pause_s));
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(failing.0.load(Ordering::SeqCst), attempt, "not before it is due");
        server.jump(Duration::from_secs(2));
    }
    until(|| failing.0.load(Ordering::SeqCst) == 3).await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_old_by_the_moved_clock_is_dropped() {
    let failing = Failing::default();
    let server = with_function(FakeHost::new(failing.clone())).await;
    send(&server).await;
    until(|| failing.0.load(Ordering::SeqCst) == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.jump(HOUR * 6 + Duration::from_secs(1));
    let dropped = "\nlambent_async_events_dropped_total 1\n";
    until(|| server.server.dispatcher().metrics().contains(dropped)).await;
    assert_eq!(failing.0.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn environments_age_by_the_moved_clock() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    server.send(Method::POST, INVOKE, "").await;
    assert_eq!(server.host.count_of("stop"), 0);
    server.jump(HOUR);
    until(|| server.host.count_of("stop") == 1).await;
    server.send(Method::POST, INVOKE, "").await;
    assert_eq!(server.host.count_of("boot"), 2);
}

/// Takes two seconds.
struct Slow;

impl Program for Slow {
    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        said("\"done\"")
    }

    fn takes(&self, _event: &Event) -> Duration {
        Duration::from_secs(2)
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_runs_is_not_hurried_by_a_moved_clock() {
    let server = with_function(FakeHost::new(Slow)).await;
    let call = server.send(Method::POST, INVOKE, "");
    let mover = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.jump(HOUR);
    };
    let (response, ()) = tokio::join!(call, mover);
    assert_eq!(response.body(), "\"done\"");
    assert!(!response.headers().contains_key("x-amz-function-error"));
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_held_ends_when_the_clock_is_moved_beyond_it() {
    let host = FakeHost::new(|_: &Spec, _: &Event| said("1"));
    let server = TestServer::start_holding(host, Duration::from_secs(600)).await;
    create(&server, "f").await;
    let state = async || {
        let path = "/2015-03-31/functions/f/configuration";
        server.call(Method::GET, path, &Value::Null).await.1["State"].clone()
    };
    let start = Instant::now();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(state().await, "Pending");
    server.jump(Duration::from_secs(601));
    while state().await != "Active" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_stamped_has_the_moved_time_and_signatures_the_real_one() {
    let host = FakeHost::new(|_: &Spec, _: &Event| said("1"));
    let server = TestServer::start_with(host, Auth::Verify).await;
    server.jump(HOUR * 24 * 400);
    let list = async |at_s: i64| {
        let signer = lambent_wire::sigv4::Signer {
            access_key_id: "test",
            secret: "test",
            session_token: None,
            region: "us-east-1",
            service: "lambda",
        };
        let (path, mut headers) = ("/2015-03-31/functions/", http::HeaderMap::new());
        headers.insert("host", http::HeaderValue::from_static("test"));
        signer.authorize("GET", (path, ""), &mut headers, &Bytes::new(), at_s).expect("it can be signed");
        let mut request =
            http::Request::get(path).body(http_body_util::Full::new(Bytes::new())).expect("valid");
        *request.headers_mut() = headers;
        lambent_services::pipeline::handle(&server.server, request).await.status().as_u16()
    };
    assert_eq!(list(server.clock.wall().as_secs()).await, 200);
    assert_eq!(list(server.clock.now().as_secs()).await, 403);
    let open = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    open.jump(HOUR);
    let changed = json!({ "Timeout": 9 });
    let (_, body) = open.call(Method::PUT, "/2015-03-31/functions/f/configuration", &changed).await;
    assert_eq!(body["LastModified"], "2026-01-02T13:00:00.000+0000", "{body}");
}
