//! Reserved concurrency, through the pipeline of a whole server with fake sandboxes whose account may run 1,000.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{create, said};
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

async fn server() -> TestServer {
    let echo = |_: &Spec, event: &Event| said(event.payload.clone());
    let server = TestServer::start_for(FakeHost::new(echo), 1000).await;
    for name in ["f", "g"] {
        create(&server, name).await;
    }
    server
}

async fn put(server: &TestServer, name: &str, reserved: i64) -> (u16, Value) {
    let path = format!("/2017-10-31/functions/{name}/concurrency");
    server.call_owned(Method::PUT, path, json!({ "ReservedConcurrentExecutions": reserved })).await
}

async fn get(server: &TestServer, name: &str) -> (u16, Value) {
    let path = format!("/2019-09-30/functions/{name}/concurrency");
    server.call_owned(Method::GET, path, Value::Null).await
}

async fn delete(server: &TestServer, path: &str) -> u16 {
    server.call(Method::DELETE, path, &Value::Null).await.0
}

#[tokio::test]
async fn what_was_put_is_read_until_it_is_deleted() {
    let server = server().await;
    assert_eq!(get(&server, "f").await, (200, json!({})));
    for reserved in [0, 7, 900] {
        let expected = json!({ "ReservedConcurrentExecutions": reserved });
        assert_eq!(put(&server, "f", reserved).await, (200, expected.clone()));
        assert_eq!(get(&server, "f").await, (200, expected));
    }
    for _ in 0..2 {
        assert_eq!(delete(&server, "/2017-10-31/functions/f/concurrency").await, 204);
    }
    assert_eq!(get(&server, "f").await, (200, json!({})));
}

#[tokio::test]
async fn a_hundred_stay_unreserved() {
    let server = server().await;
    let words = "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
    let refusal = (400, json!({ "Type": "User", "message": words, "Message": words }));
    let refused = |(status, body): (u16, Value)| {
        assert_eq!((status, &body["Type"]), (refusal.0, &refusal.1["Type"]), "{body}");
        let said = body.get("message").or_else(|| body.get("Message"));
        assert_eq!(said.and_then(Value::as_str), Some(words));
    };
    refused(put(&server, "f", 901).await);
    assert_eq!(put(&server, "f", 600).await.0, 200);
    refused(put(&server, "g", 301).await);
    assert_eq!(put(&server, "g", 300).await.0, 200);
    assert_eq!(put(&server, "f", 600).await.0, 200, "its own share does not stand in its way");
    refused(put(&server, "f", 601).await);
    assert_eq!(delete(&server, "/2015-03-31/functions/g").await, 204);
    assert_eq!(put(&server, "f", 900).await.0, 200, "a deleted function gives back what it had");
}

#[tokio::test]
async fn those_who_reserve_at_once_never_get_more_than_there_is() {
    let server = server().await;
    let (f, g) = tokio::join!(put(&server, "f", 500), put(&server, "g", 500));
    let mut statuses = [f.0, g.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn only_functions_have_reserved_concurrency() {
    let server = server().await;
    let words = "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.";
    for name in ["f:$LATEST", "f:1", "f:live", "missing:1"] {
        let (status, body) = put(&server, name, 1).await;
        assert_eq!(
            (status, body["message"].as_str().or_else(|| body["Message"].as_str())),
            (400, Some(words))
        );
    }
    assert_eq!(delete(&server, "/2017-10-31/functions/f:1/concurrency").await, 400);
    assert_eq!(put(&server, "missing", 1).await.0, 404);
    assert_eq!(get(&server, "missing").await.0, 404);
    assert_eq!(delete(&server, "/2017-10-31/functions/missing/concurrency").await, 404);
    let (status, body) = put(&server, "f", -1).await;
    assert_eq!(status, 400, "{body}");
}
