//! Tags, code signing and recursion, through the pipeline of a whole server with fake sandboxes.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{base64, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const PROFILE: &str = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abc";

/// A server with the function `f`.
async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, event: &Event| said(event.payload.clone()))).await;
    settled(&server).await;
    server
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    server.call(Method::GET, path, &Value::Null).await
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, message: &str) {
    let text = answer.1.get("Message").or_else(|| answer.1.get("message")).and_then(Value::as_str);
    assert_eq!((answer.0, text.unwrap_or("")), (status, message));
}

#[tokio::test]
async fn tags_are_added_replaced_and_removed() {
    let server = server().await;
    let path = format!("/2017-03-31/tags/{ARN}");
    assert_eq!(get(&server, &path).await, (200, json!({ "Tags": {} })));
    let (_, before) = get(&server, "/2015-03-31/functions/f/configuration").await;
    let tagged =
        server.send(Method::POST, &path, json!({ "Tags": { "a": "1", "b": "2" } }).to_string()).await;
    assert_eq!((tagged.status().as_u16(), tagged.body().len()), (204, 0));
    let (_, after) = get(&server, "/2015-03-31/functions/f/configuration").await;
    assert_ne!(before["RevisionId"], after["RevisionId"], "tagging is a change");
    server.call(Method::POST, &path, &json!({ "Tags": { "b": "3", "c": "" } })).await;
    let (status, _) =
        server.call(Method::DELETE, &format!("{path}?tagKeys=a&tagKeys=nowhere"), &Value::Null).await;
    assert_eq!(status, 204);
    assert_eq!(get(&server, &path).await, (200, json!({ "Tags": { "b": "3", "c": "" } })));
}

#[tokio::test]
async fn tags_that_aws_refuses_are_refused() {
    let server = server().await;
    let tag = |arn: &str, tags: Value| {
        server.call_owned(Method::POST, format!("/2017-03-31/tags/{arn}"), json!({ "Tags": tags }))
    };
    refused(&tag(ARN, json!({})).await, 400, "An error occurred and the request cannot be processed.");
    refused(
        &tag(&format!("{ARN}no"), json!({ "a": "b" })).await,
        404,
        &format!("Function not found: {ARN}no"),
    );
    let words = "Tags on function aliases and versions are not supported. Please specify a function ARN.";
    for qualifier in ["1", "$LATEST", "live"] {
        refused(&tag(&format!("{ARN}:{qualifier}"), json!({ "a": "b" })).await, 400, words);
    }
    let many: serde_json::Map<_, _> = (0..51).map(|n| (format!("k{n}"), json!("v"))).collect();
    refused(&tag(ARN, Value::Object(many)).await, 400, "Number of tags exceeds resource tag limit.");
    let (status, body) = tag(ARN, json!({ "AWS:x": "b" })).await;
    assert_eq!(status, 400, "{body}");
    let (status, body) = tag("arn:aws:s3:::bucket", json!({ "a": "b" })).await;
    assert!(status == 400 && body["message"].as_str().unwrap().contains("at 'resource' failed"), "{body}");
    let (status, body) =
        server.call_owned(Method::DELETE, format!("/2017-03-31/tags/{ARN}"), Value::Null).await;
    let null = "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null";
    refused(&(status, body), 400, null);
    let other = ARN.replace("000000000000", "123456789012");
    assert_eq!(tag(&other, json!({ "a": "b" })).await.0, 403);
}

#[tokio::test]
async fn a_loop_ends_unless_it_is_allowed() {
    let server = server().await;
    let path = "/2024-08-31/functions/f/recursion-config";
    assert_eq!(get(&server, path).await, (200, json!({ "RecursiveLoop": "Terminate" })));
    let allow = json!({ "RecursiveLoop": "Allow" });
    assert_eq!(server.call(Method::PUT, path, &allow).await, (200, allow.clone()));
    assert_eq!(get(&server, path).await, (200, allow));
    refused(
        &server.call(Method::PUT, path, &json!({ "RecursiveLoop": "Sometimes" })).await,
        400,
        "1 validation error detected: Value 'Sometimes' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]",
    );
    let missing = get(&server, "/2024-08-31/functions/no/recursion-config").await;
    refused(&missing, 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:no");
}

async fn config(server: &TestServer, policy: &str) -> String {
    let wanted = json!({
        "AllowedPublishers": { "SigningProfileVersionArns": [PROFILE] },
        "CodeSigningPolicies": { "UntrustedArtifactOnDeployment": policy },
        "Tags": { "a": "1" },
    });
    let (status, body) = server.call(Method::POST, "/2020-04-22/code-signing-configs", &wanted).await;
    assert_eq!(status, 201, "{body}");
    body["CodeSigningConfig"]["CodeSigningConfigArn"].as_str().expect("an ARN").to_owned()
}

#[tokio::test]
async fn a_code_signing_configuration_lives_and_dies() {
    let server = server().await;
    let wanted = json!({ "AllowedPublishers": { "SigningProfileVersionArns": [PROFILE] } });
    let (status, made) = server.call(Method::POST, "/2020-04-22/code-signing-configs", &wanted).await;
    let config = &made["CodeSigningConfig"];
    let (arn, id) = (config["CodeSigningConfigArn"].as_str().unwrap(), &config["CodeSigningConfigId"]);
    assert_eq!(status, 201);
    assert_eq!(
        *config,
        json!({
            "CodeSigningConfigId": id, "CodeSigningConfigArn": arn,
            "AllowedPublishers": { "SigningProfileVersionArns": [PROFILE] },
            "CodeSigningPolicies": { "UntrustedArtifactOnDeployment": "Warn" },
            "LastModified": "2026-01-02T12:00:00.000+0000",
        })
    );
    assert_eq!(
        arn,
        format!("arn:aws:lambda:us-east-1:000000000000:code-signing-config:{}", id.as_str().unwrap())
    );
    assert_eq!(id.as_str().unwrap().len(), "csc-".len() + 17);
    let path = format!("/2020-04-22/code-signing-configs/{arn}");
    let change =
        json!({ "Description": "d", "CodeSigningPolicies": { "UntrustedArtifactOnDeployment": "Enforce" } });
    let (_, changed) = server.call(Method::PUT, &path, &change).await;
    assert_eq!(get(&server, &path).await, (200, changed.clone()));
    assert_eq!(changed["CodeSigningConfig"]["Description"], "d");
    assert_eq!(changed["CodeSigningConfig"]["AllowedPublishers"], config["AllowedPublishers"]);
    let (_, all) = get(&server, "/2020-04-22/code-signing-configs?MaxItems=1").await;
    assert_eq!(all, json!({ "CodeSigningConfigs": [changed["CodeSigningConfig"]] }));
    assert_eq!(server.call(Method::DELETE, &path, &Value::Null).await.0, 204);
    let gone = format!("The Lambda code signing configuration {arn} can not be found.");
    refused(&get(&server, &path).await, 404, &gone);
    refused(&server.call(Method::PUT, &path, &json!({})).await, 404, &gone);
    refused(&server.call(Method::DELETE, &path, &Value::Null).await, 404, &gone);
    refused(&get(&server, &format!("{path}/functions")).await, 404, &gone);
}

#[tokio::test]
async fn a_configuration_in_use_stays_and_enforces() {
    let server = server().await;
    let arn = config(&server, "Enforce").await;
    let path = "/2020-06-30/functions/f/code-signing-config";
    assert_eq!(get(&server, path).await, (200, json!({})));
    let use_it = json!({ "CodeSigningConfigArn": arn });
    let used = json!({ "CodeSigningConfigArn": arn, "FunctionName": "f" });
    assert_eq!(server.call(Method::PUT, path, &use_it).await, (200, used.clone()));
    assert_eq!(get(&server, path).await, (200, used));
    let of_config = format!("/2020-04-22/code-signing-configs/{arn}");
    let users = get(&server, &format!("{of_config}/functions")).await;
    assert_eq!(users, (200, json!({ "FunctionArns": [ARN] })));
    assert_eq!(server.call(Method::DELETE, &of_config, &Value::Null).await.0, 409);
    let deploy = || {
        let code = json!({ "ZipFile": base64(&zip("bootstrap", "two")) });
        server.call_owned(Method::PUT, "/2015-03-31/functions/f/code", code)
    };
    let (status, body) = deploy().await;
    assert!(status == 400 && body["Message"].as_str().unwrap().contains("cannot deploy"), "{body}");
    assert_eq!(server.call(Method::DELETE, path, &Value::Null).await.0, 204);
    assert_eq!(get(&server, path).await, (200, json!({})));
    assert_eq!(deploy().await.0, 200);
    assert_eq!(server.call(Method::DELETE, &of_config, &Value::Null).await.0, 204);
    refused(
        &server.call(Method::PUT, path, &use_it).await,
        404,
        &format!(
            "The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}."
        ),
    );
}

#[tokio::test]
async fn a_configuration_has_tags_too() {
    let server = server().await;
    let path = format!("/2017-03-31/tags/{}", config(&server, "Warn").await);
    assert_eq!(server.call(Method::POST, &path, &json!({ "Tags": { "b": "2" } })).await.0, 204);
    assert_eq!(server.call(Method::DELETE, &format!("{path}?tagKeys=a"), &Value::Null).await.0, 204);
    assert_eq!(get(&server, &path).await, (200, json!({ "Tags": { "b": "2" } })));
}

#[tokio::test]
async fn functions_that_are_created_at_once_share_a_code_signing_configuration() {
    let server = server().await;
    let arn = config(&server, "Warn").await;
    let create = |name: &'static str| {
        let function = json!({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
            "Code": { "ZipFile": base64(&zip("bootstrap", "0")) }, "CodeSigningConfigArn": arn,
        });
        server.call_owned(Method::POST, "/2015-03-31/functions", function)
    };
    let answers = tokio::join!(create("a"), create("b"), create("c"), create("d"));
    for (status, body) in [answers.0, answers.1, answers.2, answers.3] {
        assert_eq!(status, 201, "{body}");
    }
}
