//! Metrics through the pipeline of a whole server with fake sandboxes: measured, put, listed and computed, in the three
//! protocols that clients speak.

mod at_once;
mod events;
mod measured;
mod put;
mod read;
mod urls;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use lambent_sandbox::{Answer, Event, Reported, Spec};
use lambent_testkit::TestServer;
use lambent_testkit::one_function::said;
use serde_json::{Value, json};

/// Where the clock of tests stands.
const NOON_S: i64 = 1_767_355_200;

async fn send(
    server: &TestServer,
    account: &str,
    headers: &[(&str, &str)],
    path: &str,
    body: Bytes,
) -> Response<Bytes> {
    let scope = format!("{account}/20260101/us-east-1/monitoring/aws4_request");
    let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
    let mut request = Request::builder().method(Method::POST).uri(path).header("host", "test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request =
        request.header("authorization", signed).body(Full::new(body)).expect("tests write valid requests");
    lambent_services::pipeline::handle(&server.server, request).await
}

async fn call_as(server: &TestServer, account: &str, operation: &str, body: Value) -> (u16, Value, String) {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
    let response = send(server, account, &headers, "/", body.to_string().into()).await;
    let code = response
        .headers()
        .get("x-amzn-query-error")
        .map(|value| value.to_str().expect("codes are ASCII").to_owned());
    let value = serde_json::from_slice(response.body()).unwrap_or_default();
    (response.status().as_u16(), value, code.unwrap_or_default())
}

async fn call(server: &TestServer, operation: &str, body: Value) -> Value {
    let (status, body, code) = call_as(server, "000000000000", operation, body).await;
    assert_eq!(status, 200, "{operation}: {code} {body}");
    body
}

/// Code, as query has it, and message.
async fn refused(server: &TestServer, operation: &str, body: Value) -> (String, String) {
    let (status, body, code) = call_as(server, "000000000000", operation, body).await;
    assert_eq!(status, 400, "{body}");
    let message =
        body["message"].as_str().or_else(|| body["Message"].as_str()).unwrap_or_default().to_owned();
    (code.trim_end_matches(";Sender").to_owned(), message)
}

async fn put(server: &TestServer, data: Value) {
    call(server, "PutMetricData", json!({ "Namespace": "Mine", "MetricData": data })).await;
}

async fn sums(server: &TestServer, name: &str, dimensions: &[(&str, &str)]) -> Vec<(f64, f64)> {
    let dimensions: Vec<_> = dimensions.iter().map(|(n, v)| json!({ "Name": n, "Value": v })).collect();
    let body = json!({
        "Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions, "Period": 60,
        "StartTime": NOON_S, "EndTime": NOON_S + 3600, "Statistics": ["Sum", "SampleCount"],
    });
    let found = call(server, "GetMetricStatistics", body).await;
    let points = found["Datapoints"].as_array().expect("there are datapoints").iter();
    points
        .map(|point| {
            (
                point["Sum"].as_f64().expect("each sum and count is a number"),
                point["SampleCount"].as_f64().expect("each sum and count is a number"),
            )
        })
        .collect()
}

/// Sum and count of a metric once there is something of it: of what is counted behind a caller's back.
async fn in_the_end(server: &TestServer, name: &str, dimensions: &[(&str, &str)]) -> Vec<(f64, f64)> {
    for _ in 0..5000 {
        let found = sums(server, name, dimensions).await;
        if !found.is_empty() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("nothing was ever measured of {name} {dimensions:?}");
}

fn fails_when_told(_: &Spec, event: &Event) -> Answer {
    match &event.payload[..] {
        b"\"fail\"" => Answer::Error(Reported { error_type: None, content_type: None, body: "{}".into() }),
        _ => said("1"),
    }
}

fn stat(id: &str, name: &str, stat: &str) -> Value {
    let metric = json!({ "Namespace": "Mine", "MetricName": name });
    json!({ "Id": id, "MetricStat": { "Metric": metric, "Period": 60, "Stat": stat } })
}

async fn data(server: &TestServer, queries: Value, more: Value) -> Value {
    let mut body = json!({ "MetricDataQueries": queries, "StartTime": NOON_S - 600, "EndTime": NOON_S + 60 });
    body.as_object_mut()
        .expect("both are objects")
        .extend(more.as_object().expect("both are objects").clone());
    call(server, "GetMetricData", body).await
}
