//! Provisioned concurrency through a whole server; its fake sandboxes answer why they were initialised and as which version.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Method;
use lambent_sandbox::{Answer, Event, Exit, Init, Output, Spec};
use lambent_testkit::one_function::{create, said};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};

const FUNCTION: &str = "/2015-03-31/functions/f";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// Its Init fails while this is set.
#[derive(Default)]
struct Tells {
    broken: Arc<AtomicBool>,
}

impl Program for Tells {
    fn init(&self, _spec: &Spec) -> Init {
        if self.broken.load(Ordering::SeqCst) { Init::Exited(Exit::Code(1)) } else { Init::Ready }
    }

    fn invoke(&self, spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        let of = |name: &str| spec.environment[name].clone();
        let (kind, version) = (of("AWS_LAMBDA_INITIALIZATION_TYPE"), of("AWS_LAMBDA_FUNCTION_VERSION"));
        said(format!("\"{kind} {version}\""))
    }
}

/// A server whose account may run 1,000, with versions 1 and 2 of a function.
async fn server(host: FakeHost) -> TestServer {
    let server = TestServer::start_for(host, 1000).await;
    create(&server, "f").await;
    for memory in [128, 256] {
        let path = format!("{FUNCTION}/configuration");
        done(&server, Method::PUT, &path, json!({ "MemorySize": memory }), 200).await;
        done(&server, Method::POST, &format!("{FUNCTION}/versions"), json!({}), 201).await;
    }
    for version in ["1", "2"] {
        until(&server, &format!("{FUNCTION}/configuration?Qualifier={version}"), "State", "Active").await;
    }
    server
}

/// Does something once the function is not busy.
async fn done(server: &TestServer, method: Method, path: &str, body: Value, expected: u16) -> Value {
    loop {
        let (status, answer) = server.call(method.clone(), path, &body).await;
        if status != 409 || expected == 409 {
            assert_eq!(status, expected, "{answer}");
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Asks until a member has a value.
async fn until(server: &TestServer, path: &str, member: &str, value: &str) -> Value {
    loop {
        let (_, answer) = server.call(Method::GET, path, &Value::Null).await;
        if answer[member] == value {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn path(qualifier: &str) -> String {
    format!("/2019-09-30/functions/f/provisioned-concurrency?Qualifier={qualifier}")
}

async fn put(server: &TestServer, qualifier: &str, count: u32) -> (u16, Value) {
    let body = json!({ "ProvisionedConcurrentExecutions": count });
    server.call_owned(Method::PUT, path(qualifier), body).await
}

async fn ready(server: &TestServer, qualifier: &str) -> Value {
    until(server, &path(qualifier), "Status", "READY").await
}

async fn invoke(server: &TestServer, qualifier: &str) -> String {
    let path = format!("{FUNCTION}/invocations?Qualifier={qualifier}");
    let (status, answer) = server.call_owned(Method::POST, path, json!({})).await;
    assert_eq!(status, 200, "{answer}");
    answer.as_str().unwrap_or_default().to_owned()
}

async fn alias(server: &TestServer, name: &str, version: &str) {
    let body = json!({ "Name": name, "FunctionVersion": version });
    done(server, Method::POST, &format!("{FUNCTION}/aliases"), body, 201).await;
}

fn message(body: &Value) -> &str {
    body["message"].as_str().or_else(|| body["Message"].as_str()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn environments_are_there_before_the_first_invocation() {
    let server = server(FakeHost::new(Tells::default())).await;
    let (status, begun) = put(&server, "1", 3).await;
    let expected = json!({
        "RequestedProvisionedConcurrentExecutions": 3, "AllocatedProvisionedConcurrentExecutions": 0,
        "AvailableProvisionedConcurrentExecutions": 0, "Status": "IN_PROGRESS",
        "LastModified": begun["LastModified"],
    });
    assert_eq!((status, &begun), (202, &expected));
    let there = ready(&server, "1").await;
    assert_eq!(there["AvailableProvisionedConcurrentExecutions"], 3);
    assert_eq!(there["AllocatedProvisionedConcurrentExecutions"], 3);
    assert_eq!(there.get("StatusReason"), None);
    assert_eq!(server.host.count_of("boot"), 3);
    assert_eq!(invoke(&server, "1").await, "provisioned-concurrency 1");
    assert_eq!(server.host.count_of("boot"), 3, "it came out of what was there");
    assert_eq!(invoke(&server, "2").await, "on-demand 2");
    assert_eq!(invoke(&server, "$LATEST").await, "on-demand $LATEST");
}

#[tokio::test(start_paused = true)]
async fn what_dies_is_started_again_and_what_is_deleted_stops() {
    let server = server(FakeHost::new(Tells::default())).await;
    put(&server, "1", 2).await;
    ready(&server, "1").await;
    server.host.kill_all();
    while server.host.count_of("boot") < 4 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    ready(&server, "1").await;
    assert_eq!(invoke(&server, "1").await, "provisioned-concurrency 1");
    let (status, _) = server.call_owned(Method::DELETE, path("1"), Value::Null).await;
    assert_eq!(status, 204);
    while server.host.count_of("stop") < 4 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(invoke(&server, "1").await, "on-demand 1");
    let (status, body) = server.call_owned(Method::GET, path("1"), Value::Null).await;
    assert_eq!((status, message(&body)), (404, "No Provisioned Concurrency Config found for this function"));
    let (status, _) = server.call_owned(Method::DELETE, path("1"), Value::Null).await;
    assert_eq!(status, 204, "nothing to delete is no error");
}

#[tokio::test(start_paused = true)]
async fn idle_time_ends_no_provisioned_environment() {
    let server = server(FakeHost::new(Tells::default())).await;
    put(&server, "1", 1).await;
    ready(&server, "1").await;
    server.clock.advance(Duration::from_secs(3600));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((server.host.count_of("boot"), server.host.count_of("stop")), (1, 0));
    server.clock.advance(Duration::from_secs(3 * 3600));
    while server.host.count_of("boot") < 2 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(server.host.count_of("stop"), 1, "one that is old makes room for a new one");
}

#[tokio::test(start_paused = true)]
async fn it_moves_with_its_alias() {
    let server = server(FakeHost::new(Tells::default())).await;
    alias(&server, "live", "1").await;
    put(&server, "live", 1).await;
    ready(&server, "live").await;
    assert_eq!(invoke(&server, "live").await, "provisioned-concurrency 1");
    assert_eq!(invoke(&server, "1").await, "provisioned-concurrency 1", "they are the version's");
    let alias = format!("{FUNCTION}/aliases/live");
    done(&server, Method::PUT, &alias, json!({ "FunctionVersion": "2" }), 200).await;
    ready(&server, "live").await;
    assert_eq!(invoke(&server, "live").await, "provisioned-concurrency 2");
    while server.host.count_of("stop") < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(invoke(&server, "1").await, "on-demand 1");
    let (status, _) = server.call_owned(Method::GET, path("2"), Value::Null).await;
    assert_eq!(status, 404, "it is the alias's, not the version's");
    done(&server, Method::DELETE, &alias, Value::Null, 204).await;
    while server.host.count_of("stop") < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(put(&server, "2", 900).await.0, 202, "a deleted alias gives back what it had");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_and_tried_again() {
    let program = Tells::default();
    let broken = Arc::clone(&program.broken);
    let server = server(FakeHost::new(program)).await;
    broken.store(true, Ordering::SeqCst);
    put(&server, "1", 2).await;
    let failed = until(&server, &path("1"), "Status", "FAILED").await;
    assert_eq!(failed["StatusReason"], "FUNCTION_ERROR_INIT_FAILURE");
    assert_eq!(failed["AvailableProvisionedConcurrentExecutions"], 0);
    broken.store(false, Ordering::SeqCst);
    server.clock.advance(Duration::from_secs(2));
    assert_eq!(ready(&server, "1").await["AvailableProvisionedConcurrentExecutions"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_host_without_room_is_told_of() {
    let server = server(FakeHost::new(Tells::default()).with_room(1)).await;
    put(&server, "1", 2).await;
    let failed = until(&server, &path("1"), "Status", "FAILED").await;
    assert_eq!(failed["StatusReason"], "no sandbox: clone: no room");
    assert_eq!(failed["AvailableProvisionedConcurrentExecutions"], 1);
    assert_eq!(invoke(&server, "1").await, "provisioned-concurrency 1");
}

#[tokio::test(start_paused = true)]
async fn where_all_that_is_reserved_is_provisioned_nothing_else_runs() {
    let server = server(FakeHost::new(Tells::default())).await;
    let reserve = |count: u32| {
        let body = json!({ "ReservedConcurrentExecutions": count });
        server.call_owned(Method::PUT, "/2017-10-31/functions/f/concurrency", body)
    };
    assert_eq!(reserve(2).await.0, 200);
    let (status, body) = put(&server, "1", 3).await;
    let words = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function";
    assert_eq!((status, message(&body)), (400, words));
    assert_eq!(put(&server, "1", 2).await.0, 202);
    assert_eq!(put(&server, "2", 1).await.0, 400, "both together");
    ready(&server, "1").await;
    assert_eq!(invoke(&server, "1").await, "provisioned-concurrency 1");
    let (status, body) = server.call(Method::POST, &format!("{FUNCTION}/invocations"), &json!({})).await;
    assert_eq!((status, &body["Reason"]), (429, &json!("ReservedFunctionConcurrentInvocationLimitExceeded")));
    let (status, body) = reserve(1).await;
    let words = " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].";
    assert_eq!((status, message(&body)), (400, words));
}

#[tokio::test(start_paused = true)]
async fn refusals_read_as_on_aws() {
    let server = server(FakeHost::new(Tells::default())).await;
    alias(&server, "live", "1").await;
    alias(&server, "latest", "$LATEST").await;
    let check = async |qualifier: &str, count: u32, status: u16, words: &str| {
        let (seen, body) = put(&server, qualifier, count).await;
        assert_eq!((seen, message(&body)), (status, words), "{qualifier}");
    };
    let unpublished = "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
    check("$LATEST", 1, 400, unpublished).await;
    check("latest", 1, 400, unpublished).await;
    check("7", 1, 404, &format!("Function not found: {ARN}:7")).await;
    check("none", 1, 404, &format!("Cannot find alias arn: {ARN}:none")).await;
    let least = "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1";
    check("1", 0, 400, least).await;
    let above = "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].";
    check("1", 1001, 400, above).await;
    let below = "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
    check("1", 901, 400, below).await;
    assert_eq!(put(&server, "1", 1).await.0, 202);
    let version =
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version";
    check("live", 1, 409, version).await;
    server.call_owned(Method::DELETE, path("1"), Value::Null).await;
    assert_eq!(put(&server, "live", 1).await.0, 202);
    check("1", 1, 409, "Version is pointed by a Provisioned Concurrency alias").await;
    for method in [Method::GET, Method::DELETE] {
        for (qualifier, status, words) in [
            (
                "$LATEST",
                400,
                "The function resource provided must be an alias or a published version.".to_owned(),
            ),
            ("7", 404, format!("Function not found: {ARN}:7")),
            ("none", 404, format!("Cannot find alias arn: {ARN}:none")),
        ] {
            let (seen, body) = server.call_owned(method.clone(), path(qualifier), Value::Null).await;
            assert_eq!((seen, message(&body)), (status, words.as_str()), "{method} {qualifier}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_shows_versions_then_aliases_in_pages() {
    let server = server(FakeHost::new(Tells::default())).await;
    let list = "/2019-09-30/functions/f/provisioned-concurrency?List=ALL";
    let (status, empty) = server.call(Method::GET, list, &Value::Null).await;
    assert_eq!((status, &empty), (200, &json!({ "ProvisionedConcurrencyConfigs": [] })));
    alias(&server, "live", "1").await;
    put(&server, "live", 1).await;
    put(&server, "2", 2).await;
    for qualifier in ["live", "2"] {
        ready(&server, qualifier).await;
    }
    let (_, first) = server.call_owned(Method::GET, format!("{list}&MaxItems=1"), Value::Null).await;
    let items = first["ProvisionedConcurrencyConfigs"].as_array().unwrap().clone();
    assert_eq!((items.len(), &items[0]["FunctionArn"]), (1, &json!(format!("{ARN}:2"))));
    assert_eq!(
        (&items[0]["Status"], &items[0]["AvailableProvisionedConcurrentExecutions"]),
        (&json!("READY"), &json!(2))
    );
    let marker = first["NextMarker"].as_str().unwrap();
    let (_, rest) = server.call_owned(Method::GET, format!("{list}&Marker={marker}"), Value::Null).await;
    assert_eq!(rest["ProvisionedConcurrencyConfigs"][0]["FunctionArn"], format!("{ARN}:live"));
    assert_eq!(rest.get("NextMarker"), None);
    let (_, settings) = server.call(Method::GET, "/2016-08-19/account-settings", &Value::Null).await;
    assert_eq!(settings["AccountLimit"]["UnreservedConcurrentExecutions"], 997);
}
