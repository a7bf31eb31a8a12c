//! Alarms through the pipeline of a whole server with fake sandboxes, on a clock that only the test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use lambent_sandbox::{Answer, Event, Output, Spec};
use lambent_services::upstream::Place;
use lambent_testkit::one_function::{create, said, with_function};
use lambent_testkit::upstream::answer;
use lambent_testkit::{FakeHost, FakeUpstream, Program, TestServer};
use serde_json::{Value, json};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";

/// Calls CloudWatch as the owner of an account.
async fn call_as(server: &TestServer, account: &str, operation: &str, body: Value) -> (u16, Value) {
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
    let response = lambent_services::pipeline::handle(&server.server, request.expect("it is valid")).await;
    let value = serde_json::from_slice(response.body()).unwrap_or_default();
    (response.status().as_u16(), value)
}

async fn call(server: &TestServer, operation: &str, body: Value) -> Value {
    let (status, value) = call_as(server, "000000000000", operation, body).await;
    assert_eq!(status, 200, "{operation}: {value}");
    value
}

fn settings(name: &str) -> Value {
    json!({
        "AlarmName": name, "Namespace": "Shop", "MetricName": "Orders", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 4.0, "ComparisonOperator": "GreaterThanThreshold",
    })
}

fn with(mut settings: Value, more: Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        settings[name] = value.clone();
    }
    settings
}

async fn put_value(server: &TestServer, value: f64) {
    let data = json!({ "Namespace": "Shop", "MetricData": [{ "MetricName": "Orders", "Value": value }] });
    call(server, "PutMetricData", data).await;
}

async fn described(server: &TestServer, name: &str) -> Value {
    call(server, "DescribeAlarms", json!({ "AlarmNames": [name] })).await["MetricAlarms"][0].clone()
}

/// Waits until an alarm has this state, in no time of the server's.
async fn until_state(server: &TestServer, name: &str, state: &str) -> Value {
    for _ in 0..5000 {
        let alarm = described(server, name).await;
        if alarm["StateValue"] == state {
            return alarm;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{name} is {:?}, never {state}", described(server, name).await);
}

async fn history(server: &TestServer, name: &str, kind: &str) -> Vec<String> {
    let asked = json!({ "AlarmName": name, "HistoryItemType": kind, "ScanBy": "TimestampAscending" });
    let found = call(server, "DescribeAlarmHistory", asked).await;
    let items = found["AlarmHistoryItems"].as_array().expect("a list").clone();
    items.iter().map(|item| item["HistorySummary"].as_str().expect("a text").to_owned()).collect()
}

async fn until_acted(server: &TestServer, name: &str) -> String {
    for _ in 0..5000 {
        if let Some(last) = history(server, name, "Action").await.pop() {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{name} never acted");
}

fn quiet() -> FakeHost {
    FakeHost::new(|_: &Spec, _: &Event| said("1"))
}

#[tokio::test(start_paused = true)]
async fn a_new_alarm_has_too_little_data_and_the_members_of_aws() {
    let server = TestServer::start(quiet()).await;
    call(&server, "PutMetricAlarm", settings("orders")).await;
    let shown = described(&server, "orders").await;
    assert_eq!(shown["AlarmArn"], "arn:aws:cloudwatch:us-east-1:000000000000:alarm:orders");
    let state = ["StateValue", "StateReason"].map(|member| shown[member].as_str().unwrap());
    assert_eq!(state, ["INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"]);
    assert_eq!(shown["ActionsEnabled"], true);
    for empty in ["OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"] {
        assert_eq!(shown[empty], json!([]), "{empty}");
    }
    for absent in
        ["TreatMissingData", "DatapointsToAlarm", "StateReasonData", "Unit", "Metrics", "AlarmDescription"]
    {
        assert!(shown.get(absent).is_none(), "{absent}");
    }
    assert_eq!(history(&server, "orders", "ConfigurationUpdate").await, ["Alarm \"orders\" created"]);
}

#[tokio::test(start_paused = true)]
async fn an_alarm_goes_off_and_comes_back_as_its_metric_says() {
    let server = TestServer::start(quiet()).await;
    call(&server, "PutMetricAlarm", settings("orders")).await;
    put_value(&server, 5.0).await;
    server.jump(Duration::from_secs(60));
    let alarm = until_state(&server, "orders", "ALARM").await;
    assert_eq!(
        alarm["StateReason"],
        "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (02/01/26 12:00:00)] was greater than the threshold \
         (4.0) (minimum 1 datapoint for OK -> ALARM transition)."
    );
    let data: Value = serde_json::from_str(alarm["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!((&data["statistic"], &data["recentDatapoints"]), (&json!("Sum"), &json!([5.0])));
    put_value(&server, 1.0).await;
    server.jump(Duration::from_secs(60));
    until_state(&server, "orders", "OK").await;
    // Nothing comes any more: what is missing is missed after a while, in the minutes that were jumped over.
    server.jump(Duration::from_secs(3600));
    let alarm = until_state(&server, "orders", "INSUFFICIENT_DATA").await;
    assert_eq!(alarm["StateReason"], "Insufficient Data: 1 datapoint was unknown.");
    assert_eq!(
        history(&server, "orders", "StateUpdate").await,
        [
            "Alarm updated from INSUFFICIENT_DATA to ALARM",
            "Alarm updated from ALARM to OK",
            "Alarm updated from OK to INSUFFICIENT_DATA"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_expression_over_metrics_is_watched() {
    let server = TestServer::start(quiet()).await;
    let metric = json!({ "Namespace": "Shop", "MetricName": "Orders" });
    let watched = json!({
        "AlarmName": "double", "EvaluationPeriods": 1, "Threshold": 9.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Metrics": [
            { "Id": "twice", "Expression": "m1 * 2", "Label": "twice" },
            { "Id": "m1", "ReturnData": false, "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Sum" } },
        ],
    });
    call(&server, "PutMetricAlarm", watched).await;
    put_value(&server, 5.0).await;
    server.jump(Duration::from_secs(60));
    let alarm = until_state(&server, "double", "ALARM").await;
    assert_eq!(alarm["Metrics"][0]["Expression"], "m1 * 2");
    assert_eq!(alarm["Metrics"][1]["MetricStat"]["Stat"], "Sum");
    assert!(alarm["StateReason"].as_str().unwrap().contains("[10.0 ("), "{alarm}");
}

/// Writes down the events it gets.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Value>>>);

impl Program for Recorder {
    fn invoke(&self, _spec: &Spec, event: &Event, _output: &Output) -> Answer {
        let event = serde_json::from_slice(&event.payload).unwrap_or_default();
        self.0.lock().expect("nobody panics with it").push(event);
        said("1")
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_is_told_where_its_policy_lets_alarms() {
    let recorder = Recorder::default();
    let server = with_function(FakeHost::new(recorder.clone())).await;
    let alarm = with(settings("orders"), json!({ "AlarmActions": [FUNCTION], "AlarmDescription": "many" }));
    call(&server, "PutMetricAlarm", alarm).await;
    let set = |state: &str| json!({ "AlarmName": "orders", "StateValue": state, "StateReason": "test" });
    call(&server, "SetAlarmState", set("ALARM")).await;
    assert_eq!(until_acted(&server, "orders").await, format!("Failed to execute action {FUNCTION}"));
    let statement = json!({
        "StatementId": "alarms", "Action": "lambda:InvokeFunction",
        "Principal": "lambda.alarms.cloudwatch.amazonaws.com", "SourceAccount": "000000000000",
        "SourceArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:orders",
    });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions/f/policy", &statement).await;
    assert_eq!(status, 201, "{body}");
    call(&server, "SetAlarmState", set("OK")).await;
    call(&server, "SetAlarmState", set("ALARM")).await;
    while recorder.0.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let event = recorder.0.lock().unwrap()[0].clone();
    assert_eq!((&event["source"], &event["accountId"]), (&json!("aws.cloudwatch"), &json!("000000000000")));
    let data = &event["alarmData"];
    assert_eq!((&data["alarmName"], &data["state"]["value"]), (&json!("orders"), &json!("ALARM")));
    assert_eq!(data["previousState"]["value"], "OK");
    let metric = &data["configuration"]["metrics"][0]["metricStat"];
    assert_eq!((&metric["metric"]["name"], &metric["stat"]), (&json!("Orders"), &json!("Sum")));
    // A state that stays tells nobody; nor does an alarm whose actions are off.
    call(&server, "SetAlarmState", set("ALARM")).await;
    call(&server, "DisableAlarmActions", json!({ "AlarmNames": ["orders"] })).await;
    call(&server, "SetAlarmState", set("OK")).await;
    call(&server, "SetAlarmState", set("ALARM")).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(recorder.0.lock().unwrap().len(), 1);
    assert_eq!(described(&server, "orders").await["ActionsEnabled"], false);
    call(&server, "EnableAlarmActions", json!({ "AlarmNames": ["orders", "none"] })).await;
    assert_eq!(described(&server, "orders").await["ActionsEnabled"], true);
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_told_in_the_form_of_aws_and_what_cannot_be_done_is_remembered() {
    let published =
        "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
    let upstream = FakeUpstream::knowing([("Publish", answer(200, published))]);
    let place = Place::Emulator("http://127.0.0.1:9".to_owned());
    let server = TestServer::start_asking(quiet(), upstream.at(place)).await;
    let alarm = json!({ "AlarmActions": [TOPIC], "OKActions": ["arn:aws:automate:us-east-1:ec2:stop"] });
    call(&server, "PutMetricAlarm", with(settings("orders"), alarm)).await;
    let set = |state: &str| json!({ "AlarmName": "orders", "StateValue": state, "StateReason": "test" });
    call(&server, "SetAlarmState", set("ALARM")).await;
    assert_eq!(until_acted(&server, "orders").await, format!("Successfully executed action {TOPIC}"));
    let sent = String::from_utf8(upstream.seen()[0].body().to_vec()).unwrap();
    assert!(sent.contains("Subject=ALARM%3A") && sent.contains("OldStateValue"), "{sent}");
    call(&server, "SetAlarmState", set("OK")).await;
    for _ in 0..5000 {
        if history(&server, "orders", "Action").await.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let acted = history(&server, "orders", "Action").await;
    assert_eq!(acted.last().unwrap(), "Failed to execute action arn:aws:automate:us-east-1:ec2:stop");
}

#[tokio::test(start_paused = true)]
async fn alarms_are_listed_by_name_prefix_state_and_page_and_are_their_accounts_own() {
    let server = TestServer::start(quiet()).await;
    for name in ["b", "a2", "a1"] {
        call(&server, "PutMetricAlarm", settings(name)).await;
    }
    let names = async |asked: Value| -> Vec<String> {
        let found = call(&server, "DescribeAlarms", asked).await;
        let alarms = found["MetricAlarms"].as_array().unwrap().clone();
        alarms.iter().map(|alarm| alarm["AlarmName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(json!({})).await, ["a1", "a2", "b"]);
    assert_eq!(names(json!({ "AlarmNamePrefix": "a" })).await, ["a1", "a2"]);
    assert_eq!(names(json!({ "StateValue": "OK" })).await, [""; 0]);
    assert_eq!(names(json!({ "AlarmTypes": ["CompositeAlarm"] })).await, [""; 0]);
    let first = call(&server, "DescribeAlarms", json!({ "MaxRecords": 2 })).await;
    assert_eq!(names(json!({ "MaxRecords": 2, "NextToken": first["NextToken"] })).await, ["b"]);
    let (status, body) =
        call_as(&server, "000000000000", "DescribeAlarms", json!({ "NextToken": "%" })).await;
    assert_eq!(
        (status, body["__type"].as_str().unwrap().ends_with("InvalidNextToken")),
        (400, true),
        "{body}"
    );
    let (_, others) = call_as(&server, "111122223333", "DescribeAlarms", json!({})).await;
    assert_eq!(others["MetricAlarms"], json!([]));
    let metric = json!({ "Namespace": "Shop", "MetricName": "Orders" });
    let watching = call(&server, "DescribeAlarmsForMetric", metric).await;
    assert_eq!(watching["MetricAlarms"].as_array().unwrap().len(), 3);
    call(&server, "DeleteAlarms", json!({ "AlarmNames": ["a1", "none"] })).await;
    assert_eq!(names(json!({})).await, ["a2", "b"]);
    assert_eq!(history(&server, "a1", "ConfigurationUpdate").await.len(), 2, "it is remembered");
}

#[tokio::test(start_paused = true)]
async fn tags_are_put_with_a_new_alarm_and_changed_by_its_arn() {
    let server = TestServer::start(quiet()).await;
    let tags = json!({ "Tags": [{ "Key": "team", "Value": "shop" }] });
    call(&server, "PutMetricAlarm", with(settings("orders"), tags)).await;
    let arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:orders";
    let added = json!({ "ResourceARN": arn, "Tags": [{ "Key": "a", "Value": "1" }] });
    call(&server, "TagResource", added).await;
    // Those of a later put are not taken.
    let ignored = json!({ "Tags": [{ "Key": "b", "Value": "2" }] });
    call(&server, "PutMetricAlarm", with(settings("orders"), ignored)).await;
    call(&server, "UntagResource", json!({ "ResourceARN": arn, "TagKeys": ["team"] })).await;
    let listed = call(&server, "ListTagsForResource", json!({ "ResourceARN": arn })).await;
    assert_eq!(listed["Tags"], json!([{ "Key": "a", "Value": "1" }]));
    let none = json!({ "ResourceARN": format!("{arn}-none") });
    assert_eq!(call_as(&server, "000000000000", "ListTagsForResource", none).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_alarm_or_not_built_is_refused() {
    let server = TestServer::start(quiet()).await;
    create(&server, "f").await;
    let check = async |operation: &str, body: Value, expected: (u16, &str)| {
        let (status, answer) = call_as(&server, "000000000000", operation, body.clone()).await;
        let text = answer.to_string();
        assert!(status == expected.0 && text.contains(expected.1), "{operation} {body}: {status} {text}");
    };
    for (more, words) in [
        (json!({ "Period": 61 }), "multiple of 60"),
        (json!({ "EvaluationPeriods": 1441 }), "more than a day"),
        (json!({ "DatapointsToAlarm": 2 }), "DatapointsToAlarm"),
        (json!({ "TreatMissingData": "no" }), "breaching, notBreaching, ignore and missing"),
        (json!({ "ExtendedStatistic": "p99" }), "Only one of"),
        (json!({ "AlarmActions": ["topic"] }), "Invalid arn syntax"),
        (json!({ "ThresholdMetricId": "x" }), "not there yet"),
        (json!({ "ComparisonOperator": "GreaterThanUpperThreshold" }), "not there yet"),
        (json!({ "Metrics": [{ "Id": "m", "Expression": "1" }] }), "goes without"),
    ] {
        check("PutMetricAlarm", with(settings("orders"), more), (400, words)).await;
    }
    let bad = json!({
        "AlarmName": "x", "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
        "Metrics": [{ "Id": "e", "Expression": "m1 +" }],
    });
    check("PutMetricAlarm", bad, (400, "expression")).await;
    let set = json!({ "AlarmName": "none", "StateValue": "OK", "StateReason": "x" });
    check("SetAlarmState", set.clone(), (404, "ResourceNotFound")).await;
    check("SetAlarmState", with(set, json!({ "StateReasonData": "{" })), (400, "InvalidFormat")).await;
}
