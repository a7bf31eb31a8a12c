//! Groups, streams and tags, and who may see them.

use serde_json::{Value, json};

use crate::{NOW_MS, done, is_refused, put, server, with_stream};

#[tokio::test]
async fn a_new_group_shows_what_aws_shows_and_no_more() {
    let server = server().await;
    let tags = json!({ "k": "v" });
    done(&server, "CreateLogGroup", json!({ "logGroupName": "/my/g", "tags": tags })).await;
    let found = done(&server, "DescribeLogGroups", json!({})).await;
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/my/g";
    let expected = json!({ "logGroups": [{
        "logGroupName": "/my/g", "creationTime": NOW_MS, "metricFilterCount": 0, "arn": format!("{arn}:*"),
        "storedBytes": 0, "logGroupClass": "STANDARD", "logGroupArn": arn,
    }] });
    assert_eq!(found, expected);
    let listed = done(&server, "ListTagsForResource", json!({ "resourceArn": arn })).await;
    assert_eq!(listed["tags"], tags);
    is_refused(
        &server.logs("CreateLogGroup", &json!({ "logGroupName": "/my/g" })).await,
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    );
    done(&server, "DeleteLogGroup", json!({ "logGroupName": "/my/g" })).await;
    is_refused(
        &server.logs("DeleteLogGroup", &json!({ "logGroupName": "/my/g" })).await,
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    );
}

#[tokio::test]
async fn groups_are_found_by_prefix_and_pattern_page_by_page() {
    let server = server().await;
    for name in ["/aws/a", "/aws/b", "/aws/c", "other/AWS"] {
        done(&server, "CreateLogGroup", json!({ "logGroupName": name })).await;
    }
    let names = |found: &Value| -> Vec<String> {
        let groups = found["logGroups"].as_array().unwrap();
        groups.iter().map(|group| group["logGroupName"].as_str().unwrap().to_owned()).collect()
    };
    let first =
        done(&server, "DescribeLogGroups", json!({ "logGroupNamePrefix": "/aws/", "limit": 2 })).await;
    assert_eq!(names(&first), ["/aws/a", "/aws/b"]);
    let next = json!({ "logGroupNamePrefix": "/aws/", "limit": 2, "nextToken": first["nextToken"] });
    let second = done(&server, "DescribeLogGroups", next).await;
    assert_eq!((names(&second), second.get("nextToken")), (vec!["/aws/c".to_owned()], None));
    let pattern = done(&server, "DescribeLogGroups", json!({ "logGroupNamePattern": "aws" })).await;
    assert_eq!(names(&pattern).len(), 4);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g:*";
    is_refused(
        &server.logs("DescribeLogStreams", &json!({ "logGroupIdentifier": arn })).await,
        "InvalidParameterException",
        "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w#+=/:,.@-]*",
    );
    is_refused(
        &server.logs("DescribeLogGroups", &json!({ "limit": 100 })).await,
        "InvalidParameterException",
        "1 validation error detected: Value '100' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50",
    );
    is_refused(
        &server
            .logs("DescribeLogGroups", &json!({ "logGroupNamePattern": "a", "logGroupNamePrefix": "a" }))
            .await,
        "InvalidParameterException",
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    );
}

#[tokio::test]
async fn streams_are_listed_by_name_and_by_their_last_event() {
    let server = with_stream().await;
    done(&server, "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "a" })).await;
    put(&server, &[NOW_MS, NOW_MS + 1]).await;
    let listed = done(&server, "DescribeLogStreams", json!({ "logGroupName": "g" })).await;
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:a";
    let empty = json!({ "logStreamName": "a", "creationTime": NOW_MS, "arn": arn, "storedBytes": 0 });
    assert_eq!(listed["logStreams"][0], empty);
    let full = &listed["logStreams"][1];
    assert_eq!(
        (&full["firstEventTimestamp"], &full["lastEventTimestamp"]),
        (&json!(NOW_MS), &json!(NOW_MS + 1))
    );
    let by_time = json!({ "logGroupName": "g", "orderBy": "LastEventTime", "descending": true, "limit": 1 });
    let first = done(&server, "DescribeLogStreams", by_time.clone()).await;
    assert_eq!(first["logStreams"][0]["logStreamName"], "s");
    let mut next = by_time.clone();
    next["nextToken"] = first["nextToken"].clone();
    let second = done(&server, "DescribeLogStreams", next).await;
    assert_eq!((&second["logStreams"][0]["logStreamName"], second.get("nextToken")), (&json!("a"), None));
    let mut both = by_time;
    both["logStreamNamePrefix"] = json!("s");
    is_refused(
        &server.logs("DescribeLogStreams", &both).await,
        "InvalidParameterException",
        "Cannot order by LastEventTime with a logStreamNamePrefix.",
    );
    is_refused(
        &server.logs("CreateLogStream", &json!({ "logGroupName": "g", "logStreamName": "a" })).await,
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
    );
    done(&server, "DeleteLogStream", json!({ "logGroupName": "g", "logStreamName": "a" })).await;
    is_refused(
        &server.logs("DeleteLogStream", &json!({ "logGroupName": "g", "logStreamName": "a" })).await,
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    );
}

#[tokio::test]
async fn tags_are_changed_by_arn_and_by_name() {
    let server = with_stream().await;
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    done(&server, "TagResource", json!({ "resourceArn": arn, "tags": { "a": "1", "b": "2" } })).await;
    done(&server, "TagLogGroup", json!({ "logGroupName": "g", "tags": { "b": "3", "c": "4" } })).await;
    done(&server, "UntagResource", json!({ "resourceArn": arn, "tagKeys": ["a"] })).await;
    done(&server, "UntagLogGroup", json!({ "logGroupName": "g", "tags": ["c", "gone"] })).await;
    let listed = done(&server, "ListTagsLogGroup", json!({ "logGroupName": "g" })).await;
    assert_eq!(listed, json!({ "tags": { "b": "3" } }));
    let many: serde_json::Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!("v"))).collect();
    is_refused(
        &server.logs("TagResource", &json!({ "resourceArn": arn, "tags": many })).await,
        "TooManyTagsException",
        "Number of tags exceeds resource tag limit.",
    );
}

#[tokio::test]
async fn another_account_sees_nothing() {
    let server = with_stream().await;
    let (status, found) = server.logs_as("111111111111", "DescribeLogGroups", &json!({})).await;
    assert_eq!((status, found), (200, json!({ "logGroups": [] })));
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
    for (operation, body) in [
        ("FilterLogEvents", json!({ "logGroupIdentifier": arn })),
        ("GetLogEvents", json!({ "logGroupIdentifier": arn, "logStreamName": "s" })),
        ("DescribeLogStreams", json!({ "logGroupIdentifier": arn })),
        ("ListTagsForResource", json!({ "resourceArn": arn })),
        ("TagResource", json!({ "resourceArn": arn, "tags": { "a": "b" } })),
        ("UntagResource", json!({ "resourceArn": arn, "tagKeys": ["a"] })),
    ] {
        let (status, answer) = server.logs_as("111111111111", operation, &body).await;
        assert_eq!(
            (status, &answer["__type"]),
            (400, &json!("AccessDeniedException")),
            "{operation}: {answer}"
        );
    }
    let (_, answer) = server.logs_as("111111111111", "DeleteLogGroup", &json!({ "logGroupName": "g" })).await;
    assert_eq!(answer["__type"], "ResourceNotFoundException");
}
