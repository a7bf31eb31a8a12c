//! What is set for a `$LATEST`, version or alias: asynchronous invocation, URL and runtime, through the pipeline of a whole
//! server with fake sandboxes.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{create, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const EVENTS: &str = "/2019-09-25/functions/f/event-invoke-config";
const URL: &str = "/2021-10-31/functions/f/url";

/// A server with the function `f`, its version 1 and its alias `live`.
async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, event: &Event| said(event.payload.clone()))).await;
    settled(&server).await;
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    assert_eq!(status, 201, "{body}");
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions/f/aliases", &alias).await;
    assert_eq!(status, 201, "{body}");
    server
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    server.call(Method::GET, path, &Value::Null).await
}

fn named(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:{name}")
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, message: &str) {
    let text = answer.1.get("Message").or_else(|| answer.1.get("message")).and_then(Value::as_str);
    assert_eq!((answer.0, text.unwrap_or("")), (status, message));
}

#[tokio::test]
async fn put_replaces_and_update_merges() {
    let server = server().await;
    let put =
        json!({ "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": QUEUE } } });
    let (status, body) = server.call(Method::PUT, EVENTS, &put).await;
    assert_eq!(status, 200, "{body}");
    let expected = json!({
        "LastModified": 1_767_355_200, "FunctionArn": format!("{ARN}:$LATEST"), "MaximumRetryAttempts": 0,
        "DestinationConfig": { "OnSuccess": {}, "OnFailure": { "Destination": QUEUE } },
    });
    assert_eq!(body, expected);
    assert_eq!(get(&server, EVENTS).await, (200, expected.clone()));
    let (_, body) = server.call(Method::POST, EVENTS, &json!({ "MaximumEventAgeInSeconds": 60 })).await;
    let mut merged = expected;
    merged["MaximumEventAgeInSeconds"] = json!(60);
    assert_eq!(body, merged);
    let (_, body) = server.call(Method::POST, EVENTS, &json!({ "DestinationConfig": {} })).await;
    assert_eq!(body["DestinationConfig"], json!({ "OnSuccess": {}, "OnFailure": {} }));
    let (_, body) = server.call(Method::PUT, EVENTS, &json!({ "MaximumRetryAttempts": 1 })).await;
    assert_eq!(body.get("MaximumEventAgeInSeconds"), None, "what is not put has its default");
    assert_eq!(server.call(Method::DELETE, EVENTS, &Value::Null).await.0, 204);
    let words = format!("The function {ARN}:$LATEST doesn't have an EventInvokeConfig");
    for method in [Method::GET, Method::DELETE] {
        refused(&server.call(method, EVENTS, &Value::Null).await, 404, &words);
    }
    let update = server.call(Method::POST, EVENTS, &json!({ "MaximumRetryAttempts": 1 })).await;
    refused(&update, 404, &words);
}

#[tokio::test]
async fn each_qualifier_has_event_settings_of_its_own() {
    let server = server().await;
    let put = |path: &'static str, attempts: u32| {
        server.call_owned(Method::PUT, path, json!({ "MaximumRetryAttempts": attempts }))
    };
    assert_eq!(put("/2019-09-25/functions/f:live/event-invoke-config", 0).await.0, 200);
    assert_eq!(put("/2019-09-25/functions/f/event-invoke-config?Qualifier=1", 1).await.0, 200);
    assert_eq!(put(EVENTS, 2).await.0, 200);
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let (_, page) = get(&server, &format!("{EVENTS}/list?MaxItems=2{marker}")).await;
        for config in page["FunctionEventInvokeConfigs"].as_array().unwrap() {
            seen.push(format!(
                "{} {}",
                config["FunctionArn"].as_str().unwrap(),
                config["MaximumRetryAttempts"]
            ));
        }
        let Some(next) = page["NextMarker"].as_str() else { break };
        marker = format!("&Marker={next}");
    }
    assert_eq!(seen, [format!("{ARN}:$LATEST 2"), format!("{ARN}:1 1"), format!("{ARN}:live 0")]);
    for missing in ["f:nowhere", "f:7", "nowhere"] {
        let path = format!("/2019-09-25/functions/{missing}/event-invoke-config");
        let put = server.call(Method::PUT, &path, &json!({ "MaximumRetryAttempts": 1 })).await;
        refused(&put, 404, "The function doesn't exist.");
    }
    let list = get(&server, "/2019-09-25/functions/nowhere/event-invoke-config/list").await;
    refused(&list, 404, "The function doesn't exist.");
}

#[tokio::test]
async fn destinations_that_cannot_be_are_refused() {
    let server = server().await;
    create(&server, "other").await;
    let put = |on_success: &str, on_failure: &str| {
        let destination = |arn: &str| json!({ "Destination": arn });
        let both = json!({ "OnSuccess": destination(on_success), "OnFailure": destination(on_failure) });
        server.call_owned(Method::PUT, EVENTS, json!({ "DestinationConfig": both }))
    };
    assert_eq!(put(QUEUE, "arn:aws:s3:::bucket").await.0, 200);
    assert_eq!(put("", &format!("{}:live", named("other"))).await.0, 200);
    refused(
        &put("arn:aws:s3:::bucket", "").await,
        400,
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket), onFailure=null) is invalid.",
    );
    let own = "You can't specify the function as a destination for itself.";
    refused(&put("", &format!("{ARN}:live")).await, 400, own);
    let missing = named("nowhere");
    refused(&put(&missing, "").await, 400, &format!("The destination ARN {missing} is invalid."));
    refused(
        &server.call(Method::PUT, EVENTS, &json!({})).await,
        400,
        "You must specify at least one of error handling or destination setting.",
    );
}

#[tokio::test]
async fn a_url_keeps_its_id_until_it_is_deleted() {
    let server = server().await;
    let (status, made) = server.call(Method::POST, URL, &json!({ "AuthType": "NONE" })).await;
    assert_eq!(status, 201, "{made}");
    let url = made["FunctionUrl"].as_str().unwrap();
    let id = url.strip_prefix("http://").unwrap().strip_suffix(".lambda-url.us-east-1.test/").unwrap();
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{id}");
    let time = "2026-01-02T12:00:00.000Z";
    let mut expected = json!({
        "FunctionUrl": url, "FunctionArn": ARN, "AuthType": "NONE", "InvokeMode": "BUFFERED", "CreationTime": time,
    });
    assert_eq!(made, expected);
    expected["LastModifiedTime"] = json!(time);
    assert_eq!(get(&server, URL).await, (200, expected.clone()));
    let cors = json!({ "AllowOrigins": ["*"], "MaxAge": 0 });
    let update = json!({ "AuthType": "AWS_IAM", "InvokeMode": "RESPONSE_STREAM", "Cors": cors });
    let (_, updated) = server.call(Method::PUT, URL, &update).await;
    (expected["AuthType"], expected["InvokeMode"]) = (json!("AWS_IAM"), json!("RESPONSE_STREAM"));
    assert_eq!(server.call(Method::PUT, URL, &json!({ "Cors": {} })).await, (200, expected.clone()));
    expected["Cors"] = cors;
    assert_eq!(updated, expected);
    refused(
        &server.call(Method::POST, URL, &json!({ "AuthType": "NONE" })).await,
        409,
        &format!(
            "Failed to create function url config for [functionArn = {ARN}]. Error message:  FunctionUrlConfig exists for this Lambda function"
        ),
    );
    assert_eq!(server.call(Method::DELETE, URL, &Value::Null).await.0, 204);
    let (_, again) = server.call(Method::POST, URL, &json!({ "AuthType": "NONE" })).await;
    assert_ne!(again["FunctionUrl"], made["FunctionUrl"]);
}

#[tokio::test]
async fn only_functions_and_aliases_have_urls() {
    let server = server().await;
    let auth = json!({ "AuthType": "NONE" });
    for path in [URL.to_owned(), format!("{URL}?Qualifier=live")] {
        assert_eq!(server.call(Method::POST, &path, &auth).await.0, 201);
    }
    let (_, all) = get(&server, "/2021-10-31/functions/f/urls").await;
    let arns: Vec<_> =
        all["FunctionUrlConfigs"].as_array().unwrap().iter().map(|one| &one["FunctionArn"]).collect();
    assert_eq!(arns, [&json!(ARN), &json!(format!("{ARN}:live"))]);
    for qualifier in ["1", "$LATEST"] {
        refused(
            &server.call(Method::POST, &format!("{URL}?Qualifier={qualifier}"), &auth).await,
            400,
            &format!(
                "1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"
            ),
        );
    }
    let (none, gone) = ("Function does not exist", "The resource you requested does not exist.");
    for path in [format!("{URL}?Qualifier=nowhere"), "/2021-10-31/functions/nowhere/url".to_owned()] {
        refused(&server.call(Method::POST, &path, &auth).await, 404, none);
        refused(&server.call(Method::PUT, &path, &auth).await, 404, none);
        refused(&get(&server, &path).await, 404, gone);
        refused(&server.call(Method::DELETE, &path, &Value::Null).await, 404, gone);
    }
    refused(&get(&server, "/2021-10-31/functions/nowhere/urls").await, 404, none);
}

#[tokio::test]
async fn a_runtime_is_updated_as_it_is_told() {
    let server = server().await;
    let path = "/2021-07-20/functions/f/runtime-management-config";
    assert_eq!(get(&server, path).await, (200, json!({ "UpdateRuntimeOn": "Auto", "FunctionArn": ARN })));
    let runtime = "arn:aws:lambda:us-east-1::runtime:0123456789abcdef";
    let pinned = json!({ "UpdateRuntimeOn": "Manual", "RuntimeVersionArn": runtime });
    let of_version = format!("{path}?Qualifier=1");
    let (status, body) = server.call(Method::PUT, &of_version, &pinned).await;
    let expected = json!({ "UpdateRuntimeOn": "Manual", "RuntimeVersionArn": runtime, "FunctionArn": format!("{ARN}:1") });
    assert_eq!((status, body), (200, expected.clone()));
    assert_eq!(get(&server, &of_version).await, (200, expected));
    assert_eq!(get(&server, path).await.1["UpdateRuntimeOn"], "Auto", "each version has its own");
    let put = |body: Value| server.call_owned(Method::PUT, path, body);
    for (wrong, words) in [
        (json!({ "UpdateRuntimeOn": "Manual" }), "RuntimeVersionArn is required"),
        (
            json!({ "UpdateRuntimeOn": "Auto", "RuntimeVersionArn": runtime }),
            "RuntimeVersionArn is not allowed",
        ),
        (
            json!({ "UpdateRuntimeOn": "Manual", "RuntimeVersionArn": runtime.replace("us-east", "eu-west") }),
            "Invalid runtime version ARN",
        ),
    ] {
        let (status, body) = put(wrong).await;
        assert!(status == 400 && body["message"].as_str().unwrap().starts_with(words), "{body}");
    }
    assert_eq!(get(&server, &format!("{path}?Qualifier=live")).await.0, 400);
    refused(
        &get(&server, &format!("{path}?Qualifier=7")).await,
        404,
        &format!("Function not found: {ARN}:7"),
    );
}

#[tokio::test]
async fn no_ordinary_function_is_scaled() {
    let server = server().await;
    let words = "Function scaling configuration is only supported for functions with a capacity provider configuration.";
    let scaling = |name: &str, qualifier: &str| {
        format!("/2025-11-30/functions/{name}/function-scaling-config?Qualifier={qualifier}")
    };
    for qualifier in ["1", "$LATEST.PUBLISHED"] {
        refused(&get(&server, &scaling("f", qualifier)).await, 400, words);
        refused(&server.call(Method::PUT, &scaling("f", qualifier), &json!({})).await, 400, words);
    }
    refused(&get(&server, &scaling("f", "7")).await, 404, &format!("Function not found: {ARN}:7"));
    assert_eq!(get(&server, &scaling("f", "live")).await.0, 400);
}
