//! The operations on versions, and what they run, through the pipeline of a whole server with fake sandboxes.

use http::Method;
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::version::{Version, VersionNumber};
use lambent_sandbox::{Event, Spec};
use lambent_services::lambda::code::{Needed, collect};
use lambent_store::{Expect, Transaction, tables};
use lambent_testkit::one_function::{base64, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, zip};
use serde_json::{Value, json};

const F: &str = "/2015-03-31/functions/f";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// A server whose function says its version and its memory.
async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|spec: &Spec, _: &Event| {
        said(format!("\"{} {}\"", spec.environment["AWS_LAMBDA_FUNCTION_VERSION"], spec.memory_mib))
    }))
    .await;
    settled(&server).await;
    server
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    server.call_owned(Method::GET, format!("{F}{path}"), Value::Null).await
}

async fn publish(server: &TestServer, body: Value) -> Value {
    let (status, body) = server.call_owned(Method::POST, format!("{F}/versions"), body).await;
    assert_eq!(status, 201, "{body}");
    body
}

/// Changes `$LATEST`, so that it can be published again.
async fn change(server: &TestServer, memory_mib: u32) {
    let body = json!({ "MemorySize": memory_mib });
    assert_eq!(server.call_owned(Method::PUT, format!("{F}/configuration"), body).await.0, 200);
    settled(server).await;
}

/// Waits until the version is active.
async fn active(server: &TestServer, number: u32) -> Value {
    loop {
        let (status, body) = get(server, &format!("/configuration?Qualifier={number}")).await;
        assert_eq!(status, 200, "{body}");
        if body["State"] == "Active" {
            return body;
        }
        tokio::task::yield_now().await;
    }
}

async fn invoke(server: &TestServer, qualifier: &str) -> (String, String) {
    let path = format!("{F}/invocations?Qualifier={qualifier}");
    let answer = server.send(Method::POST, &path, "").await;
    let executed = answer
        .headers()
        .get("x-amz-executed-version")
        .map(|v| v.to_str().expect("the version is text").to_owned());
    (executed.unwrap_or_default(), String::from_utf8_lossy(answer.body()).into_owned())
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, message: &str) {
    let text = answer.1.get("Message").or_else(|| answer.1.get("message")).and_then(Value::as_str);
    assert_eq!((answer.0, text.unwrap_or("")), (status, message));
}

#[tokio::test]
async fn a_version_is_what_latest_was_and_stays_it() {
    let server = server().await;
    let before = get(&server, "/configuration").await.1;
    let one = publish(&server, json!({ "Description": "first" })).await;
    assert_eq!((&one["Version"], &one["FunctionArn"]), (&json!("1"), &json!(format!("{ARN}:1"))));
    assert_eq!((&one["State"], &one["StateReasonCode"]), (&json!("Pending"), &json!("Creating")));
    assert_eq!((&one["Description"], one.get("LastUpdateStatus")), (&json!("first"), None));
    let now = active(&server, 1).await;
    assert_eq!((&now["LastUpdateStatus"], now.get("StateReason")), (&json!("Successful"), None));
    assert_ne!(now["RevisionId"], one["RevisionId"], "becoming active is a change");
    assert_eq!(get(&server, "/configuration").await.1, before, "publishing does not touch $LATEST");
    change(&server, 256).await;
    assert_eq!(active(&server, 1).await, now);
    assert_eq!(invoke(&server, "1").await, ("1".to_owned(), "\"1 128\"".to_owned()));
    assert_eq!(invoke(&server, "$LATEST").await, ("$LATEST".to_owned(), "\"$LATEST 256\"".to_owned()));
}

#[tokio::test]
async fn only_an_update_makes_another_version() {
    let server = server().await;
    let one = publish(&server, json!({})).await;
    let again = publish(&server, json!({ "Description": "other" })).await;
    assert_eq!((&again["Version"], &again["Description"]), (&one["Version"], &json!("")));
    for number in ["2", "3"] {
        // The second time to what it is already.
        change(&server, 256).await;
        assert_eq!(publish(&server, json!({})).await["Version"], number);
        assert_eq!(publish(&server, json!({})).await["Version"], number);
    }
}

#[tokio::test]
async fn publishing_is_refused_where_a_condition_does_not_hold() {
    let server = server().await;
    let latest = get(&server, "/configuration").await.1;
    let publish = |body: Value| server.call_owned(Method::POST, format!("{F}/versions"), body);
    let sha = latest["CodeSha256"].as_str().unwrap();
    let words = format!(
        "CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha}). Please try again with the CodeSHA256 in $LATEST."
    );
    refused(&publish(json!({ "CodeSha256": "x" })).await, 400, &words);
    let stale = publish(json!({ "RevisionId": "x" })).await;
    refused(
        &stale,
        412,
        "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId",
    );
    let none = server.call_owned(Method::POST, "/2015-03-31/functions/g/versions", json!({})).await;
    refused(&none, 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g");
    assert_eq!(publish(json!({ "CodeSha256": sha, "RevisionId": latest["RevisionId"] })).await.0, 201);
}

#[tokio::test]
async fn versions_are_listed_behind_latest_in_pages() {
    let server = server().await;
    for memory_mib in 129..140 {
        publish(&server, json!({})).await;
        change(&server, memory_mib).await;
    }
    let numbers = |page: &Value| -> Vec<String> {
        let arns = page["Versions"].as_array().unwrap().iter().map(|v| v["FunctionArn"].as_str().unwrap());
        arns.map(|arn| arn.strip_prefix(ARN).unwrap().to_owned()).collect()
    };
    let whole = get(&server, "/versions").await.1;
    let expected: Vec<String> = (1..12).map(|n| format!(":{n}")).collect();
    assert_eq!(numbers(&whole)[0], ":$LATEST");
    assert_eq!(numbers(&whole)[1..], expected);
    assert!(whole["Versions"].as_array().unwrap().iter().all(|v| v.get("State").is_none()));
    for size in [1, 4, 12] {
        let (mut seen, mut marker) = (Vec::new(), String::new());
        loop {
            let page = get(&server, &format!("/versions?MaxItems={size}{marker}")).await.1;
            assert!(numbers(&page).len() <= size);
            seen.extend(numbers(&page));
            match page["NextMarker"].as_str() {
                Some(next) => marker = format!("&Marker={next}"),
                None => break,
            }
        }
        assert_eq!(seen, numbers(&whole), "{size} at a time");
    }
}

#[tokio::test]
async fn a_version_that_is_not_there_is_named() {
    let server = server().await;
    publish(&server, json!({})).await;
    for text in ["2", "0", "01", "99999999999999999999"] {
        let words = format!("Function not found: {ARN}:{text}");
        refused(&get(&server, &format!("?Qualifier={text}")).await, 404, &words);
        let path = format!("{F}/invocations?Qualifier={text}");
        refused(&server.call_owned(Method::POST, path, json!({})).await, 404, &words);
    }
}

#[tokio::test]
async fn new_code_leaves_the_version_its_own() {
    let server = server().await;
    let one = publish(&server, json!({})).await;
    let body = json!({ "ZipFile": base64(&zip("bootstrap", "new")) });
    assert_eq!(server.call_owned(Method::PUT, format!("{F}/code"), body).await.0, 200);
    settled(&server).await;
    assert_eq!(active(&server, 1).await["CodeSha256"], one["CodeSha256"]);
    server.clock.advance(std::time::Duration::from_secs(100 * 365 * 86_400));
    collect(&server.server, &Needed::default()).await.unwrap();
    assert!(server.has_code(one["CodeSha256"].as_str().unwrap()).await, "the version needs it");
}

#[tokio::test]
async fn a_function_is_deleted_with_thousands_of_versions() {
    let server = server().await;
    publish(&server, json!({})).await;
    let (account, region) = (AccountId::default_account(), Region::default_region());
    let id = FunctionId { account, region, name: "f".to_owned() };
    let first = tables::version_key(&id, VersionNumber(1));
    let first = server.store.get(&tables::VERSIONS, &first).await.unwrap().expect("it is published").value;
    let all = (2..=5000).map(VersionNumber).fold(Transaction::new(), |all, number| {
        let version = Version { number, ..first.clone() };
        all.put(&tables::VERSIONS, tables::version_key(&id, number), &version, Expect::Absent)
    });
    server.store.write(all).await.unwrap();
    assert_eq!(server.call(Method::DELETE, F, &Value::Null).await.0, 204);
    let left = server.store.list(&tables::VERSIONS, &tables::versions_of(&id), None, 1).await.unwrap();
    assert!(left.is_empty());
}
