//! Events: put, read page by page, filtered, and those of functions.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::FakeHost;
use lambent_testkit::one_function::{INVOKE, said, with_function};
use serde_json::{Value, json};

use crate::{NOW_MS, done, is_refused, put, with_stream};

#[tokio::test]
async fn the_last_page_of_events_gives_its_own_token() {
    let server = with_stream().await;
    put(&server, &[NOW_MS, NOW_MS + 1, NOW_MS + 2]).await;
    let get = |more: Value| {
        let mut body = json!({ "logGroupName": "g", "logStreamName": "s", "limit": 2 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        done(&server, "GetLogEvents", body)
    };
    let times = |page: &Value| -> Vec<i64> {
        page["events"].as_array().unwrap().iter().map(|e| e["timestamp"].as_i64().unwrap() - NOW_MS).collect()
    };
    let newest = get(json!({})).await;
    assert_eq!(times(&newest), [1, 2]);
    let older = get(json!({ "nextToken": newest["nextBackwardToken"] })).await;
    assert_eq!(times(&older), [0]);
    let none = get(json!({ "nextToken": older["nextBackwardToken"] })).await;
    assert_eq!((times(&none), &none["nextBackwardToken"]), (vec![], &older["nextBackwardToken"]));
    let head = get(json!({ "startFromHead": true })).await;
    assert_eq!(times(&head), [0, 1]);
    let rest = get(json!({ "startFromHead": true, "nextToken": head["nextForwardToken"] })).await;
    assert_eq!(times(&rest), [2]);
    let end = get(json!({ "startFromHead": true, "nextToken": rest["nextForwardToken"] })).await;
    assert_eq!((times(&end), &end["nextForwardToken"]), (vec![], &rest["nextForwardToken"]));
    put(&server, &[NOW_MS + 3]).await;
    let followed = get(json!({ "startFromHead": true, "nextToken": end["nextForwardToken"] })).await;
    assert_eq!(times(&followed), [3]);
    assert_eq!(times(&get(json!({ "startTime": NOW_MS + 1, "endTime": NOW_MS + 2 })).await), [1]);
    is_refused(
        &server
            .logs("GetLogEvents", &json!({ "logGroupName": "g", "logStreamName": "s", "nextToken": "x" }))
            .await,
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    );
}

#[tokio::test]
async fn batches_that_are_wrong_are_refused_and_events_out_of_time_told() {
    let server = with_stream().await;
    let batch = |events: Value| json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events });
    let event = |time: i64| json!({ "timestamp": time, "message": "x" });
    for (events, message) in [
        (
            json!([event(NOW_MS), event(NOW_MS - 1)]),
            "Log events in a single PutLogEvents request must be in chronological order.",
        ),
        (
            json!([event(NOW_MS - 86_400_001), event(NOW_MS)]),
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ),
        (
            json!([{ "timestamp": NOW_MS, "message": "x".repeat(1_048_576) }]),
            "Upload too large: 1048602 bytes exceeds limit of 1048576",
        ),
    ] {
        is_refused(&server.logs("PutLogEvents", &batch(events)).await, "InvalidParameterException", message);
    }
    let day_ms = 86_400_000;
    let old = put(&server, &[NOW_MS - 14 * day_ms - 5, NOW_MS - 14 * day_ms]).await;
    assert_eq!(old["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    let new = put(&server, &[NOW_MS, NOW_MS + 7_200_001]).await;
    assert_eq!(new["rejectedLogEventsInfo"], json!({ "tooNewLogEventStartIndex": 1 }));
    done(&server, "PutRetentionPolicy", json!({ "logGroupName": "g", "retentionInDays": 1 })).await;
    let expired = put(&server, &[NOW_MS - 2 * day_ms]).await;
    assert_eq!(expired["rejectedLogEventsInfo"], json!({ "expiredLogEventEndIndex": 1 }));
    let found = done(&server, "FilterLogEvents", json!({ "logGroupName": "g" })).await;
    assert_eq!(found["events"].as_array().unwrap().len(), 1, "what has expired is not shown: {found}");
    done(&server, "DeleteRetentionPolicy", json!({ "logGroupName": "g" })).await;
    let found = done(&server, "FilterLogEvents", json!({ "logGroupName": "g" })).await;
    assert_eq!(found["events"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn events_are_filtered_by_pattern_stream_and_time() {
    let server = with_stream().await;
    done(&server, "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "t" })).await;
    let lines = |stream: &str, from: i64| {
        let events: Vec<Value> = (0..3)
            .map(|n| json!({ "timestamp": NOW_MS + from + 2 * n, "message": format!("{stream} {n}") }))
            .collect();
        json!({ "logGroupName": "g", "logStreamName": stream, "logEvents": events })
    };
    done(&server, "PutLogEvents", lines("s", 0)).await;
    done(&server, "PutLogEvents", lines("t", 1)).await;
    let filter = |more: Value| {
        let mut body = json!({ "logGroupName": "g" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        done(&server, "FilterLogEvents", body)
    };
    let texts = |page: &Value| -> Vec<String> {
        page["events"].as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&filter(json!({})).await), ["s 0", "t 0", "s 1", "t 1", "s 2", "t 2"]);
    assert_eq!(texts(&filter(json!({ "filterPattern": "[name, n > 1]" })).await), ["s 2", "t 2"]);
    assert_eq!(
        texts(&filter(json!({ "logStreamNames": ["t"], "filterPattern": "?1 ?2" })).await),
        ["t 1", "t 2"]
    );
    assert_eq!(
        texts(&filter(json!({ "logStreamNamePrefix": "s", "endTime": NOW_MS + 2 })).await),
        ["s 0", "s 1"]
    );
    let first = filter(json!({ "limit": 4 })).await;
    assert_eq!(texts(&first).len(), 4);
    let second = filter(json!({ "limit": 4, "nextToken": first["nextToken"] })).await;
    assert_eq!((texts(&second), second.get("nextToken")), (vec!["s 2".into(), "t 2".into()], None));
    let newest = filter(json!({ "startFromHead": false, "startTime": NOW_MS, "limit": 2 })).await;
    assert_eq!(texts(&newest), ["t 2", "s 2"]);
    let older = filter(json!({ "limit": 9, "startTime": NOW_MS, "nextToken": newest["nextToken"] })).await;
    assert_eq!(texts(&older), ["t 1", "s 1", "t 0", "s 0"]);
    for (body, code, message) in [
        (
            json!({ "filterPattern": "a:b" }),
            "InvalidParameterException",
            "Invalid character(s) in term 'a:b'",
        ),
        (json!({ "filterPattern": "{ $" }), "InvalidParameterException", "Invalid filter pattern"),
        (
            json!({ "logStreamNames": ["u"] }),
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        ),
    ] {
        let mut body = body;
        body["logGroupName"] = json!("g");
        is_refused(&server.logs("FilterLogEvents", &body).await, code, message);
    }
}

#[tokio::test]
async fn an_invocation_is_read_from_its_group_in_order() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("7"))).await;
    let (status, _) = server.call(Method::POST, INVOKE, &json!({})).await;
    assert_eq!(status, 200);
    let found = done(&server, "FilterLogEvents", json!({ "logGroupName": "/aws/lambda/f" })).await;
    let kinds: Vec<&str> = found["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["message"].as_str()?.split(' ').next())
        .collect();
    assert_eq!(kinds, ["INIT_START", "START", "END", "REPORT"], "{found}");
    assert!(found["events"][1]["message"].as_str().unwrap().ends_with("Version: $LATEST\n"), "{found}");
    let streams = done(&server, "DescribeLogStreams", json!({ "logGroupName": "/aws/lambda/f" })).await;
    assert!(streams["logStreams"][0]["logStreamName"].as_str().unwrap().contains("[$LATEST]"));
    let (status, _) = server.call(Method::DELETE, "/2015-03-31/functions/f", &Value::Null).await;
    assert_eq!(status, 204);
    let kept = done(&server, "FilterLogEvents", json!({ "logGroupName": "/aws/lambda/f" })).await;
    assert_eq!(kept["events"].as_array().unwrap().len(), 4, "the log outlives its function");
}
