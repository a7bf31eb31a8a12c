//! What one account may do with the functions of another: nothing that no policy allows, and then what it allows and no
//! more. Through the pipeline of a whole server.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const OTHER: &str = "222222222222";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const POLICY: &str = "/2015-03-31/functions/f/policy";

async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server
}

fn path(arn: &str, rest: &str) -> String {
    format!("/2015-03-31/functions/{}{rest}", arn.replace(':', "%3A").replace('$', "%24"))
}

async fn allow(server: &TestServer, with: &Value) {
    let mut body = json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": OTHER });
    let changes = with.as_object().expect("changes are members");
    body.as_object_mut().expect("it is one").extend(changes.clone());
    let (status, body) = server.call(Method::POST, POLICY, &body).await;
    assert_eq!(status, 201, "{body}");
}

#[track_caller]
fn denied(answer: &(u16, Value), action: &str, resource: &str) {
    let words = format!(
        "User: arn:aws:iam::{OTHER}:root is not authorized to perform: lambda:{action} on resource: {resource} because no \
         resource-based policy allows the lambda:{action} action"
    );
    assert_eq!((answer.0, answer.1["Message"].as_str()), (403, Some(words.as_str())), "{answer:?}");
}

#[tokio::test]
async fn another_accounts_functions_are_out_of_reach_whether_they_are_there_or_not() {
    let server = server().await;
    let server = &server;
    let call =
        |method, path: String, body: Value| async move { server.call_as(OTHER, method, &path, &body).await };
    for name in [ARN, "arn:aws:lambda:us-east-1:000000000000:function:nobody"] {
        denied(&call(Method::GET, path(name, ""), Value::Null).await, "GetFunction", name);
        let with = format!("{name}:1");
        denied(&call(Method::GET, path(name, "?Qualifier=1"), Value::Null).await, "GetFunction", &with);
        denied(&call(Method::POST, path(name, "/invocations"), json!({})).await, "InvokeFunction", name);
        denied(&call(Method::DELETE, path(name, ""), Value::Null).await, "DeleteFunction", name);
        denied(&call(Method::GET, path(name, "/policy"), Value::Null).await, "GetPolicy", name);
        // Authorisation comes before the model's constraints.
        denied(&call(Method::POST, path(name, "/policy"), json!({})).await, "AddPermission", name);
    }
    let partial = path("000000000000:function:f", "/configuration");
    denied(&call(Method::GET, partial, Value::Null).await, "GetFunctionConfiguration", ARN);
    let (status, body) = call(Method::GET, path("f", ""), Value::Null).await;
    let own = format!("Function not found: arn:aws:lambda:us-east-1:{OTHER}:function:f");
    assert_eq!((status, body["Message"].as_str()), (404, Some(own.as_str())));
}

#[tokio::test]
async fn a_permission_opens_one_action_on_one_resource_to_one_account() {
    let server = server().await;
    allow(&server, &json!({})).await;
    let invoke = |account: &'static str, rest: &'static str| {
        let path = path(ARN, rest);
        let server = &server;
        async move { server.call_as(account, Method::POST, &path, &json!({})).await }
    };
    assert_eq!(invoke(OTHER, "/invocations").await, (200, json!(1)));
    assert_eq!(invoke("333333333333", "/invocations").await.0, 403);
    let latest = invoke(OTHER, "/invocations?Qualifier=%24LATEST").await;
    denied(&latest, "InvokeFunction", &format!("{ARN}:$LATEST"));
    let get = server.call_as(OTHER, Method::GET, &path(ARN, ""), &Value::Null).await;
    denied(&get, "GetFunction", ARN);
    assert_eq!(server.call(Method::DELETE, &format!("{POLICY}/s"), &Value::Null).await.0, 204);
    denied(&invoke(OTHER, "/invocations").await, "InvokeFunction", ARN);
}

#[tokio::test]
async fn what_is_allowed_happens_in_the_owners_account() {
    let server = server().await;
    allow(&server, &json!({ "Action": "lambda:*", "Principal": "*" })).await;
    let call = |method, rest: &'static str, body: Value| {
        let path = path(ARN, rest);
        let server = &server;
        async move { server.call_as(OTHER, method, &path, &body).await }
    };
    let (status, body) = call(Method::PUT, "/configuration", json!({ "Timeout": 9 })).await;
    assert_eq!((status, &body["FunctionArn"]), (200, &json!(ARN)), "{body}");
    settled(&server).await;
    let (_, body) = server.call(Method::GET, &path("f", "/configuration"), &Value::Null).await;
    assert_eq!(body["Timeout"], 9);
    assert_eq!(call(Method::DELETE, "", Value::Null).await.0, 204);
    assert_eq!(server.call(Method::GET, &path("f", ""), &Value::Null).await.0, 404);
    // The policy went with the function.
    denied(&call(Method::GET, "", Value::Null).await, "GetFunction", ARN);
}

#[tokio::test]
async fn conditions_count() {
    let server = server().await;
    allow(&server, &json!({ "StatementId": "org", "Principal": "*", "PrincipalOrgID": "o-1234567890" }))
        .await;
    allow(&server, &json!({ "StatementId": "source", "Principal": "*", "SourceAccount": OTHER })).await;
    let url = json!({ "StatementId": "url", "Principal": "*", "InvokedViaFunctionUrl": true });
    allow(&server, &url).await;
    let invoke =
        || async { server.call_as(OTHER, Method::POST, &path(ARN, "/invocations"), &json!({})).await };
    denied(&invoke().await, "InvokeFunction", ARN);
    allow(&server, &json!({ "StatementId": "all", "Principal": "*" })).await;
    assert_eq!(invoke().await.0, 200);
}

#[tokio::test]
async fn an_explicit_deny_binds_even_the_owner_but_can_be_taken_down() {
    let server = server().await;
    let resource = format!("/2026-07-09/resource-policy/{}", ARN.replace(':', "%3A"));
    let all = json!({ "Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": ARN });
    let policy = json!({ "Policy": json!({ "Statement": [all] }).to_string() });
    assert_eq!(server.call(Method::PUT, &resource, &policy).await.0, 200);
    let words = format!(
        "User: arn:aws:iam::000000000000:root is not authorized to perform: lambda:InvokeFunction on resource: {ARN} with an \
         explicit deny in a resource-based policy"
    );
    let invoke = || async { server.call(Method::POST, &path("f", "/invocations"), &json!({})).await };
    let (status, body) = invoke().await;
    assert_eq!((status, body["Message"].as_str()), (403, Some(words.as_str())));
    assert_eq!(server.call(Method::GET, POLICY, &Value::Null).await.0, 403);
    assert_eq!(server.call(Method::GET, &resource, &Value::Null).await.0, 200);
    assert_eq!(server.call(Method::DELETE, &resource, &Value::Null).await.0, 204);
    assert_eq!(invoke().await.0, 200);
}

#[tokio::test]
async fn another_region_is_refused_after_the_account() {
    let server = server().await;
    let elsewhere = "arn:aws:lambda:eu-west-1:000000000000:function:f";
    let (status, body) = server.call(Method::GET, &path(elsewhere, ""), &Value::Null).await;
    let words = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')";
    assert_eq!((status, body["Message"].as_str()), (404, Some(words)));
    let answer = server.call_as(OTHER, Method::GET, &path(elsewhere, ""), &Value::Null).await;
    denied(&answer, "GetFunction", elsewhere);
}

#[tokio::test]
async fn a_statement_on_the_function_does_not_open_its_alias_nor_the_other_way_round() {
    let server = server().await;
    assert_eq!(server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await.0, 201);
    let alias = json!({ "Name": "live", "FunctionVersion": "$LATEST" });
    assert_eq!(server.call(Method::POST, "/2015-03-31/functions/f/aliases", &alias).await.0, 201);
    let invoke = |qualifier: &'static str| {
        let path = path(&format!("{ARN}{qualifier}"), "/invocations");
        let server = &server;
        async move { server.call_as(OTHER, Method::POST, &path, &json!({})).await }
    };
    let permission = json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": OTHER });
    let on_alias = format!("{POLICY}?Qualifier=live");
    assert_eq!(server.call(Method::POST, &on_alias, &permission).await.0, 201);
    assert_eq!(invoke(":live").await, (200, json!(1)));
    denied(&invoke("").await, "InvokeFunction", ARN);
    denied(&invoke(":1").await, "InvokeFunction", &format!("{ARN}:1"));
    allow(&server, &json!({})).await;
    assert_eq!(server.call(Method::DELETE, &format!("{POLICY}/s?Qualifier=live"), &Value::Null).await.0, 204);
    assert_eq!(invoke("").await.0, 200);
    denied(&invoke(":live").await, "InvokeFunction", &format!("{ARN}:live"));
}
