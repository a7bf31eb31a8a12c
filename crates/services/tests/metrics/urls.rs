//! Requests to function URLs, measured: each is counted, whoever answers it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Method, Request};
use lambent_sandbox::{Exit, Output};
use lambent_services::body::whole;
use lambent_services::url;
use lambent_testkit::one_function::{settled, with_function};
use lambent_testkit::{FakeHost, PausedClock, Program};
use serde_json::json;

use super::*;

fn by_path(_: &Spec, event: &Event) -> Answer {
    let event: Value = serde_json::from_slice(&event.payload).expect("an event is JSON");
    match event["rawPath"].as_str() {
        Some("/crash") => Answer::Exited(Exit::Code(1)),
        Some("/lost") => said("{\"statusCode\":404}"),
        _ => said("{\"statusCode\":200}"),
    }
}

/// The host of the URL of what has this qualifier.
async fn url_of(server: &TestServer, qualifier: &str) -> String {
    let path = format!("/2021-10-31/functions/f/url{qualifier}");
    let (status, body) = server.call(Method::POST, &path, &json!({ "AuthType": "NONE" })).await;
    assert_eq!(status, 201, "{body}");
    let url = body["FunctionUrl"].as_str().expect("it is a text");
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

async fn open(server: &TestServer, qualifier: &str) {
    for permission in [
        json!({ "StatementId": "u", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE" }),
        json!({ "StatementId": "i", "Principal": "*", "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": true }),
    ] {
        let path = format!("/2015-03-31/functions/f/policy{qualifier}");
        let (status, body) = server.call(Method::POST, &path, &permission).await;
        assert_eq!(status, 201, "{body}");
    }
}

async fn get(server: &TestServer, host: &str, path: &str) -> u16 {
    let request = Request::get(path).header("host", host).body(Full::new(Bytes::new()));
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let answer = url::answer(&server.server, request.expect("the path is valid"), peer).await;
    whole(answer).await.status().as_u16()
}

#[tokio::test]
async fn requests_to_a_url_are_counted_by_their_answers() {
    let server = with_function(FakeHost::new(by_path)).await;
    settled(&server).await;
    let host = url_of(&server, "").await;
    assert_eq!(get(&server, &host, "/").await, 403, "nobody was let in yet");
    open(&server, "").await;
    for (path, status) in [("/", 200), ("/lost", 404), ("/crash", 502)] {
        assert_eq!(get(&server, &host, path).await, status);
    }
    for dimensions in [&[("FunctionName", "f")][..], &[("FunctionName", "f"), ("Resource", "f")]] {
        assert_eq!(sums(&server, "UrlRequestCount", dimensions).await, [(4.0, 4.0)]);
        assert_eq!(sums(&server, "Url4xxCount", dimensions).await, [(2.0, 4.0)]);
        assert_eq!(sums(&server, "Url5xxCount", dimensions).await, [(1.0, 4.0)]);
        assert_eq!(sums(&server, "UrlRequestLatency", dimensions).await, [(0.0, 4.0)]);
    }
    assert_eq!(sums(&server, "UrlRequestCount", &[]).await, [], "AWS has no sum over all functions");
    assert_eq!(sums(&server, "Invocations", &[("FunctionName", "f")]).await, [(3.0, 3.0)]);
}

/// Answers after a second and a half, on the clock of a server.
struct Slow(Arc<OnceLock<Arc<PausedClock>>>);

impl Program for Slow {
    fn invoke(&self, _: &Spec, _: &Event, _: &Output) -> Answer {
        let clock = self.0.get().expect("the server is there");
        clock.advance(Duration::from_millis(1500));
        said("1")
    }
}

#[tokio::test]
async fn the_url_of_an_alias_is_counted_under_the_alias_and_so_is_its_latency() {
    let clock = Arc::default();
    let server = with_function(FakeHost::new(Slow(Arc::clone(&clock)))).await;
    clock.set(Arc::clone(&server.clock)).expect("it is set once");
    settled(&server).await;
    server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    server.call(Method::POST, "/2015-03-31/functions/f/aliases", &alias).await;
    let host = url_of(&server, "?Qualifier=live").await;
    open(&server, "?Qualifier=live").await;
    assert_eq!(get(&server, &host, "/").await, 200);
    let live = [("FunctionName", "f"), ("Resource", "f:live")];
    assert_eq!(sums(&server, "UrlRequestCount", &live).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "UrlRequestLatency", &live).await, [(1500.0, 1.0)]);
    assert_eq!(sums(&server, "UrlRequestCount", &[("FunctionName", "f"), ("Resource", "f")]).await, []);
}
