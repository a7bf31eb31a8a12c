//! What an environment has until nothing is left of it, and what it gives up to others, through a whole server with fake
//! sandboxes.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use http::Method;
use lambent_sandbox::{Answer, Event, Exit, Output, Spec};
use lambent_services::keys::KeyRing;
use lambent_testkit::one_function::{INVOKE, said, with_function};
use lambent_testkit::{FakeHost, Program, TestServer};
use lambent_wire::sigv4::Keys as _;
use serde_json::{Value, json};

/// Looks in its Shutdown phase whether its credentials are good.
#[derive(Clone, Default)]
struct LastWords {
    keys: Arc<OnceLock<Arc<KeyRing>>>,
    good: Arc<Mutex<Vec<bool>>>,
}

impl LastWords {
    fn is_good(&self, spec: &Spec) -> bool {
        let keys = self.keys.get().expect("the test sets it first");
        keys.find(&spec.environment["AWS_ACCESS_KEY_ID"]).is_some()
    }
}

impl Program for LastWords {
    fn invoke(&self, spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        said(self.is_good(spec).to_string())
    }

    fn ends(&self, spec: &Spec) {
        self.good.lock().expect("nobody panics with it").push(self.is_good(spec));
    }
}

#[tokio::test]
async fn the_credentials_of_an_environment_are_good_in_its_shutdown_phase() {
    let program = LastWords::default();
    let server = with_function(FakeHost::new(program.clone())).await;
    program.keys.set(Arc::clone(&server.keys)).expect("set once");
    assert_eq!(server.call(Method::POST, INVOKE, &json!({})).await, (200, json!(true)));
    assert_eq!(server.call(Method::DELETE, "/2015-03-31/functions/f", &Value::Null).await.0, 204);
    while server.host.count_of("stop") == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(*program.good.lock().unwrap(), [true]);
}

/// Ends at its first event, and the host cannot start it anew.
struct Lost;

impl Program for Lost {
    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        Answer::Exited(Exit::Code(1))
    }

    fn takes(&self, _event: &Event) -> Duration {
        Duration::from_secs(1)
    }

    fn restarts(&self) -> bool {
        false
    }

    fn restart_takes(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// As many calls at once as starts may go on at once.
async fn four_at_once(server: &TestServer) {
    let call = || server.call_owned(Method::POST, INVOKE, json!({}));
    let calls = async { tokio::join!(call(), call(), call(), call()) };
    tokio::time::timeout(Duration::from_secs(60), calls).await.expect("all are answered, however");
}

#[tokio::test(start_paused = true)]
async fn starts_that_failed_do_not_wait_for_each_others_places() {
    let server = with_function(FakeHost::new(Lost).with_room(4)).await;
    four_at_once(&server).await;
    assert_eq!(server.host.count_of("boot"), 4);
    // All four places are taken when the host turns out to have no room for a sandbox more.
    four_at_once(&server).await;
    assert_eq!(server.host.count_of("restart"), 4);
}
