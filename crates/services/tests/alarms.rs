//! Alarms put, listed, tagged and refused, through the pipeline of a whole server.

use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_alarm::{call, call_as, described, history, settings, with};
use lambent_testkit::one_function::said;
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

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
    let check = async |operation: &str, body: Value, expected: (u16, &str)| {
        let (status, answer) = call_as(&server, "000000000000", operation, body.clone()).await;
        let text = answer.to_string();
        assert!(status == expected.0 && text.contains(expected.1), "{operation} {body}: {status} {text}");
    };
    for (more, words) in [
        (json!({ "Period": 61 }), "multiple of 60"),
        (json!({ "Namespace": "AWS/Lambda", "Period": 30 }), "greater than 60s"),
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
    for operation in [
        "DescribeAnomalyDetectors",
        "GetDashboard",
        "ListDashboards",
        "ListMetricStreams",
        "PutAnomalyDetector",
        "PutCompositeAlarm",
        "PutDashboard",
        "PutInsightRule",
        "PutMetricStream",
    ] {
        let words = format!("Lambent does not have the operation {operation} yet.");
        check(operation, json!({}), (400, words.as_str())).await;
    }
    let set = json!({ "AlarmName": "none", "StateValue": "OK", "StateReason": "x" });
    check("SetAlarmState", set.clone(), (404, "ResourceNotFound")).await;
    check("SetAlarmState", with(set, json!({ "StateReasonData": "{" })), (400, "InvalidFormat")).await;
}
