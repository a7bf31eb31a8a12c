//! Functions the host has nothing of its own to run with: another processor, a language that is not built.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use http::Method;
use lambent_core::lambda::architecture::Architecture;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{INVOKE, base64, said, settled};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use serde_json::{Value, json};

/// What the server logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().expect("nobody panics while writing")
    }

    fn lines_with(&self, words: &str) -> Vec<String> {
        let text = String::from_utf8(self.bytes().clone()).expect("a log is text");
        text.lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn function(runtime: &str, architecture: &str) -> Value {
    json!({
        "FunctionName": "f", "Runtime": runtime, "Handler": "x", "Role": role(), "Architectures": [architecture],
        "Code": { "ZipFile": base64(&zip("bootstrap", "0")) },
    })
}

async fn with(function: &Value) -> TestServer {
    let server = TestServer::start(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions", function).await;
    assert_eq!(status, 201, "{body}");
    settled(&server).await;
    server
}

#[tokio::test]
async fn another_processor_is_warned_of_once_a_deployment() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let host = Architecture::of_host().expect("the tests run on one of the two");
    let other = if host == Architecture::Arm64 { Architecture::X86_64 } else { Architecture::Arm64 };
    let warnings = || log.lines_with("asks for another processor");

    let server = with(&function("provided.al2023", other.as_str())).await;
    assert_eq!(&server.send(Method::POST, INVOKE, "").await.body()[..], b"1", "it runs all the same");
    server.send(Method::POST, INVOKE, "").await;
    let warned = warnings();
    assert_eq!(warned.len(), 1, "{warned:?}");
    let (wanted, host_s) = (format!("wanted=\"{}\"", other.as_str()), format!("host=\"{}\"", host.as_str()));
    for fact in ["WARN", ":function:f\"", &wanted, &host_s] {
        assert!(warned[0].contains(fact), "{fact} is not in {}", warned[0]);
    }

    let code = "/2015-03-31/functions/f/code";
    let update = |with: Value| {
        let mut body = json!({ "ZipFile": base64(&zip("bootstrap", "1")) });
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        body
    };
    for (body, expected) in [
        (update(json!({ "DryRun": true })), 1),
        (update(json!({})), 2),
        (update(json!({ "Architectures": [host.as_str()] })), 2),
    ] {
        assert_eq!(server.call(Method::PUT, code, &body).await.0, 200);
        settled(&server).await;
        assert_eq!(warnings().len(), expected, "{body}");
    }
}

#[tokio::test]
async fn a_runtime_there_is_nothing_for_is_taken_and_told_when_it_is_invoked() {
    for runtime in ["dotnet8", "dotnet10"] {
        let server = with(&function(runtime, "x86_64")).await;
        let path = "/2015-03-31/functions/f/configuration";
        let (status, shown) =
            server.call(Method::PUT, path, &json!({ "Runtime": runtime, "Timeout": 9 })).await;
        assert_eq!((status, &shown["Runtime"]), (200, &json!(runtime)), "{shown}");
        settled(&server).await;
        let answer = server.send(Method::POST, INVOKE, "").await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["x-amzn-errortype"]),
            (502, &"InvalidRuntimeException".parse().unwrap())
        );
        assert_eq!(server.host.count_of("boot"), 0);
    }
}
