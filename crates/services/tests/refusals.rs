//! What create and update refuse, and that nothing has changed then. Through the pipeline of a whole server.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{base64, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

const FUNCTIONS: &str = "/2015-03-31/functions";
const CONFIGURATION: &str = "/2015-03-31/functions/f/configuration";

/// A server with the function `f`, which is active.
async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server
}

/// What creates a function, changed by `with`.
fn new_function(name: &str, with: &Value) -> Value {
    let mut body = json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", "1")) },
    });
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    body
}

async fn create(server: &TestServer, name: &str, with: &Value) -> (u16, Value) {
    server.call(Method::POST, FUNCTIONS, &new_function(name, with)).await
}

#[track_caller]
fn refused(answer: &(u16, Value), message: &str) {
    let text = answer.1.get("message").or_else(|| answer.1.get("Message")).and_then(Value::as_str);
    assert_eq!((answer.0, text), (400, Some(message)));
}

#[tokio::test]
async fn only_a_function_can_be_changed_not_a_version_of_it() {
    let words = "This operation is permitted on Lambda functions only. Aliases and versions do not support this \
        operation. Please specify either a function name or an unqualified function ARN.";
    let server = server().await;
    let before = server.call(Method::GET, CONFIGURATION, &Value::Null).await;
    for name in ["f:7", "f:live", "f:$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:f:7"] {
        refused(&create(&server, name, &json!({})).await, words);
        let in_path = name.replace(':', "%3A").replace('$', "%24");
        let code = json!({ "ZipFile": base64(&zip("bootstrap", "2")) });
        refused(&server.call(Method::PUT, &format!("{FUNCTIONS}/{in_path}/code"), &code).await, words);
        let path = format!("{FUNCTIONS}/{in_path}/configuration");
        refused(&server.call(Method::PUT, &path, &json!({ "Timeout": 9 })).await, words);
    }
    assert_eq!(server.call(Method::GET, CONFIGURATION, &Value::Null).await, before);
}
