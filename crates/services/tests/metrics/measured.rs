//! What functions do, measured.

use std::time::Duration;

use http::Method;
use lambent_testkit::FakeHost;
use lambent_testkit::one_function::{INVOKE, create, with_function};
use serde_json::json;

use super::*;

#[tokio::test]
async fn an_invocation_is_seen_under_each_set_of_dimensions() {
    let server = with_function(FakeHost::new(fails_when_told)).await;
    for payload in ["1", "\"fail\""] {
        server.send(Method::POST, INVOKE, payload).await;
    }
    server.clock.advance(Duration::from_secs(60));
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    server.call(Method::POST, "/2015-03-31/functions/f/aliases", &alias).await;
    server.send(Method::POST, &format!("{INVOKE}?Qualifier=live"), "1").await;
    let name = ("FunctionName", "f");
    assert_eq!(sums(&server, "Invocations", &[]).await, [(2.0, 2.0), (1.0, 1.0)]);
    assert_eq!(sums(&server, "Invocations", &[name]).await, [(2.0, 2.0), (1.0, 1.0)]);
    assert_eq!(sums(&server, "Errors", &[name, ("Resource", "f")]).await, [(1.0, 2.0)]);
    let live = [("Resource", "f:live"), name];
    assert_eq!(sums(&server, "Throttles", &live).await, [(0.0, 1.0)]);
    let ran = [live[0], name, ("ExecutedVersion", "1")];
    assert_eq!(sums(&server, "Duration", &ran).await, [(0.0, 1.0)]);
    assert_eq!(sums(&server, "Duration", &[("FunctionName", "g")]).await, []);
    let text = server.server.metrics().prometheus();
    assert!(text.contains("function=\"f\"} 3\n"), "{text}");
}

#[tokio::test]
async fn what_runs_at_once_is_seen_by_function_and_account() {
    let server = with_function(FakeHost::new(fails_when_told)).await;
    server.send(Method::POST, INVOKE, "1").await;
    assert_eq!(sums(&server, "ConcurrentExecutions", &[("FunctionName", "f")]).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "ConcurrentExecutions", &[]).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "UnreservedConcurrentExecutions", &[]).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "ClaimedAccountConcurrency", &[]).await, [(1.0, 1.0)]);
}

#[tokio::test]
async fn refused_invocations_are_throttles_and_nothing_else() {
    let server = with_function(FakeHost::new(fails_when_told)).await;
    let none = json!({ "ReservedConcurrentExecutions": 0 });
    let (status, body) = server.call(Method::PUT, "/2017-10-31/functions/f/concurrency", &none).await;
    assert_eq!(status, 200, "{body}");
    server.send(Method::POST, INVOKE, "1").await;
    let name = ("FunctionName", "f");
    assert_eq!(sums(&server, "Throttles", &[name]).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "Invocations", &[name]).await, []);
    assert_eq!(sums(&server, "Errors", &[name]).await, []);
}

#[tokio::test]
async fn provisioned_concurrency_is_measured_by_what_was_asked_for() {
    let server = TestServer::start_for(FakeHost::new(fails_when_told), 1000).await;
    create(&server, "f").await;
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    let path = "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1";
    let wanted = json!({ "ProvisionedConcurrentExecutions": 2 });
    let (status, body) = server.call(Method::PUT, path, &wanted).await;
    assert_eq!(status, 202, "{body}");
    while server.call(Method::GET, path, &Value::Null).await.1["Status"] != "READY" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.send(Method::POST, &format!("{INVOKE}?Qualifier=1"), "1").await;
    let one = [("FunctionName", "f"), ("Resource", "f:1")];
    assert_eq!(sums(&server, "ProvisionedConcurrencyInvocations", &one).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "ProvisionedConcurrentExecutions", &one).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "ProvisionedConcurrencyUtilization", &one).await, [(0.5, 1.0)]);
    assert_eq!(sums(&server, "ProvisionedConcurrencySpilloverInvocations", &one).await, []);
}
