//! What the tests of alarms share: CloudWatch called by JSON, and an alarm on a metric that the test itself puts.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use lambent_services::pipeline;
use serde_json::{Value, json};

use crate::TestServer;

/// Calls CloudWatch as the owner of an account: status and body.
///
/// # Panics
/// If the request is no request.
pub async fn call_as(server: &TestServer, account: &str, operation: &str, body: Value) -> (u16, Value) {
    let scope = format!("{account}/20260101/us-east-1/monitoring/aws4_request");
    let request = Request::post("/")
        .header("host", "test")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"),
        )
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("GraniteServiceVersion20100801.{operation}"))
        .body(Full::new(Bytes::from(body.to_string())));
    let response = pipeline::handle(&server.server, request.expect("it is valid")).await;
    let value = serde_json::from_slice(response.body()).unwrap_or_default();
    (response.status().as_u16(), value)
}

/// Calls CloudWatch, which must do as it is told.
///
/// # Panics
/// If it does not.
pub async fn call(server: &TestServer, operation: &str, body: Value) -> Value {
    let (status, value) = call_as(server, "000000000000", operation, body).await;
    assert_eq!(status, 200, "{operation}: {value}");
    value
}

/// An alarm on a metric of its own, by what PutMetricAlarm takes.
#[must_use]
pub fn settings(name: &str) -> Value {
    json!({
        "AlarmName": name, "Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 4.0, "ComparisonOperator": "GreaterThanThreshold",
    })
}

/// Settings with other ones besides.
#[must_use]
pub fn with(mut settings: Value, more: Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        settings[name] = value.clone();
    }
    settings
}

/// Puts a value of that metric.
///
/// # Panics
/// If it is not taken.
pub async fn put_value(server: &TestServer, value: f64) {
    let data = json!({ "Namespace": "Shop", "MetricData": [{ "MetricName": "Orders", "Value": value }] });
    call(server, "PutMetricData", data).await;
}

/// An alarm as it is told.
///
/// # Panics
/// If CloudWatch does not tell.
pub async fn described(server: &TestServer, name: &str) -> Value {
    call(server, "DescribeAlarms", json!({ "AlarmNames": [name] })).await["MetricAlarms"][0].clone()
}

/// What happened to an alarm, in words, oldest first.
///
/// # Panics
/// If CloudWatch does not tell.
pub async fn history(server: &TestServer, name: &str, kind: &str) -> Vec<String> {
    let asked = json!({ "AlarmName": name, "HistoryItemType": kind, "ScanBy": "TimestampAscending" });
    let found = call(server, "DescribeAlarmHistory", asked).await;
    let items = found["AlarmHistoryItems"].as_array().expect("a list").clone();
    items.iter().map(|item| item["HistorySummary"].as_str().expect("a text").to_owned()).collect()
}
