//! What is put: read again, in every protocol, or refused.

use lambent_testkit::FakeHost;

use super::*;

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
