//! Provisioned environments that were reset, through a whole server with fake sandboxes: they are ready again before anybody
//! asks for them, or others take their place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Method;
use lambent_sandbox::{Answer, Event, Exit, Init, Output, Spec};
use lambent_testkit::one_function::{create, said};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};

const INVOKE: &str = "/2015-03-31/functions/f/invocations?Qualifier=1";
const PROVISIONED: &str = "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1";

/// Its Init fails while this is set; its program ends where it is told to.
#[derive(Default)]
struct Ends {
    broken: Arc<AtomicBool>,
}

impl Program for Ends {
    fn init(&self, _spec: &Spec) -> Init {
        if self.broken.load(Ordering::SeqCst) { Init::Exited(Exit::Code(1)) } else { Init::Ready }
    }

    fn invoke(&self, spec: &Spec, event: &Event, _output: &Output) -> Answer {
        if event.payload == "\"end\"" {
            return Answer::Exited(Exit::Code(1));
        }
        said(format!("\"{}\"", spec.environment["AWS_LAMBDA_INITIALIZATION_TYPE"]))
    }
}

async fn invoke(server: &TestServer, payload: Value) -> Value {
    server.call(Method::POST, INVOKE, &payload).await.1
}

/// Asks until a member has a value.
async fn until(server: &TestServer, path: &str, member: &str, value: &str) {
    while server.call(Method::GET, path, &Value::Null).await.1[member] != value {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until something was done so often; time goes on meanwhile.
async fn done(server: &TestServer, deed: &str, times: usize) {
    while server.host.count_of(deed) < times {
        server.clock.advance(Duration::from_millis(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A server with version 1 of a function and one provisioned environment of it.
async fn server(ends: Ends) -> TestServer {
    let server = TestServer::start_for(FakeHost::new(ends), 1000).await;
    create(&server, "f").await;
    until(&server, "/2015-03-31/functions/f/configuration", "LastUpdateStatus", "Successful").await;
    let (status, answer) = server.call(Method::POST, "/2015-03-31/functions/f/versions", &json!({})).await;
    assert_eq!(status, 201, "{answer}");
    until(&server, "/2015-03-31/functions/f/configuration?Qualifier=1", "State", "Active").await;
    let count = json!({ "ProvisionedConcurrentExecutions": 1 });
    assert_eq!(server.call(Method::PUT, PROVISIONED, &count).await.0, 202);
    until(&server, PROVISIONED, "Status", "READY").await;
    server
}

#[tokio::test]
async fn one_that_was_reset_is_initialised_before_the_next_request() {
    let server = server(Ends::default()).await;
    done(&server, "freeze", 1).await;
    assert_eq!(invoke(&server, json!("end")).await["errorType"], "Runtime.ExitError");
    done(&server, "freeze", 2).await;
    assert_eq!(invoke(&server, json!({})).await, "provisioned-concurrency");
    let counts = ["boot", "restart", "init"].map(|deed| server.host.count_of(deed));
    assert_eq!(counts, [1, 1, 2], "the same sandbox, and nobody waited for its Init");
}

#[tokio::test]
async fn one_whose_init_fails_after_a_reset_is_replaced() {
    let ends = Ends::default();
    let broken = Arc::clone(&ends.broken);
    let server = server(ends).await;
    done(&server, "freeze", 1).await;
    broken.store(true, Ordering::SeqCst);
    invoke(&server, json!("end")).await;
    done(&server, "stop", 1).await;
    broken.store(false, Ordering::SeqCst);
    // Another may have failed before that: it is tried again after a pause by the server's clock.
    while server.host.count_of("freeze") < 2 {
        server.clock.advance(std::time::Duration::from_millis(100));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(invoke(&server, json!({})).await, "provisioned-concurrency");
}
