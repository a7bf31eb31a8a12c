//! CloudWatch Logs through the pipeline of a whole server with fake sandboxes.

mod events;
mod groups;

use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::said;
use lambent_testkit::{FakeHost, TestServer};
use serde_json::{Value, json};

const NOW_MS: i64 = 1_767_355_200_000;

async fn server() -> TestServer {
    TestServer::start(FakeHost::new(|_: &Spec, _: &Event| said("7"))).await
}

async fn done(server: &TestServer, operation: &str, body: Value) -> Value {
    let (status, answer) = server.logs(operation, &body).await;
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

#[track_caller]
fn is_refused(answer: &(u16, Value), code: &str, message: &str) {
    let text = answer.1.get("message").or_else(|| answer.1.get("Message"));
    let text = text.and_then(Value::as_str).unwrap_or_default();
    assert_eq!((answer.0, answer.1["__type"].as_str(), text), (400, Some(code), message));
}

async fn with_stream() -> TestServer {
    let server = server().await;
    done(&server, "CreateLogGroup", json!({ "logGroupName": "g" })).await;
    done(&server, "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" })).await;
    server
}

async fn put(server: &TestServer, times: &[i64]) -> Value {
    let events: Vec<Value> =
        times.iter().map(|time| json!({ "timestamp": time, "message": format!("at {time}") })).collect();
    done(server, "PutLogEvents", json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events }))
        .await
}
