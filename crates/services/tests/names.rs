//! The names of functions, as every operation reads them. Through the pipeline of a whole server.

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{base64, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

const FUNCTIONS: &str = "/2015-03-31/functions";

async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server
}

async fn create(server: &TestServer, name: &str) -> (u16, Value) {
    let body = json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", "1")) },
    });
    server.call(Method::POST, FUNCTIONS, &body).await
}

async fn get(server: &TestServer, name: &str) -> (u16, Value) {
    server.call(Method::GET, &format!("{FUNCTIONS}/{name}/configuration"), &Value::Null).await
}

#[tokio::test]
async fn a_long_name_cannot_be_given_and_is_nowhere_found() {
    let (server, long) = (server().await, "x".repeat(65));
    let made = create(&server, &long).await;
    let words = format!(
        "1 validation error detected: Value '{long}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64"
    );
    assert_eq!(made, (400, json!({ "Type": "User", "message": words })));
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{long}");
    let missing = json!({ "Type": "User", "Message": format!("Function not found: {arn}") });
    assert_eq!(get(&server, &long).await, (404, missing.clone()));
    let body = json!({ "Timeout": 4 });
    let update = server.call(Method::PUT, &format!("{FUNCTIONS}/{long}/configuration"), &body).await;
    assert_eq!(update, (404, missing));
}

#[tokio::test]
async fn an_arn_that_ends_in_function_names_the_function_of_that_name() {
    let (server, given) = (server().await, "arn:aws:lambda:us-east-1:000000000000:function");
    let words = format!("Function not found: {given}:function");
    assert_eq!(get(&server, given).await, (404, json!({ "Type": "User", "Message": words })));
    assert_eq!(create(&server, given).await.1["FunctionName"], "function");
    assert_eq!(get(&server, given).await.1["FunctionArn"], format!("{given}:function"));
}

#[tokio::test]
async fn a_number_no_version_can_have_is_not_told_from_another_that_is_missing() {
    let server = server().await;
    for number in ["9", "0", "01", "99999999999999999999"] {
        let delete = async |name: &str| {
            let path = format!("{FUNCTIONS}/{name}?Qualifier={number}");
            server.call(Method::DELETE, &path, &Value::Null).await.0
        };
        assert_eq!((delete("f").await, delete("g").await), (204, 404), "{number}");
    }
}
