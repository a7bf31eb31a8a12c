//! What the tests of invocations share: a whole server with one function whose code is `0`.

use bytes::Bytes;
use http::Method;
use lambent_sandbox::Answer;
use serde_json::{Value, json};

use crate::{FakeHost, TestServer, role, zip};

/// Where it is invoked.
pub const INVOKE: &str = "/2015-03-31/functions/f/invocations";

/// A function's answer.
pub fn said(body: impl Into<Bytes>) -> Answer {
    Answer::Response { content_type: None, body: body.into() }
}

/// Bytes as JSON carries them.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A server with one function whose code is `0`.
///
/// # Panics
/// If the function cannot be created.
pub async fn with_function(host: FakeHost) -> TestServer {
    let server = TestServer::start(host).await;
    create(&server, "f").await;
    server
}

/// Creates one more function whose code is `0`.
///
/// # Panics
/// If it cannot be created.
pub async fn create(server: &TestServer, name: &str) {
    let function = json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "x", "Role": role(),
        "Code": { "ZipFile": base64(&zip("bootstrap", "0")) },
    });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions", &function).await;
    assert_eq!(status, 201, "{body}");
}

/// Waits until the function is neither being created nor updated.
pub async fn settled(server: &TestServer) {
    loop {
        let (_, body) = server.call(Method::GET, "/2015-03-31/functions/f/configuration", &Value::Null).await;
        if body["LastUpdateStatus"] == "Successful" {
            return;
        }
        tokio::task::yield_now().await;
    }
}
