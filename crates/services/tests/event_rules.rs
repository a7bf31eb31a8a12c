//! What happens to events that wait: the settings that hold when their turn comes, and other functions' backlogs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::event::Event as Queued;
use lambent_sandbox::{Answer, Event, Output, Reported, Spec};
use lambent_testkit::one_function::{INVOKE, create, said};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::json;

const CONFIG: &str = "/2019-09-25/functions/f/event-invoke-config";

/// Counts what it gets, fails as often as it is told to, and takes its time over `"slow"`.
#[derive(Clone, Default)]
struct Counting {
    seen: Arc<Mutex<Vec<String>>>,
    failures: Arc<AtomicUsize>,
}

impl Counting {
    fn failing(times: usize) -> Self {
        Self { failures: Arc::new(AtomicUsize::new(times)), ..Self::default() }
    }

    fn seen(&self, payload: &str) -> usize {
        self.seen.lock().expect("nobody panics with it").iter().filter(|seen| *seen == payload).count()
    }
}

impl Program for Counting {
    fn invoke(&self, _spec: &Spec, event: &Event, _output: &Output) -> Answer {
        let payload = String::from_utf8_lossy(&event.payload).into_owned();
        self.seen.lock().expect("nobody panics with it").push(payload);
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err() {
            return said("1");
        }
        Answer::Error(Reported { error_type: None, content_type: None, body: Bytes::from_static(b"{}") })
    }

    fn takes(&self, event: &Event) -> Duration {
        if &event.payload[..] == b"\"slow\"" { Duration::from_secs(1) } else { Duration::ZERO }
    }
}

async fn with_functions(program: &Counting, names: &[&str]) -> TestServer {
    let server = TestServer::start_for(FakeHost::new(program.clone()), 1000).await;
    for name in names {
        create(&server, name).await;
    }
    server
}

async fn send(server: &TestServer, path: &str, payload: &'static str) {
    let request = Request::post(path).header("host", "test").header("x-amz-invocation-type", "Event");
    let request = request.body(http_body_util::Full::new(Bytes::from(payload))).expect("the path is valid");
    assert_eq!(lambent_services::pipeline::handle(&server.server, request).await.status(), 202);
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn pass(server: &TestServer, seconds: u64) {
    server.clock.advance(Duration::from_secs(seconds));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn counted(server: &TestServer, name: &str, value: u64) {
    let line = format!("\nlambent_{name}_total {value}\n");
    until(|| server.server.dispatcher().metrics().contains(&line)).await;
}

async fn configure(server: &TestServer, config: serde_json::Value) {
    let (status, body) = server.call(Method::PUT, CONFIG, &config).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test(start_paused = true)]
async fn settings_that_change_hold_for_what_waits() {
    let counting = Counting::failing(usize::MAX);
    let server = with_functions(&counting, &["f"]).await;
    send(&server, INVOKE, "1").await;
    until(|| counting.seen("1") == 1).await;
    pass(&server, 61).await;
    until(|| counting.seen("1") == 2).await;
    configure(&server, json!({ "MaximumEventAgeInSeconds": 60 })).await;
    pass(&server, 121).await;
    counted(&server, "async_events_dropped", 1).await;
    assert_eq!(counting.seen("1"), 2, "it was too old by then");
    configure(&server, json!({ "MaximumRetryAttempts": 1 })).await;
    send(&server, INVOKE, "2").await;
    until(|| counting.seen("2") == 1).await;
    configure(&server, json!({ "MaximumRetryAttempts": 0 })).await;
    pass(&server, 61).await;
    counted(&server, "async_events_dropped", 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_function_that_is_stopped_meanwhile_runs_no_event_again() {
    let counting = Counting::failing(usize::MAX);
    let server = with_functions(&counting, &["f"]).await;
    send(&server, INVOKE, "1").await;
    until(|| counting.seen("1") == 1).await;
    let zero = json!({ "ReservedConcurrentExecutions": 0 });
    let (status, body) = server.call(Method::PUT, "/2017-10-31/functions/f/concurrency", &zero).await;
    assert_eq!(status, 200, "{body}");
    pass(&server, 61).await;
    counted(&server, "async_events_dropped", 1).await;
    assert_eq!(counting.seen("1"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_no_attempt_and_the_event_comes_again() {
    let counting = Counting::default();
    let server = with_functions(&counting, &["f"]).await;
    let one = json!({ "ReservedConcurrentExecutions": 1 });
    let (status, body) = server.call(Method::PUT, "/2017-10-31/functions/f/concurrency", &one).await;
    assert_eq!(status, 200, "{body}");
    for _ in 0..60 {
        send(&server, INVOKE, "\"slow\"").await;
    }
    for _ in 0..200 {
        pass(&server, 1).await;
    }
    until(|| counting.seen("\"slow\"") == 60).await;
    counted(&server, "async_events_dropped", 0).await;
}

#[tokio::test(start_paused = true)]
async fn fifty_thousand_events_of_one_function_delay_no_other() {
    let counting = Counting::default();
    let server = with_functions(&counting, &["f", "g"]).await;
    let id = FunctionId {
        account: AccountId::default_account(),
        region: Region::default_region(),
        name: "f".into(),
    };
    let dispatcher = server.server.dispatcher();
    let resolved = dispatcher.resolve(&id, &Qualifier::Latest).await.expect("it is there");
    let event = Queued {
        invoked_function_arn: id.arn(),
        function: id,
        qualifier: Qualifier::Latest,
        incarnation: resolved.incarnation(),
        request_id: "00000000-0000-0000-0000-000000000000".to_owned(),
        payload: "\"slow\"".to_owned(),
        trace_id: None,
        received: lambent_core::time::Clock::now(&*server.clock),
        attempts: 0,
        turned_away: 0,
        last: None,
        ended: None,
    };
    for _ in 0..50_000 {
        dispatcher.accept(&event).await.expect("there is room");
    }
    let before = counting.seen("\"slow\"");
    for _ in 0..100 {
        send(&server, "/2015-03-31/functions/g/invocations", "7").await;
    }
    until(|| counting.seen("7") == 100).await;
    let meanwhile = counting.seen("\"slow\"") - before;
    assert!(meanwhile < 1000, "{meanwhile} of the backlog ran before the others");
}
