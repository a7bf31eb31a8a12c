//! What alarms do as time passes, through the pipeline of a whole server, on a clock that only the test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use lambent_sandbox::{Answer, Event, Output, Spec};
use lambent_services::upstream::Place;
use lambent_testkit::one_alarm::{call, described, history, put_value, settings, with};
use lambent_testkit::one_function::{said, with_function};
use lambent_testkit::upstream::answer;
use lambent_testkit::{FakeHost, FakeUpstream, Program, TestServer};
use serde_json::{Value, json};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";

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
async fn a_percentile_of_few_samples_changes_no_state_where_that_is_ignored() {
    let server = TestServer::start(quiet()).await;
    let p99 = |name: &str, option: &str| {
        let mut alarm = settings(name);
        alarm.as_object_mut().unwrap().remove("Statistic");
        with(alarm, json!({ "ExtendedStatistic": "p99", "EvaluateLowSampleCountPercentile": option }))
    };
    // Evaluated in the order of their names: when the second has a state, the first has been looked at.
    call(&server, "PutMetricAlarm", p99("a", "ignore")).await;
    call(&server, "PutMetricAlarm", p99("b", "evaluate")).await;
    let samples = async |value: f64, count: f64| {
        let datum = json!({ "MetricName": "Orders", "Values": [value], "Counts": [count] });
        call(&server, "PutMetricData", json!({ "Namespace": "Shop", "MetricData": [datum] })).await;
        server.jump(Duration::from_secs(60));
    };
    samples(5.0, 999.0).await;
    until_state(&server, "b", "ALARM").await;
    assert_eq!(described(&server, "a").await["StateReason"], "Unchecked: Initial alarm creation");
    samples(5.0, 1000.0).await;
    until_state(&server, "a", "ALARM").await;
    samples(1.0, 999.0).await;
    until_state(&server, "b", "OK").await;
    let few = described(&server, "a").await;
    assert_eq!(
        (&few["StateValue"], &few["EvaluateLowSampleCountPercentile"]),
        (&json!("ALARM"), &json!("ignore"))
    );
    // No sample at all is data that is missing.
    server.jump(Duration::from_secs(3600));
    until_state(&server, "a", "INSUFFICIENT_DATA").await;
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
