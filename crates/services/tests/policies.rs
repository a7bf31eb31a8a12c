//! The policies of functions: what AWS answers to each form, and each refusal. Through the pipeline of a whole server.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const POLICY: &str = "/2015-03-31/functions/f/policy";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server
}

/// A permission for S3, changed by `with`.
fn permission(with: &Value) -> Value {
    let mut body = json!({
        "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com",
    });
    let changes = with.as_object().expect("changes are members");
    body.as_object_mut().expect("it is one").extend(changes.clone());
    body
}

async fn add(server: &TestServer, with: &Value) -> (u16, Value) {
    server.call(Method::POST, POLICY, &permission(with)).await
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    server.call(Method::GET, path, &Value::Null).await
}

async fn revision(server: &TestServer) -> Value {
    get(server, "/2015-03-31/functions/f/configuration").await.1["RevisionId"].clone()
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, words: &str) {
    let text = answer.1.get("message").or_else(|| answer.1.get("Message")).and_then(Value::as_str);
    assert_eq!((answer.0, text), (status, Some(words)), "{answer:?}");
}

#[tokio::test]
async fn a_permission_becomes_a_statement() {
    let server = server().await;
    let source = json!({
        "StatementId": "bucket", "SourceArn": "arn:aws:s3:::b", "SourceAccount": "111111111111",
    });
    let (status, body) = add(&server, &source).await;
    let statement = format!(
        concat!(
            r#"{{"Sid":"bucket","Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"#,
            r#""Action":"lambda:InvokeFunction","Resource":"{}","Condition":{{"StringEquals":"#,
            r#"{{"AWS:SourceAccount":"111111111111"}},"ArnLike":{{"AWS:SourceArn":"arn:aws:s3:::b"}}}}}}"#,
        ),
        ARN
    );
    assert_eq!((status, body), (201, json!({ "Statement": statement })));
    let url = json!({
        "StatementId": "url", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE",
    });
    let (_, body) = add(&server, &url).await;
    let url: Value = serde_json::from_str(body["Statement"].as_str().unwrap()).unwrap();
    assert_eq!(url["Condition"], json!({ "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } }));
    let (status, body) = get(&server, POLICY).await;
    let policy = format!(r#"{{"Version":"2012-10-17","Id":"default","Statement":[{statement},{url}]}}"#);
    assert_eq!((status, &body["Policy"]), (200, &json!(policy)));
    assert_eq!(body["RevisionId"], revision(&server).await);
}

#[tokio::test]
async fn a_policy_and_its_function_share_a_revision() {
    let server = server().await;
    let before = revision(&server).await;
    let stale = "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve \
        the latest Revision Id";
    let wrong = json!({ "RevisionId": "00000000-0000-0000-0000-000000000000" });
    refused(&add(&server, &wrong).await, 412, stale);
    assert_eq!(add(&server, &json!({ "RevisionId": before })).await.0, 201);
    let added = revision(&server).await;
    assert_ne!(added, before);
    let remove = |revision: &Value| format!("{POLICY}/s?RevisionId={}", revision.as_str().unwrap());
    let answer = server.call(Method::DELETE, &remove(&before), &Value::Null).await;
    refused(&answer, 412, stale);
    let answer = server.call(Method::DELETE, &remove(&added), &Value::Null).await;
    assert_eq!(answer, (204, Value::Null));
    assert_ne!(revision(&server).await, added);
    refused(&get(&server, POLICY).await, 404, "The resource you requested does not exist.");
}

#[tokio::test]
async fn each_refusal_of_add_permission() {
    let server = server().await;
    let principal = "The provided principal was invalid. Please check the principal and try again.";
    let action = "The provided action was invalid. Please check the action and try again.";
    for (with, words) in [
        (json!({ "Principal": "invalid.nonaws.com" }), principal),
        (json!({ "Principal": "arn:aws:iam::1:root" }), principal),
        (json!({ "Action": "lambda:ListFunctions" }), action),
        (json!({ "Action": "lambda:Nothing" }), action),
        (
            json!({ "FunctionUrlAuthType": "NONE" }),
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        ),
    ] {
        refused(&add(&server, &with).await, 400, words);
    }
    assert_eq!(add(&server, &json!({})).await.0, 201);
    let words = "The statement id (s) provided already exists. Please provide a new statement id, or remove the \
        existing statement.";
    refused(&add(&server, &json!({})).await, 409, words);
    let post = |path: &'static str| server.call_owned(Method::POST, path, permission(&json!({})));
    let latest = post("/2015-03-31/functions/f/policy?Qualifier=%24LATEST").await;
    refused(&latest, 400, "We currently do not support adding policies for $LATEST.");
    let missing = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody";
    refused(&post("/2015-03-31/functions/nobody/policy").await, 404, missing);
    refused(&post("/2015-03-31/functions/nobody/policy?Qualifier=1").await, 404, missing);
    refused(
        &post("/2015-03-31/functions/f/policy?Qualifier=7").await,
        404,
        &format!("Function not found: {ARN}:7"),
    );
    let alias = post("/2015-03-31/functions/f/policy?Qualifier=live").await;
    refused(&alias, 404, &format!("Cannot find alias arn: {ARN}:live"));
    let differ = post("/2015-03-31/functions/f%3Alive/policy?Qualifier=7").await;
    refused(
        &differ,
        400,
        "The derived qualifier from the function name does not match the specified qualifier.",
    );
}

#[tokio::test]
async fn the_model_is_checked_before_the_function() {
    let server = server().await;
    let wrong = json!({ "StatementId": "a b", "Action": "InvokeFunction", "Principal": "*" });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions/nobody/policy", &wrong).await;
    let words = "2 validation errors detected: Value 'a b' at 'statementId' failed to satisfy constraint: Member must \
        satisfy regular expression pattern: ([a-zA-Z0-9-_]+); Value 'InvokeFunction' at 'action' failed to satisfy \
        constraint: Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])";
    assert_eq!((status, body["message"].as_str()), (400, Some(words)));
}

#[tokio::test]
async fn each_refusal_of_the_others() {
    let server = server().await;
    let remove = |path: &'static str| server.call_owned(Method::DELETE, path, Value::Null);
    let no_policy = "No policy is associated with the given resource.";
    refused(&remove("/2015-03-31/functions/f/policy/s").await, 404, no_policy);
    assert_eq!(add(&server, &json!({})).await.0, 201);
    let no_statement = remove("/2015-03-31/functions/f/policy/other").await;
    refused(&no_statement, 404, "Statement other is not found in resource policy.");
    let nobody = "arn:aws:lambda:us-east-1:000000000000:function:nobody";
    let answer = remove("/2015-03-31/functions/nobody/policy/s").await;
    refused(&answer, 404, &format!("No policy found for: {nobody}"));
    let answer = remove("/2015-03-31/functions/f/policy/s?Qualifier=7").await;
    refused(&answer, 404, &format!("Function not found: {ARN}:7"));
    let answer = get(&server, "/2015-03-31/functions/nobody/policy").await;
    refused(&answer, 404, &format!("Function not found: {nobody}"));
    let answer = get(&server, "/2015-03-31/functions/f/policy?Qualifier=7").await;
    refused(&answer, 404, "The resource you requested does not exist.");
}

#[tokio::test]
async fn a_policy_has_a_longest_size() {
    let server = server().await;
    let mut added = 0;
    let answer = loop {
        let with = json!({ "StatementId": format!("{added:0100}"), "SourceArn": format!("arn:aws:s3:::{}", "b".repeat(2000)) });
        let answer = add(&server, &with).await;
        if answer.0 != 201 {
            break answer;
        }
        added += 1;
    };
    assert_eq!((answer.0, added), (400, 8));
    let words = answer.1["message"].as_str().unwrap();
    assert!(
        words.starts_with("The final policy size (")
            && words.ends_with(") is bigger than the limit (20480).")
    );
}

#[tokio::test]
async fn a_whole_document_replaces_what_was_added() {
    let server = server().await;
    let path = format!("/2026-07-09/resource-policy/{}", ARN.replace(':', "%3A"));
    refused(&get(&server, &path).await, 404, "The resource you requested does not exist.");
    assert_eq!(add(&server, &json!({})).await.0, 201);
    let document = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"x","Effect":"Allow","Principal":{{"AWS":"111111111111"}},"Action":"lambda:InvokeFunction","Resource":"{resource}"}}]}}"#
        )
    };
    let put = |body: Value| server.call_owned(Method::PUT, path.clone(), body);
    let (status, body) = put(json!({ "Policy": document(ARN) })).await;
    assert_eq!((status, &body["Policy"]), (200, &json!(document(ARN))), "{body}");
    assert_eq!(body["RevisionId"], revision(&server).await);
    assert_eq!(get(&server, POLICY).await.1, body);
    assert_eq!(get(&server, &path).await, (200, body.clone()));
    let stale = json!({ "Policy": document(ARN), "RevisionId": "00000000-0000-0000-0000-000000000000" });
    assert_eq!(put(stale).await.0, 412);
    for wrong in ["{", "{}", &document(&format!("{ARN}:1"))] {
        let (status, body) = put(json!({ "Policy": wrong })).await;
        let words = body["message"].as_str().unwrap();
        assert!(status == 400 && words.starts_with("The provided policy document is invalid: "), "{body}");
    }
    let known = body["RevisionId"].as_str().unwrap();
    let delete = |path: String| server.call_owned(Method::DELETE, path, Value::Null);
    assert_eq!(delete(format!("{path}?RevisionId=00000000-0000-0000-0000-000000000000")).await.0, 412);
    assert_eq!(delete(format!("{path}?RevisionId={known}")).await, (204, Value::Null));
    refused(&delete(path.clone()).await, 404, "The resource you requested does not exist.");
}

#[tokio::test]
async fn each_qualifier_has_a_policy_of_its_own() {
    let server = server().await;
    assert_eq!(server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await.0, 201);
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    assert_eq!(server.call(Method::POST, "/2015-03-31/functions/f/aliases", &alias).await.0, 201);
    let of = |qualifier: &str| format!("{POLICY}?Qualifier={qualifier}");
    let add = |path: String, with: Value| server.call_owned(Method::POST, path, permission(&with));
    let alias_revision =
        || async { get(&server, "/2015-03-31/functions/f/aliases/live").await.1["RevisionId"].clone() };
    let version_revision = || async {
        get(&server, "/2015-03-31/functions/f/configuration?Qualifier=1").await.1["RevisionId"].clone()
    };
    while get(&server, "/2015-03-31/functions/f/configuration?Qualifier=1").await.1["State"] != "Active" {
        tokio::task::yield_now().await;
    }
    let before = [revision(&server).await, version_revision().await, alias_revision().await];
    let (status, body) = add(of("live"), json!({ "RevisionId": before[2] })).await;
    assert_eq!(status, 201, "{body}");
    let statement: Value = serde_json::from_str(body["Statement"].as_str().unwrap()).unwrap();
    assert_eq!(statement["Resource"], format!("{ARN}:live"));
    let (_, shown) = get(&server, &of("live")).await;
    assert_eq!(shown["RevisionId"], alias_revision().await);
    assert_eq!(add(of("1"), json!({ "RevisionId": before[1] })).await.0, 201);
    assert_eq!(get(&server, &of("1")).await.1["RevisionId"], version_revision().await);
    let after = [revision(&server).await, version_revision().await, alias_revision().await];
    assert_eq!(after[0], before[0]);
    assert!(after[1] != before[1] && after[2] != before[2]);
    assert_eq!(add(of("1"), json!({ "StatementId": "t", "RevisionId": before[1] })).await.0, 412);
    assert_eq!(get(&server, POLICY).await.0, 404);
    assert_eq!(
        server.call(Method::DELETE, "/2015-03-31/functions/f/aliases/live", &Value::Null).await.0,
        204
    );
    assert_eq!(get(&server, &of("live")).await.0, 404);
    assert_eq!(server.call(Method::POST, "/2015-03-31/functions/f/aliases", &alias).await.0, 201);
    assert_eq!(get(&server, &of("live")).await.0, 404, "a policy ends with its alias");
    let remove = format!("{POLICY}/s?Qualifier=1");
    assert_eq!(server.call(Method::DELETE, &remove, &Value::Null).await.0, 204);
    assert_eq!(get(&server, &of("1")).await.0, 404);
}
