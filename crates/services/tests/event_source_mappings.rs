//! The operations on event source mappings, through the pipeline of a whole server with fake sandboxes.

use std::collections::BTreeSet;

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{create as create_function, said, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const PATH: &str = "/2015-03-31/event-source-mappings";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-02T03:04:05.678";
const NO_QUEUES: &str = "Lambent has no queues to poll (--upstream-endpoint): no event reaches the function.";

async fn server() -> TestServer {
    with_function(FakeHost::new(|_: &Spec, _: &Event| said("0"))).await
}

async fn create(server: &TestServer, more: Value) -> (u16, Value) {
    let mut body = json!({ "FunctionName": "f" });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    server.call(Method::POST, PATH, &body).await
}

async fn on(server: &TestServer, method: Method, uuid: &Value, body: Value) -> (u16, Value) {
    server.call(method, &format!("{PATH}/{}", uuid.as_str().expect("a UUID")), &body).await
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, message: &str) {
    let text = answer.1.get("Message").or_else(|| answer.1.get("message"));
    assert_eq!((answer.0, text.and_then(Value::as_str).unwrap_or("")), (status, message));
}

#[track_caller]
fn members(shown: &Value, expected: &str) {
    let keys: BTreeSet<&str> = shown.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, expected.split_whitespace().collect());
}

#[tokio::test]
async fn a_mapping_of_a_queue_shows_its_defaults_and_no_more() {
    let server = server().await;
    let (status, body) = create(&server, json!({ "EventSourceArn": QUEUE })).await;
    let uuid = body["UUID"].as_str().unwrap();
    let expected = json!({
        "UUID": uuid, "BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "EventSourceArn": QUEUE,
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "LastModified": body["LastModified"],
        "State": "Creating", "StateTransitionReason": "USER_INITIATED", "FunctionResponseTypes": [],
        "EventSourceMappingArn": format!("arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}"),
    });
    assert_eq!((status, &body), (202, &expected));
    assert!(body["LastModified"].is_number(), "{body}");
    let (status, now) = on(&server, Method::GET, &body["UUID"], Value::Null).await;
    assert_eq!((status, &now["State"]), (200, &json!("Enabled")));
    assert_eq!(now["StateTransitionReason"], NO_QUEUES, "a mapping that is not polled says so");
}

#[tokio::test]
async fn a_mapping_of_a_stream_shows_its_defaults_and_no_more() {
    let server = server().await;
    for arn in [STREAM, TABLE] {
        let (status, body) =
            create(&server, json!({ "EventSourceArn": arn, "StartingPosition": "TRIM_HORIZON" })).await;
        assert_eq!(status, 202, "{body}");
        members(
            &body,
            "UUID BatchSize BisectBatchOnFunctionError DestinationConfig EventSourceArn EventSourceMappingArn \
             FunctionArn FunctionResponseTypes LastModified LastProcessingResult MaximumBatchingWindowInSeconds \
             MaximumRecordAgeInSeconds MaximumRetryAttempts ParallelizationFactor StartingPosition State \
             StateTransitionReason TumblingWindowInSeconds",
        );
        assert_eq!((&body["BatchSize"], &body["MaximumRetryAttempts"]), (&json!(100), &json!(-1)));
        assert_eq!(body["DestinationConfig"], json!({ "OnFailure": {} }));
        assert_eq!(body["LastProcessingResult"], "No records processed");
        assert_eq!(body["StateTransitionReason"], "User action");
    }
}

#[tokio::test]
async fn every_kind_of_source_keeps_what_it_was_given() {
    let server = server().await;
    let access = json!([{ "Type": "BASIC_AUTH", "URI": "arn:aws:secretsmanager:us-east-1:0:secret:s" }]);
    for (given, more) in [
        (
            json!({ "EventSourceArn": "arn:aws:kafka:us-east-1:000000000000:cluster/c/u-1", "Topics": ["topic"],
                "StartingPosition": "LATEST", "AmazonManagedKafkaEventSourceConfig": { "ConsumerGroupId": "g" } }),
            "Topics StartingPosition AmazonManagedKafkaEventSourceConfig DestinationConfig",
        ),
        (
            json!({ "SelfManagedEventSource": { "Endpoints": { "KAFKA_BOOTSTRAP_SERVERS": ["a.example:9092"] } },
                "Topics": ["topic"], "SourceAccessConfigurations": access }),
            "Topics StartingPosition SelfManagedKafkaEventSourceConfig SelfManagedEventSource DestinationConfig \
             SourceAccessConfigurations",
        ),
        (
            json!({ "EventSourceArn": "arn:aws:mq:us-east-1:000000000000:broker:b:b-1", "Queues": ["queue"],
                "SourceAccessConfigurations": access }),
            "Queues SourceAccessConfigurations",
        ),
        (
            json!({ "EventSourceArn": "arn:aws:rds:us-east-1:000000000000:cluster:c", "StartingPosition": "LATEST",
                "SourceAccessConfigurations": access,
                "DocumentDBEventSourceConfig": { "DatabaseName": "d", "FullDocument": "UpdateLookup" } }),
            "StartingPosition SourceAccessConfigurations DocumentDBEventSourceConfig",
        ),
    ] {
        let (status, body) = create(&server, given.clone()).await;
        assert_eq!(status, 202, "{body}");
        let arn = if given.get("EventSourceArn").is_some() { "EventSourceArn" } else { "" };
        members(
            &body,
            &format!(
                "UUID BatchSize EventSourceMappingArn FunctionArn LastModified LastProcessingResult State \
                 StateTransitionReason {arn} {more}"
            ),
        );
        for (member, value) in given.as_object().unwrap() {
            assert_eq!(&body[member], value, "{member}");
        }
    }
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let server = server().await;
    create_function(&server, "g").await;
    let filter = json!({ "Filters": [{ "Pattern": "{\"body\":{\"a\":[1]}}" }] });
    let given = json!({ "EventSourceArn": QUEUE, "FilterCriteria": filter, "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
        "ScalingConfig": { "MaximumConcurrency": 5 } });
    let uuid = create(&server, given).await.1["UUID"].clone();
    let (status, body) =
        on(&server, Method::PUT, &uuid, json!({ "BatchSize": 5, "FunctionName": "g" })).await;
    assert_eq!((status, &body["State"]), (202, &json!("Updating")), "{body}");
    assert_eq!((&body["BatchSize"], &body["FilterCriteria"]), (&json!(5), &filter));
    assert!(body["FunctionArn"].as_str().unwrap().ends_with(":g"), "{body}");
    let off = on(&server, Method::PUT, &uuid, json!({ "Enabled": false })).await.1;
    assert_eq!(off["State"], "Disabling");
    let now = on(&server, Method::GET, &uuid, Value::Null).await.1;
    let state = (&now["State"], &now["StateTransitionReason"]);
    assert_eq!(state, (&json!("Disabled"), &json!("USER_INITIATED")));
    assert_eq!(on(&server, Method::PUT, &uuid, json!({ "Enabled": true })).await.1["State"], "Enabling");
    let cleared = json!({ "FilterCriteria": {}, "KMSKeyArn": "", "ScalingConfig": {} });
    let body = on(&server, Method::PUT, &uuid, cleared).await.1;
    for member in ["FilterCriteria", "KMSKeyArn", "ScalingConfig"] {
        assert_eq!(body.get(member), None, "{member}");
    }
}

#[tokio::test]
async fn a_deleted_mapping_is_gone() {
    let server = server().await;
    let uuid = create(&server, json!({ "EventSourceArn": QUEUE })).await.1["UUID"].clone();
    let (status, body) = on(&server, Method::DELETE, &uuid, Value::Null).await;
    assert_eq!((status, &body["State"]), (202, &json!("Deleting")));
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let answer = on(&server, method, &uuid, json!({})).await;
        refused(&answer, 404, "The resource you requested does not exist.");
    }
    assert_eq!(create(&server, json!({ "EventSourceArn": QUEUE })).await.0, 202, "the source is free again");
}

#[tokio::test]
async fn a_function_has_a_source_once() {
    let server = server().await;
    create_function(&server, "g").await;
    let queue = json!({ "EventSourceArn": QUEUE });
    let uuid = create(&server, queue.clone()).await.1["UUID"].as_str().unwrap().to_owned();
    refused(
        &create(&server, queue).await,
        409,
        &format!(
            "An event source mapping with SQS arn (\" {QUEUE} \") and function (\" f \") already exists. Please update or delete the existing mapping with UUID {uuid}"
        ),
    );
    let stream = json!({ "EventSourceArn": STREAM, "StartingPosition": "LATEST" });
    let uuid = create(&server, stream.clone()).await.1["UUID"].as_str().unwrap().to_owned();
    refused(
        &create(&server, stream).await,
        409,
        &format!(
            "The event source arn (\" {STREAM} \") and function (\" f \") provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}"
        ),
    );
    let other = json!({ "EventSourceArn": QUEUE, "FunctionName": "g" });
    assert_eq!(create(&server, other).await.0, 202);
}

#[tokio::test]
async fn of_many_requests_at_once_one_binds_the_source() {
    let server = server().await;
    create_function(&server, "g").await;
    let queue = json!({ "EventSourceArn": QUEUE });
    let (a, b, c) =
        tokio::join!(create(&server, queue.clone()), create(&server, queue.clone()), create(&server, queue));
    let mut statuses = [a.0, b.0, c.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409]);
    let other =
        create(&server, json!({ "EventSourceArn": QUEUE, "FunctionName": "g" })).await.1["UUID"].clone();
    let moved = on(&server, Method::PUT, &other, json!({ "FunctionName": "f" })).await;
    assert_eq!(moved.0, 409, "{moved:?}");
    let first = [a, b, c].into_iter().find(|answer| answer.0 == 202).unwrap().1["UUID"].clone();
    on(&server, Method::DELETE, &first, Value::Null).await;
    assert_eq!(on(&server, Method::PUT, &other, json!({ "FunctionName": "f" })).await.0, 202);
    assert_eq!(create(&server, json!({ "EventSourceArn": QUEUE, "FunctionName": "g" })).await.0, 202);
}

#[tokio::test]
async fn refusals_read_as_on_aws() {
    let server = server().await;
    for (given, words) in [
        (json!({}), "Unrecognized event source."),
        (json!({ "EventSourceArn": "arn:aws:sns:us-east-1:000000000000:t" }), "Unrecognized event source."),
        (json!({ "EventSourceArn": QUEUE, "FunctionName": "none" }), "Function does not exist"),
        (json!({ "EventSourceArn": QUEUE, "FunctionName": "f:7" }), "Function does not exist"),
        (
            json!({ "EventSourceArn": STREAM }),
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
        ),
        (
            json!({ "EventSourceArn": TABLE, "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1 }),
            &format!("Unsupported starting position for arn type: {TABLE}"),
        ),
        (
            json!({ "EventSourceArn": QUEUE, "BatchSize": 11 }),
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            json!({ "EventSourceArn": QUEUE, "StartingPosition": "LATEST" }),
            "Unsupported StartingPosition parameter for given event source mapping type.",
        ),
        (
            json!({ "EventSourceArn": STREAM, "StartingPosition": "LATEST",
                "DestinationConfig": { "OnSuccess": { "Destination": QUEUE } } }),
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            json!({ "EventSourceArn": QUEUE, "FilterCriteria": { "Filters": [{ "Pattern": "asdf" }] } }),
            "Invalid filter pattern definition.",
        ),
        (
            json!({ "SelfManagedEventSource": { "Endpoints": { "KAFKA_BOOTSTRAP_SERVERS": ["a.example:9092"] } } }),
            "Required 'sourceAccessConfigurations' parameter is missing.",
        ),
    ] {
        refused(&create(&server, given).await, 400, words);
    }
    let (status, body) =
        create(&server, json!({ "EventSourceArn": STREAM, "StartingPosition": "MIDDLE" })).await;
    let words = body["message"].as_str().unwrap();
    assert!(status == 400 && words.contains("Value 'MIDDLE' at 'startingPosition'"), "{words}");
    let other = "arn:aws:lambda:us-east-1:111111111111:function:f";
    assert_eq!(create(&server, json!({ "EventSourceArn": QUEUE, "FunctionName": other })).await.0, 403);
}

#[tokio::test]
async fn lists_are_filtered_and_come_in_pages() {
    let server = server().await;
    create_function(&server, "g").await;
    for (function, source) in [("f", QUEUE), ("g", QUEUE), ("f", STREAM)] {
        let mut given = json!({ "FunctionName": function, "EventSourceArn": source });
        if source == STREAM {
            given["StartingPosition"] = json!("LATEST");
        }
        assert_eq!(create(&server, given).await.0, 202);
    }
    let count = |page: &Value| page["EventSourceMappings"].as_array().unwrap().len();
    let list = |query: String| server.call_owned(Method::GET, format!("{PATH}?{query}"), Value::Null);
    for (query, expected) in [
        (String::new(), 3),
        ("FunctionName=f".to_owned(), 2),
        (format!("EventSourceArn={QUEUE}"), 2),
        (format!("FunctionName=g&EventSourceArn={STREAM}"), 0),
        ("FunctionName=none".to_owned(), 0),
    ] {
        let (status, page) = list(query.clone()).await;
        assert_eq!((status, count(&page)), (200, expected), "{query}");
    }
    let first = list("MaxItems=2".to_owned()).await.1;
    let marker = first["NextMarker"].as_str().unwrap();
    let second = list(format!("Marker={marker}")).await.1;
    assert_eq!((count(&first), count(&second), second.get("NextMarker")), (2, 1, None));
}

#[tokio::test]
async fn mappings_have_tags_and_outlive_their_function() {
    let server = server().await;
    let given = json!({ "EventSourceArn": QUEUE, "Tags": { "a": "1" } });
    let body = create(&server, given).await.1;
    let arn = body["EventSourceMappingArn"].as_str().unwrap().replace(':', "%3A");
    let path = format!("/2017-03-31/tags/{arn}");
    assert_eq!(server.call(Method::POST, &path, &json!({ "Tags": { "b": "2" } })).await.0, 204);
    let tags = server.call(Method::GET, &path, &Value::Null).await.1;
    assert_eq!(tags["Tags"], json!({ "a": "1", "b": "2" }));
    server.call(Method::DELETE, "/2015-03-31/functions/f", &Value::Null).await;
    assert_eq!(on(&server, Method::GET, &body["UUID"], Value::Null).await.0, 200);
}
