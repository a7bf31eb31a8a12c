//! How fast invocations may begin, through a whole server whose clock stands still unless it is moved.

use std::time::Duration;

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{create, said};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const INVOCATIONS: &str = "/2015-03-31/functions/f/invocations";
const STREAM: &str = "/2021-11-15/functions/f/response-streaming-invocations";

/// Answers why its sandbox was initialised.
async fn server(concurrency: usize) -> TestServer {
    let kind =
        |spec: &Spec, _: &Event| said(format!("\"{}\"", spec.environment["AWS_LAMBDA_INITIALIZATION_TYPE"]));
    let server = TestServer::start_for(FakeHost::new(kind), concurrency).await;
    create(&server, "f").await;
    server
}

async fn reserve(server: &TestServer, reserved: u32) {
    let body = json!({ "ReservedConcurrentExecutions": reserved });
    let (status, answer) = server.call(Method::PUT, "/2017-10-31/functions/f/concurrency", &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// Invokes until that is refused; tells how often it was not, and the refusal.
async fn rush(server: &TestServer, path: &str) -> (usize, http::Response<bytes::Bytes>) {
    let mut count = 0;
    loop {
        let answer = server.send(Method::POST, path, "{}").await;
        if answer.status() != 200 {
            return (count, answer);
        }
        count += 1;
    }
}

fn body(answer: &http::Response<bytes::Bytes>) -> Value {
    serde_json::from_slice(answer.body()).expect("answers are JSON")
}

#[tokio::test]
async fn what_is_reserved_begins_ten_a_second() {
    let server = server(1000).await;
    reserve(&server, 2).await;
    let (count, refusal) = rush(&server, INVOCATIONS).await;
    assert_eq!((count, refusal.status().as_u16()), (20, 429));
    assert_eq!(refusal.headers()["x-amzn-errortype"], "TooManyRequestsException");
    assert_eq!(refusal.headers()["retry-after"], "1");
    let words = json!({
        "Reason": "ReservedFunctionInvocationRateLimitExceeded", "Type": "User", "message": "Rate Exceeded.",
    });
    assert_eq!(body(&refusal), words);
    server.clock.advance(Duration::from_millis(100));
    let (count, refusal) = rush(&server, STREAM).await;
    assert_eq!((count, body(&refusal)), (2, words), "streams count too");
}

#[tokio::test]
async fn an_account_begins_ten_a_second_for_each_that_may_run() {
    let server = server(3).await;
    let (count, refusal) = rush(&server, INVOCATIONS).await;
    assert_eq!((count, &body(&refusal)["Reason"]), (30, &json!("FunctionInvocationRateLimitExceeded")));
    // Another function of the account comes too late as well.
    create(&server, "g").await;
    let (count, _) = rush(&server, "/2015-03-31/functions/g/invocations").await;
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_limit_on_what_runs_says_nothing_of_when_to_come_again() {
    let server = server(1000).await;
    reserve(&server, 0).await;
    let (count, refusal) = rush(&server, INVOCATIONS).await;
    assert_eq!(count, 0);
    assert_eq!(body(&refusal)["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
    assert!(!refusal.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn asynchronous_invocations_meet_no_rate() {
    let server = server(1000).await;
    reserve(&server, 1).await;
    let (count, _) = rush(&server, INVOCATIONS).await;
    assert_eq!(count, 10);
    for _ in 0..5 {
        let body = json!({});
        let path = "/2014-11-13/functions/f/invoke-async";
        assert_eq!(server.call(Method::POST, path, &body).await.0, 202);
    }
    let ran = || server.host.deeds().iter().filter(|deed| deed.starts_with("invoke")).count();
    while ran() < 15 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(rush(&server, INVOCATIONS).await.0, 0, "nothing came in: the clock stands still");
}

/// A function whose version 1 has provisioned concurrency, all of it there.
async fn provisioned(count: u32) -> TestServer {
    let server = server(1000).await;
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    let path = "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1";
    let body = json!({ "ProvisionedConcurrentExecutions": count });
    while server.call(Method::PUT, path, &body).await.0 != 202 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    while server.call(Method::GET, path, &Value::Null).await.1["Status"] != "READY" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server
}

async fn kind(server: &TestServer) -> String {
    let path = format!("{INVOCATIONS}?Qualifier=1");
    let (status, answer) = server.call_owned(Method::POST, path, json!({})).await;
    assert_eq!(status, 200, "{answer}");
    answer.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_is_too_fast_for_provisioned_environments_spills_over() {
    let server = provisioned(1).await;
    for _ in 0..10 {
        assert_eq!(kind(&server).await, "provisioned-concurrency");
    }
    assert_eq!(kind(&server).await, "on-demand", "never throttled");
    assert!(server.server.dispatcher().metrics().contains("\nlambent_provisioned_spillovers_total 1\n"));
    server.clock.advance(Duration::from_millis(100));
    assert_eq!(kind(&server).await, "provisioned-concurrency");
    assert_eq!(kind(&server).await, "on-demand");
}

#[tokio::test]
async fn who_finds_a_provisioned_environment_free_pays_no_init() {
    let server = provisioned(4).await;
    // As many at once as there are environments, each coming again as soon as it has its answer.
    tokio::join!(caller(&server), caller(&server), caller(&server), caller(&server));
    assert_eq!(server.host.count_of("boot"), 4);
}

async fn caller(server: &TestServer) {
    for _ in 0..100 {
        server.clock.advance(Duration::from_millis(100));
        assert_eq!(kind(server).await, "provisioned-concurrency");
    }
}
