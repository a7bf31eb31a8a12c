//! The life of a function through the pipeline: created and updated with a version, held in its states, listed with its
//! versions, counted, and deleted with all that is its own.

use std::time::Duration;

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_store::{Expect, Key, Table, Transaction};
use lambent_testkit::one_function::{INVOKE, base64, create, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

const FUNCTIONS: &str = "/2015-03-31/functions";
const CONFIGURATION: &str = "/2015-03-31/functions/f/configuration";
const CODE: &str = "/2015-03-31/functions/f/code";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

fn host() -> FakeHost {
    FakeHost::new(|_: &Spec, _: &Event| said("1"))
}

fn package(text: &str) -> String {
    base64(&zip("bootstrap", text))
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    server.call(Method::GET, path, &Value::Null).await
}

fn message(body: &Value) -> &str {
    body.get("message").or_else(|| body.get("Message")).and_then(Value::as_str).unwrap_or_default()
}

/// Publishes new code as a version.
async fn publish(server: &TestServer, text: &str) -> Value {
    let update = json!({ "ZipFile": package(text), "Publish": true });
    let (status, body) = server.call(Method::PUT, CODE, &update).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn a_function_may_be_created_with_its_first_version() {
    let server = TestServer::start(host()).await;
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": package("1") }, "Publish": true,
    });
    let (status, body) = server.call(Method::POST, FUNCTIONS, &function).await;
    assert_eq!((status, &body["Version"], &body["State"]), (201, &json!("1"), &json!("Pending")), "{body}");
    assert_eq!(body["FunctionArn"], ARN);
    settled(&server).await;
    let (status, version) = get(&server, &format!("{CONFIGURATION}?Qualifier=1")).await;
    assert_eq!((status, &version["FunctionArn"]), (200, &json!(format!("{ARN}:1"))));
    assert_eq!(get(&server, CONFIGURATION).await.1["Version"], "$LATEST");
}

#[tokio::test]
async fn an_update_of_code_may_publish_a_version() {
    let server = with_function(host()).await;
    let first = publish(&server, "1").await;
    assert_eq!((&first["Version"], &first["FunctionArn"]), (&json!("1"), &json!(format!("{ARN}:1"))));
    let same = publish(&server, "1").await;
    assert_eq!(same["Version"], "2", "an update to the same code is an update");
    let second = publish(&server, "2").await;
    assert_eq!(second["Version"], "3");
    assert_ne!(second["CodeSha256"], first["CodeSha256"]);
}

#[tokio::test]
async fn all_versions_are_listed_behind_their_functions() {
    let server = with_function(host()).await;
    create(&server, "e").await;
    create(&server, "g").await;
    publish(&server, "1").await;
    publish(&server, "2").await;
    let everything = ["e:$LATEST", "f:$LATEST", "f:1", "f:2", "g:$LATEST"];
    for size in 1..=6 {
        let (mut seen, mut marker) = (Vec::new(), String::new());
        loop {
            let path = format!("{FUNCTIONS}?FunctionVersion=ALL&MaxItems={size}{marker}");
            let (status, page) = get(&server, &path).await;
            assert_eq!(status, 200, "{page}");
            for function in page["Functions"].as_array().unwrap() {
                assert_eq!(function.get("State"), None);
                let arn = function["FunctionArn"].as_str().unwrap();
                seen.push(arn.split_once(":function:").unwrap().1.to_owned());
            }
            match page["NextMarker"].as_str() {
                Some(next) => marker = format!("&Marker={next}"),
                None => break,
            }
        }
        assert_eq!(seen, everything, "in pages of {size}");
    }
    let (_, page) = get(&server, &format!("{FUNCTIONS}?MasterRegion=eu-west-1&FunctionVersion=ALL")).await;
    assert_eq!(page["Functions"], json!([]), "nothing is replicated");
}

#[tokio::test]
async fn a_version_is_deleted_by_its_number_alone() {
    let server = with_function(host()).await;
    publish(&server, "1").await;
    publish(&server, "2").await;
    let alias = json!({ "Name": "live", "FunctionVersion": "2" });
    let (status, body) = server.call(Method::POST, &format!("{FUNCTIONS}/f/aliases"), &alias).await;
    assert_eq!(status, 201, "{body}");
    let delete = |qualifier: &'static str| {
        server.call_owned(Method::DELETE, format!("{FUNCTIONS}/f?Qualifier={qualifier}"), Value::Null)
    };
    assert_eq!(delete("1").await.0, 204);
    assert_eq!(delete("1").await.0, 204, "what is gone can be deleted again");
    assert_eq!(get(&server, &format!("{CONFIGURATION}?Qualifier=1")).await.0, 404);
    let (status, body) = delete("2").await;
    let words = "Unable to delete version because the following aliases reference it: [live]";
    assert_eq!((status, message(&body)), (409, words));
    for (qualifier, words) in [
        ("$LATEST", "$LATEST version cannot be deleted without deleting the function."),
        ("live", "Deletion of aliases is not currently supported."),
    ] {
        let (status, body) = delete(qualifier).await;
        assert_eq!((status, message(&body)), (400, words));
    }
    assert_eq!(publish(&server, "3").await["Version"], "3", "no number comes again");
}

#[tokio::test]
async fn a_deleted_function_takes_everything_with_it() {
    let server = with_function(host()).await;
    settled(&server).await;
    publish(&server, "1").await;
    let reserved = json!({ "ReservedConcurrentExecutions": 0 });
    let path = "/2017-10-31/functions/f/concurrency";
    assert_eq!(server.call(Method::PUT, path, &reserved).await.0, 200);
    assert_eq!(server.call(Method::DELETE, &format!("{FUNCTIONS}/f"), &Value::Null).await.0, 204);
    create(&server, "f").await;
    let (_, body) = get(&server, &format!("{FUNCTIONS}/f")).await;
    assert_eq!(body.get("Concurrency"), None);
    assert_eq!(get(&server, &format!("{CONFIGURATION}?Qualifier=1")).await.0, 404);
    assert_eq!(publish(&server, "1").await["Version"], "1", "it is another function");
}

#[tokio::test]
async fn who_changes_a_function_that_is_settling_waits_for_it() {
    let server = with_function(host()).await;
    for timeout in 4..8 {
        let (status, body) = server.call(Method::PUT, CONFIGURATION, &json!({ "Timeout": timeout })).await;
        assert_eq!((status, &body["Timeout"]), (200, &json!(timeout)), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn states_are_held_as_long_as_asked_for() {
    let held = Duration::from_secs(60);
    let server = TestServer::start_holding(host(), held).await;
    create(&server, "f").await;
    let (_, body) = get(&server, CONFIGURATION).await;
    assert_eq!((&body["State"], body.get("LastUpdateStatus")), (&json!("Pending"), None), "{body}");
    let pending = "The operation cannot be performed at this time. The function is currently in the following state: Pending";
    let timeout = json!({ "Timeout": 9 });
    for (method, path) in [(Method::PUT, CONFIGURATION), (Method::POST, INVOKE)] {
        let (status, body) = server.call(method, path, &timeout).await;
        assert_eq!((status, message(&body)), (409, pending), "{path}");
    }
    tokio::time::sleep(held + Duration::from_secs(1)).await;
    assert_eq!(get(&server, CONFIGURATION).await.1["State"], "Active");
    assert_eq!(server.call(Method::PUT, CONFIGURATION, &timeout).await.0, 200);
    let (status, body) = server.call(Method::PUT, CONFIGURATION, &timeout).await;
    let updating = format!(
        "The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
    );
    assert_eq!((status, message(&body)), (409, updating.as_str()));
    assert_eq!(server.call(Method::POST, INVOKE, &timeout).await.0, 200, "what ran goes on running");
    tokio::time::sleep(held + Duration::from_secs(1)).await;
    assert_eq!(get(&server, CONFIGURATION).await.1["LastUpdateStatus"], "Successful");
}

#[tokio::test]
async fn the_code_of_an_account_has_a_limit() {
    const RAW: Table<Value> = Table::new("functions");
    let server = with_function(host()).await;
    settled(&server).await;
    let key = Key::of(["000000000000", "us-east-1", "f"]);
    let mut record = server.store.get(&RAW, &key).await.unwrap().unwrap();
    record.value["latest"]["code"]["size_bytes"] = json!(80_530_636_800_u64);
    let full = Transaction::new().put(&RAW, key, &record.value, Expect::Present);
    server.store.write(full).await.unwrap();
    let function = json!({
        "FunctionName": "g", "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": package("1") },
    });
    let (status, body) = server.call(Method::POST, FUNCTIONS, &function).await;
    assert_eq!((status, message(&body)), (400, "Code storage limit exceeded."));
    let (status, _) = server.call(Method::POST, &format!("{FUNCTIONS}/f/versions"), &json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(server.call(Method::DELETE, &format!("{FUNCTIONS}/f"), &Value::Null).await.0, 204);
    assert_eq!(server.call(Method::POST, FUNCTIONS, &function).await.0, 201, "there is room again");
}
