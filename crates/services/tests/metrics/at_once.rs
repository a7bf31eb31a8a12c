//! What runs at once, measured: concurrency by function and account, provisioned environments and what goes beyond them,
//! and how long extensions go on.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Method;
use lambent_sandbox::{Init, Notice, Output, Settled};
use lambent_testkit::one_function::{INVOKE, create};
use lambent_testkit::{FakeHost, PausedClock, Program};
use serde_json::json;

use super::*;

/// Answers after that long, in tokio's time.
struct Together(Duration);

impl Program for Together {
    fn invoke(&self, _: &Spec, _: &Event, _: &Output) -> Answer {
        said("1")
    }

    fn takes(&self, _: &Event) -> Duration {
        self.0
    }
}

/// The maximum of a metric.
async fn most(server: &TestServer, name: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
    let dimensions: Vec<_> = dimensions.iter().map(|(n, v)| json!({ "Name": n, "Value": v })).collect();
    let body = json!({
        "Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions, "Period": 3600,
        "StartTime": NOON_S, "EndTime": NOON_S + 3600, "Statistics": ["Maximum"],
    });
    let found = call(server, "GetMetricStatistics", body).await;
    found["Datapoints"][0]["Maximum"].as_f64()
}

/// Two invocations at once of each of these paths.
async fn at_once(server: &TestServer, paths: &[&str]) {
    let two = paths.iter().flat_map(|path| [*path, *path]);
    let answers = futures_util::future::join_all(two.map(|path| server.send(Method::POST, path, "1"))).await;
    assert!(answers.iter().all(|answer| answer.status() == 200), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn what_runs_at_once_is_split_into_reserved_and_not() {
    let server = TestServer::start_for(FakeHost::new(Together(Duration::from_secs(1))), 1000).await;
    create(&server, "f").await;
    create(&server, "g").await;
    let reserved = json!({ "ReservedConcurrentExecutions": 7 });
    let (status, body) = server.call(Method::PUT, "/2017-10-31/functions/g/concurrency", &reserved).await;
    assert_eq!(status, 200, "{body}");
    at_once(&server, &[INVOKE, "/2015-03-31/functions/g/invocations"]).await;
    for (name, dimensions, expected) in [
        ("ConcurrentExecutions", &[][..], 4.0),
        ("ConcurrentExecutions", &[("FunctionName", "f")], 2.0),
        ("ConcurrentExecutions", &[("FunctionName", "g")], 2.0),
        ("UnreservedConcurrentExecutions", &[], 2.0),
        // What is reserved is claimed whether it runs or not.
        ("ClaimedAccountConcurrency", &[], 9.0),
    ] {
        assert_eq!(most(&server, name, dimensions).await, Some(expected), "{name} {dimensions:?}");
    }
    assert_eq!(most(&server, "UnreservedConcurrentExecutions", &[("FunctionName", "f")]).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_goes_beyond_provisioned_environments_is_counted() {
    let server = TestServer::start_for(FakeHost::new(Together(Duration::from_secs(1))), 1000).await;
    create(&server, "f").await;
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    let path = "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1";
    let wanted = json!({ "ProvisionedConcurrentExecutions": 1 });
    assert_eq!(server.call(Method::PUT, path, &wanted).await.0, 202);
    while server.call(Method::GET, path, &Value::Null).await.1["Status"] != "READY" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    at_once(&server, &[&format!("{INVOKE}?Qualifier=1")]).await;
    let one = [("FunctionName", "f"), ("Resource", "f:1")];
    assert_eq!(sums(&server, "ProvisionedConcurrencyInvocations", &one).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "ProvisionedConcurrencySpilloverInvocations", &one).await, [(1.0, 1.0)]);
    assert_eq!(most(&server, "ProvisionedConcurrencyUtilization", &one).await, Some(1.0));
    assert_eq!(most(&server, "ProvisionedConcurrentExecutions", &one).await, Some(1.0));
    assert_eq!(sums(&server, "Invocations", &one).await, [(2.0, 2.0)]);
    // One provisioned environment and one invocation beyond it.
    assert_eq!(most(&server, "ClaimedAccountConcurrency", &[]).await, Some(2.0));
}

/// Has an extension that goes on for a quarter of a second, on the clock of a server.
struct Extended(Arc<OnceLock<Arc<PausedClock>>>);

impl Program for Extended {
    fn begin(&self, _: &Spec, output: &Output) -> Init {
        let (name, events) = ("x".to_owned(), vec!["INVOKE"]);
        output.notice(Notice::Extension { name, state: "Ready", events, error_type: None });
        Init::Ready
    }

    fn invoke(&self, _: &Spec, _: &Event, _: &Output) -> Answer {
        self.0.get().expect("the server is there").advance(Duration::from_millis(100));
        said("1")
    }

    fn extensions(&self, invoked: bool) -> Settled {
        if invoked {
            self.0.get().expect("the server is there").advance(Duration::from_millis(250));
        }
        Settled::Ready
    }
}

#[tokio::test]
async fn extensions_go_on_after_the_runtime_and_that_is_measured() {
    let clock = Arc::default();
    let server = TestServer::start(FakeHost::new(Extended(Arc::clone(&clock)))).await;
    clock.set(Arc::clone(&server.clock)).expect("it is set once");
    create(&server, "f").await;
    server.send(Method::POST, INVOKE, "1").await;
    let name = [("FunctionName", "f")];
    assert_eq!(in_the_end(&server, "PostRuntimeExtensionsDuration", &name).await, [(250.0, 1.0)]);
    assert_eq!(sums(&server, "Duration", &name).await, [(350.0, 1.0)]);
    assert_eq!(sums(&server, "PostRuntimeExtensionsDuration", &[]).await, [(250.0, 1.0)]);
}
