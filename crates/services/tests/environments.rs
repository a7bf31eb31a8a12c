//! The environments of a function through the pipeline of a whole server: reuse, freezing, updates, deletes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use lambent_sandbox::{Answer, Event, Output, Source, Spec};
use lambent_testkit::one_function::{INVOKE, base64, create, said, settled, with_function};
use lambent_testkit::{FakeHost, Program, TestServer, zip};
use serde_json::json;
use tokio::task::JoinSet;

/// What a sandbox was given as its code.
fn code(spec: &Spec) -> String {
    std::fs::read_to_string(spec.mounts[0].source.join("bootstrap")).expect("every zip here has a bootstrap")
}

#[tokio::test]
async fn an_environment_that_died_while_idle_is_replaced_unseen() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    server.send(Method::POST, INVOKE, "").await;
    server.host.kill_all();
    let response = server.send(Method::POST, INVOKE, "").await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"1"[..]));
    assert!(response.headers().get("x-amz-function-error").is_none());
    assert_eq!(server.host.count_of("boot"), 2);
}

#[tokio::test]
async fn idle_environments_are_frozen_and_thawed_for_the_next_call() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    server.send(Method::POST, INVOKE, "").await;
    server.clock.advance(Duration::from_millis(5));
    while server.host.count_of("freeze") == 0 {
        tokio::task::yield_now().await;
    }
    server.send(Method::POST, INVOKE, "").await;
    assert_eq!(server.host.count_of("thaw"), 1);
    assert_eq!(server.host.count_of("boot"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_update_has_succeeded_no_call_gets_the_old_code() {
    let server = Arc::new(with_function(FakeHost::new(|spec: &Spec, _: &Event| said(code(spec)))).await);
    let newest = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let (server, newest) = (Arc::clone(&server), Arc::clone(&newest));
        callers.spawn(async move {
            for _ in 0..100 {
                // Below the rate of its account.
                server.clock.advance(Duration::from_millis(20));
                let at_least = newest.load(Ordering::SeqCst);
                let response = server.send(Method::POST, INVOKE, "").await;
                let got: usize = String::from_utf8_lossy(response.body()).parse().unwrap();
                assert!(got >= at_least, "got code {got} after {at_least} was in force");
            }
        });
    }
    for number in 1..20_usize {
        let body = json!({ "ZipFile": base64(&zip("bootstrap", &number.to_string())) });
        settled(&server).await;
        let (status, body) = server.call(Method::PUT, "/2015-03-31/functions/f/code", &body).await;
        assert_eq!(status, 200, "{body}");
        settled(&server).await;
        newest.store(number, Ordering::SeqCst);
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
}

#[tokio::test]
async fn a_deleted_function_leaves_no_environment() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    server.send(Method::POST, INVOKE, "").await;
    server.send(Method::DELETE, "/2015-03-31/functions/f", "").await;
    while server.host.count_of("stop") == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.send(Method::POST, INVOKE, "").await.status().as_u16(), 404);
}

#[tokio::test]
async fn an_environment_is_initialised_once_and_used_again() {
    let server = with_function(FakeHost::new(|_: &Spec, e: &Event| said(e.payload.clone()))).await;
    for payload in ["{\"a\":1}", "[]", ""] {
        let response = server.send(Method::POST, INVOKE, payload).await;
        let expected = if payload.is_empty() { "{}" } else { payload };
        assert_eq!((response.status().as_u16(), &response.body()[..]), (200, expected.as_bytes()));
        assert_eq!(response.headers()["x-amz-executed-version"], "$LATEST");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(response.headers().get("x-amz-function-error").is_none());
    }
    assert_eq!((server.host.count_of("boot"), server.host.count_of("init")), (1, 1));
}

#[tokio::test]
async fn an_old_environment_is_replaced_and_has_credentials_of_its_own() {
    let key = |spec: &Spec, _: &Event| said(spec.environment["AWS_ACCESS_KEY_ID"].clone());
    let server = with_function(FakeHost::new(key)).await;
    let first = server.send(Method::POST, INVOKE, "").await;
    assert!(first.body().starts_with(b"ASIA"));
    assert_eq!(server.send(Method::POST, INVOKE, "").await.body(), first.body());
    server.clock.advance(Duration::from_secs(7 * 3600));
    assert_ne!(server.send(Method::POST, INVOKE, "").await.body(), first.body());
    assert_eq!(server.host.count_of("boot"), 2);
}

struct Speaker;

impl Program for Speaker {
    fn invoke(&self, _spec: &Spec, event: &Event, output: &Output) -> Answer {
        output.written(Source::Program, &event.payload);
        said("null")
    }
}

async fn with_tail(server: &TestServer, payload: &'static str) -> String {
    use base64::Engine as _;
    let request = http::Request::post(INVOKE).header("host", "test").header("x-amz-log-type", "Tail");
    let request =
        request.body(http_body_util::Full::new(Bytes::from_static(payload.as_bytes()))).expect("a request");
    let response = lambent_services::pipeline::handle(&server.server, request).await;
    let log = base64::engine::general_purpose::STANDARD.decode(&response.headers()["x-amz-log-result"]);
    String::from_utf8(log.expect("the header is base64")).expect("the log is text")
}

#[tokio::test]
async fn the_tail_of_a_log_holds_no_other_callers_lines() {
    let server = with_function(FakeHost::new(Speaker)).await;
    server.send(Method::POST, INVOKE, "\"secret\"").await;
    let log = with_tail(&server, "\"mine\"").await;
    assert!(log.starts_with("START") && log.contains("\"mine\"") && !log.contains("secret"), "{log}");
    let log = with_tail(&server, "1").await;
    assert!(log.contains("\n1\n") && !log.contains("mine"), "{log}");
    assert_eq!(server.host.count_of("boot"), 1);
}

#[tokio::test]
async fn where_there_is_no_room_the_longest_idle_environment_goes() {
    let echo = FakeHost::new(|_: &Spec, e: &Event| said(e.payload.clone())).with_room(2);
    let server = with_function(echo).await;
    for name in ["g", "h"] {
        create(&server, name).await;
    }
    let invoke = async |name: &str| {
        server.clock.advance(Duration::from_secs(1));
        let path = format!("/2015-03-31/functions/{name}/invocations");
        server.send(Method::POST, &path, "1").await.status().as_u16()
    };
    assert_eq!((invoke("f").await, invoke("g").await, invoke("h").await), (200, 200, 200));
    assert_eq!((server.host.count_of("boot"), server.host.count_of("stop")), (3, 1));
    assert_eq!(invoke("g").await, 200);
    assert_eq!(server.host.count_of("boot"), 3, "g was used later than f, so it is still there");
}

/// Is gone when the given number of calls have come.
struct Gone(AtomicUsize, usize);

impl Program for Gone {
    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        said("1")
    }

    fn is_gone(&self, _event: &Event) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) < self.1
    }
}

#[tokio::test]
async fn an_event_nobody_took_goes_to_another_environment_once() {
    let server = with_function(FakeHost::new(Gone(AtomicUsize::new(0), 1))).await;
    let response = server.send(Method::POST, INVOKE, "").await;
    assert_eq!((&response.body()[..], server.host.count_of("boot")), (&b"1"[..], 2));
    let server = with_function(FakeHost::new(Gone(AtomicUsize::new(0), 2))).await;
    let response = server.send(Method::POST, INVOKE, "").await;
    assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
    assert_eq!(server.host.count_of("boot"), 2, "what ends every program is not tried for ever");
}
