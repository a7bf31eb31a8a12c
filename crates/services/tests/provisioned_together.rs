//! Provisioned environments that take a while to start: on AWS none can be used before all that were asked for are there.

use std::time::Duration;

use http::Method;
use lambent_sandbox::{Answer, Event, Output, Spec};
use lambent_testkit::one_function::{create, said};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};

const PROVISIONED: &str = "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1";

/// Its Init takes a second; it answers why there was one.
struct Slow;

impl Program for Slow {
    fn invoke(&self, spec: &Spec, _: &Event, _: &Output) -> Answer {
        said(format!("\"{}\"", spec.environment["AWS_LAMBDA_INITIALIZATION_TYPE"]))
    }

    fn init_takes(&self) -> Duration {
        Duration::from_secs(1)
    }
}

async fn state(server: &TestServer) -> (Value, Value, Value) {
    let (_, state) = server.call(Method::GET, PROVISIONED, &Value::Null).await;
    let count = |name: &str| state[format!("{name}ProvisionedConcurrentExecutions")].clone();
    (state["Status"].clone(), count("Allocated"), count("Available"))
}

async fn put(server: &TestServer, count: u32) {
    let body = json!({ "ProvisionedConcurrentExecutions": count });
    while server.call(Method::PUT, PROVISIONED, &body).await.0 != 202 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn kind(server: &TestServer) -> Value {
    let path = "/2015-03-31/functions/f/invocations?Qualifier=1";
    server.call(Method::POST, path, &json!({})).await.1
}

#[tokio::test(start_paused = true)]
async fn none_can_be_used_before_all_are_there() {
    let server = TestServer::start_for(FakeHost::new(Slow), 1000).await;
    create(&server, "f").await;
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    // Four start at once.
    put(&server, 6).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(state(&server).await, (json!("IN_PROGRESS"), json!(4), json!(0)));
    assert_eq!(kind(&server).await, "on-demand");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(state(&server).await, (json!("READY"), json!(6), json!(6)));
    assert_eq!(kind(&server).await, "provisioned-concurrency");
    // Those that are there stay in use while more are started.
    put(&server, 12).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(state(&server).await, (json!("IN_PROGRESS"), json!(10), json!(6)));
    assert_eq!(kind(&server).await, "provisioned-concurrency");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(state(&server).await, (json!("READY"), json!(12), json!(12)));
}

#[tokio::test(start_paused = true)]
async fn where_fewer_are_wanted_those_that_stay_are_the_same() {
    let server = TestServer::start_for(FakeHost::new(Slow), 1000).await;
    create(&server, "f").await;
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    put(&server, 4).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(state(&server).await, (json!("READY"), json!(4), json!(4)));
    put(&server, 1).await;
    while server.host.count_of("stop") < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((server.host.count_of("boot"), server.host.count_of("stop")), (4, 3));
    assert_eq!(state(&server).await, (json!("READY"), json!(1), json!(1)));
}
