//! A host whose memory is promised: idle environments go, and who finds none is told so at once.

use std::time::Duration;

use http::Method;
use lambent_sandbox::{Answer, Event, Output, Spec};
use lambent_testkit::one_function::{create, said};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};

/// Takes as many seconds as its event says.
struct Slow;

impl Program for Slow {
    fn invoke(&self, _: &Spec, event: &Event, _: &Output) -> Answer {
        said(event.payload.clone())
    }

    fn takes(&self, event: &Event) -> Duration {
        Duration::from_secs(serde_json::from_slice(&event.payload).unwrap_or(0))
    }
}

async fn invoke(server: &TestServer, name: &str, seconds: u64) -> (u16, Value) {
    let path = format!("/2015-03-31/functions/{name}/invocations");
    server.call_owned(Method::POST, path, json!(seconds)).await
}

/// A server with memory for two environments of 128 MiB, and three functions.
async fn server() -> TestServer {
    let server = TestServer::start_within(FakeHost::new(Slow), 300).await;
    for name in ["f", "g", "h"] {
        create(&server, name).await;
    }
    server
}

#[tokio::test(start_paused = true)]
async fn the_longest_idle_environment_makes_room() {
    let server = server().await;
    for (name, boots, stops) in [("f", 1, 0), ("g", 2, 0), ("f", 2, 0), ("h", 3, 1), ("f", 3, 1), ("g", 4, 2)]
    {
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(invoke(&server, name, 0).await.0, 200);
        assert_eq!((server.host.count_of("boot"), server.host.count_of("stop")), (boots, stops), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_all_are_busy_the_next_is_refused_and_nothing_is_lost() {
    let server = server().await;
    let busy = || async { tokio::join!(invoke(&server, "f", 9), invoke(&server, "g", 9)) };
    let late = async {
        while server.host.count_of("boot") < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        invoke(&server, "h", 0).await
    };
    let (done, (status, refusal)) = tokio::join!(busy(), late);
    assert_eq!((done.0.0, done.1.0, status), (200, 200, 500));
    assert_eq!(refusal["Type"], "Service");
    assert_eq!(refusal["Message"], "Lambda could not start an execution environment. Please try again.");
    assert_eq!(invoke(&server, "h", 0).await.0, 200, "now there is room");
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_is_larger_than_all_there_is_is_refused_without_a_loop() {
    let server = server().await;
    let path = "/2015-03-31/functions/f/configuration";
    while server.call(Method::PUT, path, &json!({ "MemorySize": 512 })).await.0 != 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    while server.call(Method::GET, path, &Value::Null).await.1["LastUpdateStatus"] != "Successful" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(invoke(&server, "g", 0).await.0, 200);
    assert_eq!(invoke(&server, "f", 0).await.0, 500);
    assert_eq!(server.host.count_of("stop"), 0, "what cannot help is not stopped");
}
