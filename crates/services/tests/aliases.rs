//! The operations on aliases, and where their traffic goes, through the pipeline of a whole server with fake sandboxes.

use std::collections::BTreeMap;

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{self, said, settled};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const F: &str = "/2015-03-31/functions/f";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// A server whose function has the versions 1 and 2 and says how it was called.
async fn server() -> TestServer {
    let host = FakeHost::new(|spec: &Spec, event: &Event| {
        said(format!(
            "\"{} {}\"",
            spec.environment["AWS_LAMBDA_FUNCTION_VERSION"], event.invoked_function_arn
        ))
    });
    let server = TestServer::start_for(host, 1000).await;
    one_function::create(&server, "f").await;
    settled(&server).await;
    for number in 1..3 {
        assert_eq!(call(&server, Method::POST, "/versions", json!({})).await.0, 201);
        let body = json!({ "MemorySize": 128 + number });
        assert_eq!(call(&server, Method::PUT, "/configuration", body).await.0, 200);
        settled(&server).await;
    }
    server
}

async fn call(server: &TestServer, method: Method, path: &str, body: Value) -> (u16, Value) {
    server.call_owned(method, format!("{F}{path}"), body).await
}

async fn create(server: &TestServer, body: Value) -> (u16, Value) {
    call(server, Method::POST, "/aliases", body).await
}

async fn update(server: &TestServer, body: Value) -> (u16, Value) {
    call(server, Method::PUT, "/aliases/live", body).await
}

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    call(server, Method::GET, path, Value::Null).await
}

#[track_caller]
fn refused(answer: &(u16, Value), status: u16, message: &str) {
    let text = answer.1.get("Message").or_else(|| answer.1.get("message")).and_then(Value::as_str);
    assert_eq!((answer.0, text.unwrap_or("")), (status, message));
}

fn to(version: &str, weights: Value) -> Value {
    json!({ "FunctionVersion": version, "RoutingConfig": { "AdditionalVersionWeights": weights } })
}

fn named(name: &str, mut body: Value) -> Value {
    body["Name"] = json!(name);
    body
}

#[tokio::test]
async fn an_alias_lives_from_its_creation_to_its_deletion() {
    let server = server().await;
    let (status, made) = create(&server, json!({ "Name": "live", "FunctionVersion": "1" })).await;
    assert_eq!(status, 201, "{made}");
    let expected = json!({
        "AliasArn": format!("{ARN}:live"), "Name": "live", "FunctionVersion": "1", "Description": "",
        "RevisionId": made["RevisionId"],
    });
    assert_eq!(made, expected);
    assert_eq!(get(&server, "/aliases/live").await, (200, made.clone()));
    assert_eq!(get(&server, ":live/aliases/live").await, (200, made.clone()), "by the ARN it calls by");
    let (status, routed) = update(&server, to("2", json!({ "1": 0.5 }))).await;
    assert_eq!((status, &routed["FunctionVersion"]), (200, &json!("2")), "{routed}");
    assert_eq!(routed["RoutingConfig"], json!({ "AdditionalVersionWeights": { "1": 0.5 } }));
    assert_ne!(routed["RevisionId"], made["RevisionId"]);
    let (_, same) = update(&server, json!({})).await;
    assert_eq!(same["RoutingConfig"], routed["RoutingConfig"], "what is not named stays");
    assert_ne!(same["RevisionId"], routed["RevisionId"], "even an empty update is a change");
    let (_, cleared) = update(&server, json!({ "RoutingConfig": {}, "Description": "d" })).await;
    assert_eq!((cleared.get("RoutingConfig"), &cleared["Description"]), (None, &json!("d")));
    for _ in 0..2 {
        assert_eq!(call(&server, Method::DELETE, "/aliases/live", Value::Null).await.0, 204);
    }
    refused(&get(&server, "/aliases/live").await, 404, &format!("Cannot find alias arn: {ARN}:live"));
}

#[tokio::test]
async fn refusals_read_as_on_aws() {
    let server = server().await;
    create(&server, json!({ "Name": "live", "FunctionVersion": "1" })).await;
    let again = create(&server, json!({ "Name": "live", "FunctionVersion": "2" })).await;
    refused(&again, 409, &format!("Alias already exists: {ARN}:live"));
    let nowhere = create(&server, json!({ "Name": "x", "FunctionVersion": "7" })).await;
    refused(&nowhere, 404, &format!("Function not found: {ARN}:7"));
    let missing = call(&server, Method::PUT, "/aliases/x", json!({})).await;
    refused(&missing, 404, &format!("Alias not found: {ARN}:x"));
    let stale = update(&server, json!({ "RevisionId": "x" })).await;
    assert_eq!(stale.0, 412, "{stale:?}");
    let other = "/2015-03-31/functions/g/aliases";
    let none = server.call_owned(Method::POST, other, json!({ "Name": "x", "FunctionVersion": "1" })).await;
    refused(&none, 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g:1");
    let none = server.call_owned(Method::DELETE, format!("{other}/x"), Value::Null).await;
    refused(&none, 404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g");
    let digits = create(&server, json!({ "Name": "12", "FunctionVersion": "1" })).await;
    refused(
        &digits,
        400,
        "1 validation error detected: Value '12' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    );
}

#[tokio::test]
async fn weights_are_checked() {
    let server = server().await;
    let check = |body: Value| create(&server, named("x", body));
    let two = check(to("1", json!({ "1": 0.1, "2": 0.1 }))).await;
    refused(&two, 400, "Number of items in AdditionalVersionWeights cannot be greater than 1");
    let same = check(to("1", json!({ "1": 0.1 }))).await;
    refused(
        &same,
        400,
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
    );
    let latest = check(to("$LATEST", json!({ "1": 0.1 }))).await;
    refused(&latest, 400, "$LATEST is not supported for an alias pointing to more than 1 version");
    let nowhere = check(to("1", json!({ "9": 0.1 }))).await;
    refused(&nowhere, 404, &format!("Function not found: {ARN}:9"));
    let large = check(to("1", json!({ "2": 2 }))).await;
    refused(
        &large,
        400,
        "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
    );
    let not_a_number = check(to("1", json!({ "2": "NaN" }))).await;
    refused(&not_a_number, 400, &large.1["message"].as_str().unwrap().replace("2.0", "NaN"));
    let keyed = check(to("1", json!({ "$LATEST": 0.5 }))).await;
    refused(
        &keyed,
        400,
        "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]",
    );
    assert_eq!(
        check(to("1", json!({ "2": 1 }))).await.1["RoutingConfig"]["AdditionalVersionWeights"]["2"],
        1.0
    );
}

#[tokio::test]
async fn versions_of_different_roles_share_no_alias() {
    let server = server().await;
    let role = json!({ "Role": "arn:aws:iam::000000000000:role/other" });
    assert_eq!(call(&server, Method::PUT, "/configuration", role).await.0, 200);
    settled(&server).await;
    assert_eq!(call(&server, Method::POST, "/versions", json!({})).await.1["Version"], "3");
    let answer = create(&server, named("x", to("1", json!({ "3": 0.1 })))).await;
    assert_eq!(answer.0, 400, "{answer:?}");
}

#[tokio::test]
async fn aliases_are_listed_by_name_in_pages() {
    let server = server().await;
    for (name, version) in [("b", "1"), ("c", "2"), ("a", "1"), ("d", "$LATEST")] {
        create(&server, json!({ "Name": name, "FunctionVersion": version })).await;
    }
    let names = |page: &Value| -> Vec<String> {
        let list = page["Aliases"].as_array().unwrap().iter();
        list.map(|alias| alias["Name"].as_str().unwrap().to_owned()).collect()
    };
    let first = get(&server, "/aliases?MaxItems=3").await.1;
    assert_eq!(names(&first), ["a", "b", "c"]);
    let marker = first["NextMarker"].as_str().unwrap();
    let second = get(&server, &format!("/aliases?MaxItems=3&Marker={marker}")).await.1;
    assert_eq!((names(&second), second["NextMarker"].as_str()), (vec!["d".to_owned()], None));
    assert_eq!(names(&get(&server, "/aliases?FunctionVersion=1").await.1), ["a", "b"]);
    assert_eq!(names(&get(&server, "/aliases?FunctionVersion=%24LATEST").await.1), ["d"]);
}

#[tokio::test]
async fn a_function_read_by_an_alias_is_the_version_under_the_name_of_the_alias() {
    let server = server().await;
    create(&server, json!({ "Name": "live", "FunctionVersion": "1" })).await;
    let read = get(&server, "/configuration?Qualifier=live").await.1;
    assert_eq!((&read["Version"], &read["FunctionArn"]), (&json!("1"), &json!(format!("{ARN}:live"))));
    assert_eq!(read["MemorySize"], 128);
    refused(&get(&server, "?Qualifier=dead").await, 404, &format!("Function not found: {ARN}:dead"));
    let invoked = call(&server, Method::POST, "/invocations?Qualifier=dead", json!({})).await;
    refused(&invoked, 404, &format!("Function not found: {ARN}:dead"));
}

/// How often each version answers, and whether each was called by the alias.
async fn shares(server: &TestServer, calls: u32) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for _ in 0..calls {
        let answer = server.send(Method::POST, &format!("{F}:live/invocations"), "").await;
        let executed =
            answer.headers()["x-amz-executed-version"].to_str().expect("the version is text").to_owned();
        assert_eq!(String::from_utf8_lossy(answer.body()), format!("\"{executed} {ARN}:live\""));
        *counts.entry(executed).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn traffic_is_split_as_the_weights_say() {
    let server = server().await;
    create(&server, named("live", to("1", json!({ "2": 0.3 })))).await;
    let counts = shares(&server, 1000).await;
    // With one degree of freedom chance alone is above 10.83 once in a thousand; these dice fall alike in each run.
    let chi: f64 = [("1", 700_u32), ("2", 300)]
        .map(|(version, expected)| {
            f64::from(counts[version].abs_diff(expected)).powi(2) / f64::from(expected)
        })
        .iter()
        .sum();
    assert!(chi < 10.83, "{counts:?}: {chi}");
    for (weight, only) in [(0.0, "1"), (1.0, "2")] {
        update(&server, to("1", json!({ "2": weight }))).await;
        assert_eq!(shares(&server, 20).await, [(only.to_owned(), 20)].into());
    }
    update(&server, json!({ "FunctionVersion": "$LATEST", "RoutingConfig": {} })).await;
    assert_eq!(shares(&server, 2).await, [("$LATEST".to_owned(), 2)].into());
}

#[tokio::test]
async fn a_version_stays_warm_while_its_aliases_change() {
    let server = server().await;
    create(&server, json!({ "Name": "live", "FunctionVersion": "1" })).await;
    shares(&server, 3).await;
    update(&server, json!({ "Description": "other" })).await;
    call(&server, Method::PUT, "/configuration", json!({ "Timeout": 9 })).await;
    settled(&server).await;
    shares(&server, 3).await;
    assert_eq!((server.host.count_of("boot"), server.host.count_of("stop")), (1, 0));
}

#[tokio::test]
async fn provisioned_concurrency_goes_only_where_it_can_be() {
    let server = server().await;
    for (name, version) in [("live", "1"), ("other", "2")] {
        create(&server, json!({ "Name": name, "FunctionVersion": version })).await;
        let path = format!("/2019-09-30/functions/f/provisioned-concurrency?Qualifier={name}");
        let asked = json!({ "ProvisionedConcurrentExecutions": 1 });
        assert_eq!(server.call_owned(Method::PUT, path, asked).await.0, 202);
    }
    let taken = update(&server, json!({ "FunctionVersion": "2" })).await;
    assert_eq!(
        (taken.0, get(&server, "/aliases/live").await.1["FunctionVersion"].as_str()),
        (409, Some("1"))
    );
    refused(
        &update(&server, json!({ "FunctionVersion": "$LATEST" })).await,
        400,
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    );
    assert_eq!(call(&server, Method::DELETE, "/aliases/other", Value::Null).await.0, 204);
    assert_eq!(update(&server, json!({ "FunctionVersion": "2" })).await.0, 200, "the other one is gone");
}
