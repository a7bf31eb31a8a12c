//! The environments of a function through the pipeline of a whole server: reuse, freezing, updates, deletes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{INVOKE, base64, said, settled, with_function};
use lambent_testkit::{FakeHost, zip};
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
