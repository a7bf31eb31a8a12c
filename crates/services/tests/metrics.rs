//! Metrics through the pipeline of a whole server with fake sandboxes: measured, put, listed and computed, in the three
//! protocols that clients speak.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use lambent_sandbox::{Answer, Event, Reported, Spec};
use lambent_testkit::one_function::{INVOKE, said, with_function};
use lambent_testkit::{FakeHost, TestServer};
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
    let request = request.header("authorization", signed).body(Full::new(body)).unwrap();
    lambent_services::pipeline::handle(&server.server, request).await
}

async fn call_as(server: &TestServer, account: &str, operation: &str, body: Value) -> (u16, Value, String) {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
    let response = send(server, account, &headers, "/", body.to_string().into()).await;
    let code = response.headers().get("x-amzn-query-error").map(|value| value.to_str().unwrap().to_owned());
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
    let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default().to_owned();
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
    let points = found["Datapoints"].as_array().unwrap().iter();
    points.map(|point| (point["Sum"].as_f64().unwrap(), point["SampleCount"].as_f64().unwrap())).collect()
}

fn fails_when_told(_: &Spec, event: &Event) -> Answer {
    match &event.payload[..] {
        b"\"fail\"" => Answer::Error(Reported { error_type: None, content_type: None, body: "{}".into() }),
        _ => said("1"),
    }
}

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
async fn what_is_put_is_read_as_each_statistic() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    put(&server, json!([
        { "MetricName": "m", "Value": 5.5, "Unit": "Seconds" },
        { "MetricName": "m", "Values": [1.0, 2.0], "Counts": [1.0, 3.0], "Unit": "Seconds" },
        { "MetricName": "m", "StatisticValues": { "SampleCount": 2, "Sum": 9, "Minimum": 4, "Maximum": 5 } },
    ])).await;
    let ask = json!({
        "Namespace": "Mine", "MetricName": "m", "Period": 60, "StartTime": NOON_S - 60, "EndTime": NOON_S + 60,
        "Statistics": ["Average", "Minimum", "Maximum", "Sum", "SampleCount"], "ExtendedStatistics": ["p50", "tm(1:5)"],
    });
    let found = call(&server, "GetMetricStatistics", ask).await;
    assert_eq!(found["Label"], "m");
    let points = found["Datapoints"].as_array().unwrap();
    assert_eq!(
        points[0],
        json!({
            "Timestamp": NOON_S, "SampleCount": 2.0, "Average": 4.5, "Sum": 9.0, "Minimum": 4.0, "Maximum": 5.0, "Unit": "None",
        })
    );
    assert_eq!(
        points[1],
        json!({
            "Timestamp": NOON_S, "SampleCount": 5.0, "Average": 2.5, "Sum": 12.5, "Minimum": 1.0, "Maximum": 5.5,
            "Unit": "Seconds", "ExtendedStatistics": { "p50": 2.0, "tm(1:5)": 2.0 },
        })
    );
    let (_, body, _) = call_as(&server, "111111111111", "ListMetrics", json!({})).await;
    assert_eq!(body, json!({ "Metrics": [] }), "another account sees nothing");
}

fn stat(id: &str, name: &str, stat: &str) -> Value {
    let metric = json!({ "Namespace": "Mine", "MetricName": name });
    json!({ "Id": id, "MetricStat": { "Metric": metric, "Period": 60, "Stat": stat } })
}

async fn data(server: &TestServer, queries: Value, more: Value) -> Value {
    let mut body = json!({ "MetricDataQueries": queries, "StartTime": NOON_S - 600, "EndTime": NOON_S + 60 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call(server, "GetMetricData", body).await
}

#[tokio::test]
async fn metrics_are_computed_with_each_other() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    for minute in 0..3 {
        let at = NOON_S - 60 * minute;
        put(
            &server,
            json!([
                { "MetricName": "a", "Value": minute, "Timestamp": at },
                { "MetricName": "b", "Value": 10, "Timestamp": at },
            ]),
        )
        .await;
    }
    let mut hidden = stat("b", "b", "Maximum");
    hidden["ReturnData"] = json!(false);
    let sum = json!({ "Id": "e", "Expression": "SUM([twice, b])", "Label": "all" });
    let twice = json!({ "Id": "twice", "Expression": "a * 2", "ReturnData": false });
    let found = data(&server, json!([sum, twice, stat("a", "a", "Sum"), hidden]), json!({})).await;
    assert_eq!(
        found,
        json!({ "Messages": [], "MetricDataResults": [
        { "Id": "e", "Label": "all", "StatusCode": "Complete",
          "Timestamps": [NOON_S, NOON_S - 60, NOON_S - 120], "Values": [10.0, 12.0, 14.0] },
        { "Id": "a", "Label": "a Sum", "StatusCode": "Complete",
          "Timestamps": [NOON_S, NOON_S - 60, NOON_S - 120], "Values": [0.0, 1.0, 2.0] },
    ] })
    );
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    for minute in 0..4 {
        put(&server, json!([{ "MetricName": "a", "Value": minute, "Timestamp": NOON_S - 60 * minute }]))
            .await;
    }
    let queries = json!([stat("a", "a", "Sum"), stat("b", "a", "Sum")]);
    let (mut token, mut pages) = (json!({ "MaxDatapoints": 3, "ScanBy": "TimestampAscending" }), Vec::new());
    loop {
        let found = data(&server, queries.clone(), token.clone()).await;
        let results = found["MetricDataResults"].as_array().unwrap().iter();
        pages.push(results.map(|r| (r["Values"].clone(), r["StatusCode"].clone())).collect::<Vec<_>>());
        match found.get("NextToken") {
            Some(next) => token["NextToken"] = next.clone(),
            None => break,
        }
    }
    let page = |values: Value, whole: bool| (values, json!(if whole { "Complete" } else { "PartialData" }));
    assert_eq!(pages[0], [page(json!([3.0, 2.0, 1.0]), false), page(json!([]), false)]);
    assert_eq!(pages[1], [page(json!([0.0]), true), page(json!([3.0, 2.0]), false)]);
    assert_eq!(pages[2], [page(json!([]), true), page(json!([1.0, 0.0]), true)]);
    assert_eq!(pages.len(), 3);
}

#[tokio::test]
async fn metrics_are_listed_by_name_and_dimension_in_pages() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    let datum = |number: usize| {
        let dimensions =
            json!([{ "Name": "N", "Value": number.to_string() }, { "Name": "All", "Value": "x" }]);
        json!({ "MetricName": format!("m{}", number % 2), "Value": 1, "Dimensions": dimensions })
    };
    put(&server, (0..600).map(datum).collect()).await;
    let first = call(&server, "ListMetrics", json!({ "Namespace": "Mine" })).await;
    assert_eq!(first["Metrics"].as_array().unwrap().len(), 500);
    let next = json!({ "Namespace": "Mine", "NextToken": first["NextToken"] });
    let second = call(&server, "ListMetrics", next).await;
    assert_eq!((second["Metrics"].as_array().unwrap().len(), second.get("NextToken")), (100, None));
    let one = json!({ "MetricName": "m1", "Dimensions": [{ "Name": "N", "Value": "7" }, { "Name": "All" }] });
    let found = call(&server, "ListMetrics", one.clone()).await;
    assert_eq!(
        found,
        json!({ "Metrics": [{
        "Namespace": "Mine", "MetricName": "m1",
        "Dimensions": [{ "Name": "All", "Value": "x" }, { "Name": "N", "Value": "7" }],
    }] })
    );
    server.clock.advance(Duration::from_secs(5 * 3600));
    let recent = json!({ "RecentlyActive": "PT3H" });
    assert_eq!(call(&server, "ListMetrics", recent).await, json!({ "Metrics": [] }));
    server.clock.advance(Duration::from_secs(15 * 86_400));
    assert_eq!(call(&server, "ListMetrics", one).await, json!({ "Metrics": [] }));
}

#[tokio::test]
async fn every_protocol_is_answered_in_its_own() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    let form = "Action=PutMetricData&Version=2010-08-01&Namespace=Mine&MetricData.member.1.MetricName=q\
                &MetricData.member.1.Value=3&MetricData.member.1.Dimensions.member.1.Name=D\
                &MetricData.member.1.Dimensions.member.1.Value=V";
    let query = [("content-type", "application/x-www-form-urlencoded")];
    let response = send(&server, "000000000000", &query, "/", form.into()).await;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert!(response.status() == 200 && text.starts_with("<PutMetricDataResponse xmlns="), "{text}");
    let list = "Action=ListMetrics&Version=2010-08-01&Namespace=Mine".into();
    let text = send(&server, "000000000000", &query, "/", list).await;
    let text = String::from_utf8_lossy(text.body()).into_owned();
    assert!(
        text.contains("<Metrics><member><Namespace>Mine</Namespace><MetricName>q</MetricName>"),
        "{text}"
    );
    let wrong =
        "Action=PutMetricData&Version=2010-08-01&Namespace=AWS/X&MetricData.member.1.MetricName=q".into();
    let text = send(&server, "000000000000", &query, "/", wrong).await;
    let text = String::from_utf8_lossy(text.body()).into_owned();
    assert!(text.contains("<Type>Sender</Type><Code>InvalidParameterValue</Code>"), "{text}");
    let cbor = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
    let path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
    let response = send(&server, "000000000000", &cbor, path, Bytes::from_static(b"\xa0")).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["smithy-protocol"]),
        (200, &"rpc-v2-cbor".parse().unwrap())
    );
    let path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
    let body = Bytes::from_static(b"\xa1\x69Namespace\x64Mine");
    let response = send(&server, "000000000000", &cbor, path, body).await;
    assert_eq!(response.headers()["x-amzn-query-error"], "MissingParameter;Sender");
}

#[tokio::test]
async fn what_cannot_be_put_is_refused_in_the_words_of_aws() {
    let server = TestServer::start(FakeHost::new(fails_when_told)).await;
    let member = "MetricData.member.1";
    let exclusive = |one: &str, other: &str| {
        format!(
            "The parameters {member}.{one} and {member}.{other} are mutually exclusive and you have specified both."
        )
    };
    let invalid = |member: &str, value: &str| {
        format!("The value {value} for parameter MetricData.member.1.{member} is invalid.")
    };
    let set = json!({ "SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1 });
    for (datum, code, message) in [
        (json!({ "Value": "NaN" }), "InvalidParameterValue", invalid("Value", "NaN")),
        (json!({ "Value": "-Infinity" }), "InvalidParameterValue", invalid("Value", "-Infinity")),
        (json!({ "Value": 1, "Values": [1] }), "InvalidParameterCombination", exclusive("Value", "Values")),
        (
            json!({ "Value": 1, "StatisticValues": set }),
            "InvalidParameterCombination",
            exclusive("Value", "StatisticValues"),
        ),
        (
            json!({ "Values": [1, 2], "Counts": [1] }),
            "InvalidParameterValue",
            format!("The parameters {member}.Values and {member}.Counts must be of the same size."),
        ),
        (
            json!({ "Value": 1, "StorageResolution": 5 }),
            "InvalidParameterValue",
            invalid("StorageResolution", "5"),
        ),
        (
            json!({ "Value": 1, "Timestamp": NOON_S + 7201 }),
            "InvalidParameterValue",
            format!(
                "The parameter {member}.Timestamp must specify a time no more than two hours in the future."
            ),
        ),
        (
            json!({ "Value": 1, "Timestamp": NOON_S - 15 * 86_400 }),
            "InvalidParameterValue",
            format!("The parameter {member}.Timestamp must specify a time within the past two weeks."),
        ),
        (json!({}), "MissingParameter", "At least one of the parameters must be specified.".to_owned()),
    ] {
        let mut datum = datum;
        datum["MetricName"] = json!("m");
        let body = json!({ "Namespace": "Mine", "MetricData": [datum] });
        assert_eq!(refused(&server, "PutMetricData", body).await, (code.to_owned(), message));
    }
    let entity = json!({ "Namespace": "Mine", "EntityMetricData": [{}] });
    assert_eq!(
        refused(&server, "PutMetricData", entity).await.1,
        "EntityMetricData is not there yet in Lambent"
    );
}
