//! The log of a function that asks for JSON, through the pipeline of a whole server; its fake sandboxes say what they are
//! sent, line by line.

use base64::Engine as _;
use bytes::Bytes;
use http::{Method, Request};
use lambent_sandbox::{Answer, Event, Exit, Init, Output, Source, Spec};
use lambent_testkit::one_function::{INVOKE, said, settled, with_function};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};

const CONFIGURATION: &str = "/2015-03-31/functions/f/configuration";
const CRASHES: &str = "\"crash\"";

/// Says the payload, or the texts in it; some payloads are its end.
struct Speaker {
    init: fn() -> Init,
}

impl Program for Speaker {
    fn init(&self, spec: &Spec) -> Init {
        assert_eq!(spec.environment["AWS_LAMBDA_LOG_FORMAT"], "JSON");
        (self.init)()
    }

    fn invoke(&self, _spec: &Spec, event: &Event, output: &Output) -> Answer {
        match serde_json::from_slice::<Vec<String>>(&event.payload) {
            Ok(lines) => lines.iter().for_each(|line| output.written(Source::Program, line.as_bytes())),
            Err(_) => output.written(Source::Program, &event.payload),
        }
        match &event.payload[..] {
            payload if payload == CRASHES.as_bytes() => Answer::Exited(Exit::Code(7)),
            b"\"late\"" => Answer::TimedOut,
            _ => said("null"),
        }
    }
}

async fn server(logging: Value, init: fn() -> Init) -> TestServer {
    let server = with_function(FakeHost::new(Speaker { init })).await;
    configure(&server, logging).await;
    server
}

async fn configure(server: &TestServer, logging: Value) {
    settled(server).await;
    let asked = json!({ "LoggingConfig": logging });
    let (status, answer) = server.call(Method::PUT, CONFIGURATION, &asked).await;
    assert_eq!(status, 200, "{answer}");
    settled(server).await;
}

async fn tail(server: &TestServer, payload: &'static str) -> Vec<String> {
    let request = Request::post(INVOKE).header("host", "test").header("x-amz-log-type", "Tail");
    let request =
        request.body(http_body_util::Full::new(Bytes::from_static(payload.as_bytes()))).expect("a request");
    let response = lambent_services::pipeline::handle(&server.server, request).await;
    let log = base64::engine::general_purpose::STANDARD.decode(&response.headers()["x-amz-log-result"]);
    let log = String::from_utf8(log.expect("the header is base64")).expect("the log is text");
    log.lines().map(str::to_owned).collect()
}

/// The events of the platform among the lines, checked for what all have: type and record.
fn events(lines: &[String]) -> Vec<(String, Value)> {
    let parsed = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = parsed.filter(|line| line["type"].is_string());
    let told = |event: Value| {
        assert_eq!(event["time"].as_str().map(str::len), Some("2026-01-02T03:04:05.678Z".len()), "{event}");
        let kind = event["type"]
            .as_str()
            .and_then(|kind| kind.strip_prefix("platform."))
            .expect("a platform's type");
        (kind.to_owned(), event["record"].clone())
    };
    events.map(told).collect()
}

fn kinds(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[tokio::test]
async fn the_platform_tells_start_and_report_and_with_debug_the_rest() {
    let server = server(json!({ "LogFormat": "JSON" }), || Init::Ready).await;
    let lines = tail(&server, "1").await;
    let first = events(&lines);
    assert_eq!((kinds(&first), lines.len()), (vec!["start", "report"], 3), "{lines:?}");
    assert_eq!(lines[1], "1", "what is no JSON object stays as it is");
    let (start, report) = (&first[0].1, &first[1].1);
    assert_eq!(start["version"], "$LATEST");
    assert_eq!(start["functionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f");
    assert_eq!(report["requestId"], start["requestId"]);
    assert_eq!((&report["status"], &report["metrics"]["memorySizeMB"]), (&json!("success"), &json!(128)));
    assert!(report["metrics"]["initDurationMs"].is_number() && report.get("errorType").is_none());
    let warm = events(&tail(&server, "1").await);
    assert!(warm[1].1["metrics"].get("initDurationMs").is_none(), "{warm:?}");

    configure(&server, json!({ "SystemLogLevel": "DEBUG" })).await;
    let all = events(&tail(&server, "1").await);
    // The log has initStart too: what a caller is shown begins after it.
    assert_eq!(kinds(&all), ["initRuntimeDone", "initReport", "start", "runtimeDone", "report"]);
    assert_eq!(all[3].1["metrics"]["producedBytes"], 4);
    let spans: Vec<&Value> = all[3].1["spans"].as_array().unwrap().iter().map(|span| &span["name"]).collect();
    assert_eq!(spans, ["responseLatency", "responseDuration", "runtimeOverhead"]);
    configure(&server, json!({ "SystemLogLevel": "WARN" })).await;
    assert_eq!(tail(&server, "1").await, ["1"]);
}

#[tokio::test]
async fn failures_are_a_status_and_warnings() {
    let server = server(json!({ "LogFormat": "JSON", "SystemLogLevel": "WARN" }), || Init::Ready).await;
    let lines = tail(&server, CRASHES).await;
    let told = events(&lines);
    assert_eq!((kinds(&told), lines.len()), (vec!["runtimeDone", "report"], 3), "{lines:?}");
    for (_, record) in &told {
        assert_eq!((&record["status"], &record["errorType"]), (&json!("error"), &json!("Runtime.ExitError")));
    }
    let told = events(&tail(&server, "\"late\"").await);
    assert_eq!(kinds(&told), ["runtimeDone", "report"]);
    assert!(told.iter().all(|(_, r)| r["status"] == "timeout" && r.get("errorType").is_none()), "{told:?}");
}

#[tokio::test]
async fn an_init_that_fails_twice_is_told_twice() {
    let server = server(json!({ "LogFormat": "JSON" }), || Init::Exited(Exit::Code(1))).await;
    let told = events(&tail(&server, "1").await);
    let init = ["initRuntimeDone", "initReport"];
    assert_eq!(kinds(&told), [&init[..], &init[..], &["start", "runtimeDone", "report"]].concat());
    assert_eq!((&told[0].1["phase"], &told[2].1["phase"]), (&json!("init"), &json!("invoke")));
    assert!(
        told.iter().filter(|(kind, _)| kind != "start").all(|(_, r)| r["errorType"] == "Runtime.ExitError")
    );
}

#[tokio::test]
async fn what_the_function_says_below_its_level_is_dropped() {
    let levels = json!({ "LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "WARN" });
    let server = server(levels, || Init::Ready).await;
    let said = r#"["{\"level\":\"INFO\"}", "{\"level\":\"WARNING\"}", "{\"no\":\"level\"}", "text"]"#;
    assert_eq!(tail(&server, said).await, [r#"{"level":"WARNING"}"#, "text"]);
    configure(&server, json!({ "ApplicationLogLevel": "INFO" })).await;
    assert_eq!(tail(&server, said).await.len(), 4, "and START and REPORT are below WARN");
}
