//! The policies of layer versions, and what they let another account do. Through the pipeline of a whole server.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{base64, said};
use lambent_testkit::{FakeHost, TestServer, zip};
use serde_json::{Value, json};

const OTHER: &str = "222222222222";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:layer:l:1";
const POLICY: &str = "/2018-10-31/layers/l/versions/1/policy";

async fn server() -> TestServer {
    let server = TestServer::start(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    let content = json!({ "Content": { "ZipFile": base64(&zip("python/x.py", "X = 1")) } });
    let (status, body) = server.call(Method::POST, "/2018-10-31/layers/l/versions", &content).await;
    assert_eq!(status, 201, "{body}");
    server
}

async fn add(server: &TestServer, sid: &str, principal: &str) -> (u16, Value) {
    let body = json!({ "StatementId": sid, "Action": "lambda:GetLayerVersion", "Principal": principal });
    server.call(Method::POST, POLICY, &body).await
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, words: &str) {
    let text = answer.1.get("message").or_else(|| answer.1.get("Message")).and_then(Value::as_str);
    assert_eq!((answer.0, text), (status, Some(words)), "{answer:?}");
}

#[tokio::test]
async fn a_policy_has_a_revision_of_its_own_and_is_not_shown_without_statements() {
    let server = server().await;
    let get = || async { server.call(Method::GET, POLICY, &Value::Null).await };
    refused(&get().await, 404, "No policy is associated with the given resource.");
    let (status, added) = add(&server, "s", OTHER).await;
    let statement = format!(
        r#"{{"Sid":"s","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{OTHER}:root"}},"Action":"lambda:GetLayerVersion","Resource":"{ARN}"}}"#
    );
    assert_eq!((status, &added["Statement"]), (201, &json!(statement)));
    let policy = format!(r#"{{"Version":"2012-10-17","Id":"default","Statement":[{statement}]}}"#);
    assert_eq!(get().await, (200, json!({ "Policy": policy, "RevisionId": added["RevisionId"] })));
    let known = added["RevisionId"].as_str().unwrap();
    let remove = |revision: &str| {
        let path = format!("{POLICY}/s?RevisionId={revision}");
        server.call_owned(Method::DELETE, path, Value::Null)
    };
    let stale = "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to \
        retrieve the latest Revision Id";
    refused(&remove("other").await, 412, stale);
    assert_eq!(remove(known).await, (204, Value::Null));
    refused(&get().await, 404, "The resource you requested does not exist.");
    refused(&remove(known).await, 412, stale);
    let (_, again) = add(&server, "s", OTHER).await;
    assert_eq!(get().await.1["RevisionId"], again["RevisionId"]);
    assert_ne!(again["RevisionId"], known);
}

#[tokio::test]
async fn each_refusal() {
    let server = server().await;
    assert_eq!(add(&server, "s", "*").await.0, 201);
    let twice = "The statement id (s) provided already exists. Please provide a new statement id, or remove the \
        existing statement.";
    refused(&add(&server, "s", "*").await, 409, twice);
    let remove = |path: &'static str| server.call_owned(Method::DELETE, path, Value::Null);
    let unknown = remove("/2018-10-31/layers/l/versions/1/policy/x").await;
    refused(&unknown, 404, "Statement x is not found in resource policy.");
    let missing = remove("/2018-10-31/layers/l/versions/2/policy/s").await;
    refused(&missing, 404, "Layer version arn:aws:lambda:us-east-1:000000000000:layer:l:2 does not exist.");
    let elsewhere =
        "/2018-10-31/layers/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Alayer%3Al/versions/1/policy/s";
    let words = "Layer version arn:aws:lambda:eu-west-1:000000000000:layer:l:1 does not exist.";
    refused(&remove(elsewhere).await, 404, words);
}

#[tokio::test]
async fn another_account_may_read_and_use_the_layer_when_its_policy_says_so() {
    let server = server().await;
    let by_arn = format!("/2018-10-31/layers?find=LayerVersion&Arn={}", ARN.replace(':', "%3A"));
    let read = || async { server.call_as(OTHER, Method::GET, &by_arn, &Value::Null).await };
    let words = format!(
        "User: arn:aws:iam::{OTHER}:root is not authorized to perform: lambda:GetLayerVersion on resource: {ARN} because no \
         resource-based policy allows the lambda:GetLayerVersion action"
    );
    let function = json!({
        "FunctionName": "g", "Runtime": "provided.al2023", "Handler": "x", "Layers": [ARN],
        "Role": format!("arn:aws:iam::{OTHER}:role/r"), "Code": { "ZipFile": base64(&zip("bootstrap", "1")) },
    });
    let create = || async { server.call_as(OTHER, Method::POST, "/2015-03-31/functions", &function).await };
    refused(&read().await, 403, &words);
    assert_eq!(add(&server, "third", "333333333333").await.0, 201);
    refused(&read().await, 403, &words);
    refused(&create().await, 403, &words);
    assert_eq!(add(&server, "s", OTHER).await.0, 201);
    let (status, body) = read().await;
    assert_eq!((status, &body["LayerVersionArn"]), (200, &json!(ARN)), "{body}");
    let (status, body) = create().await;
    assert_eq!((status, &body["Layers"][0]["Arn"]), (201, &json!(ARN)), "{body}");
}
