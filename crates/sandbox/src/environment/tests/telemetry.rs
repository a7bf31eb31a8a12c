//! Telemetry from the environment to listeners that the test plays.

use std::time::Duration;

use lambent_core::time::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{LIMIT, Program};
use crate::runtime_api::rig::{Client, NEXT, request};
use crate::spec::{Init, Notice, Sandbox, Settled, ShutdownReason};
use crate::telemetry::Stream;

/// An internal extension that subscribes: 200 or the `errorType`.
async fn subscribe(client: &mut Client, id: &str, path: &str, body: &Value) -> (u16, String) {
    let fields = format!("Lambda-Extension-Identifier: {id}\r\n");
    let got = client.call("PUT", path, &fields, body.to_string().as_bytes()).await;
    (got.status, if got.status == 200 { String::from_utf8(got.body).unwrap() } else { got.error_type() })
}

async fn registered(program: &Program) -> (Client, String) {
    let mut client = Client::connect(program.address).await;
    let fields = "Lambda-Extension-Name: inner\r\n";
    let got = client.call("POST", "/2020-01-01/extension/register", fields, b"{}").await;
    let id = got.header("Lambda-Extension-Identifier").unwrap().to_owned();
    (client, id)
}

fn body(port: u16, types: &[&str]) -> Value {
    json!({
        "schemaVersion": "2022-12-13", "types": types, "buffering": {"timeoutMs": 25},
        "destination": {"protocol": "HTTP", "URI": format!("http://sandbox.localdomain:{port}/in?a=b")},
    })
}

const TELEMETRY: &str = "/2022-07-01/telemetry";
const LOGS: &str = "/2020-08-15/logs";
const OK: (u16, &str) = (200, "\"OK\"");

fn tell(program: &Program, stream: Stream, kind: &'static str, record: &str) {
    program.telemetry.tell(stream, Timestamp::from_millis(0), kind, record.to_owned());
}

/// Reads one request and answers it; its head and body.
async fn serve(stream: &mut BufReader<TcpStream>, status: &str) -> (String, Value) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).await.unwrap() > 0, "the connection was closed");
    }
    let length = head
        .to_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ").map(|length| length.parse().unwrap()));
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    (head, serde_json::from_slice(&body).unwrap())
}

/// Subscribed over HTTP, with Init at its end.
async fn subscribed(
    types: &[&str],
) -> (Program, Box<crate::environment::Environment<super::rig::Fake>>, TcpListener, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (program, mut environment) = Program::start();
    let (mut client, id) = registered(&program).await;
    let body = body(listener.local_addr().unwrap().port(), types);
    let (status, text) = subscribe(&mut client, &id, TELEMETRY, &body).await;
    assert_eq!((status, text.as_str()), OK);
    let fields = format!("Lambda-Extension-Identifier: {id}\r\n");
    client.send(&request("GET", "/2020-01-01/extension/event/next", &fields, b"")).await;
    let runtime = Program::ready(&mut environment, &program).await;
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    // Both stay connected.
    std::mem::forget(client);
    (program, environment, listener, runtime)
}

#[tokio::test]
async fn events_of_init_and_later_ones_are_posted_over_one_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (program, mut environment) = Program::start();
    tell(&program, Stream::Platform, "platform.initStart", "{}");
    tell(&program, Stream::Function, "function", "\"nobody reads it yet\"");
    let (mut client, id) = registered(&program).await;
    let wanted = body(listener.local_addr().unwrap().port(), &["platform", "function"]);
    let (status, text) = subscribe(&mut client, &id, TELEMETRY, &wanted).await;
    assert_eq!((status, text.as_str()), OK);
    tell(&program, Stream::Function, "function", "\"a\\n\"");
    let mut stream = BufReader::new(listener.accept().await.unwrap().0);
    let (head, batch) = serve(&mut stream, "200 OK").await;
    assert!(head.starts_with("POST /in?a=b HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("application/json"), "{head}");
    let time = "1970-01-01T00:00:00.000Z";
    let expected = json!([
        {"time": time, "type": "platform.initStart", "record": {}},
        {"time": time, "type": "function", "record": "a\n"},
    ]);
    assert_eq!(batch, expected);
    let fields = format!("Lambda-Extension-Identifier: {id}\r\n");
    client.send(&request("GET", "/2020-01-01/extension/event/next", &fields, b"")).await;
    let _runtime = Program::ready(&mut environment, &program).await;
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    assert!(program.telemetry.wants(Stream::Platform) && !program.telemetry.wants(Stream::Extension));
    tell(&program, Stream::Platform, "platform.start", r#"{"requestId":"r"}"#);
    let (_, batch) = serve(&mut stream, "200 OK").await;
    assert_eq!(batch, json!([{"time": time, "type": "platform.start", "record": {"requestId": "r"}}]));
}

#[tokio::test]
async fn each_extension_subscribes_once_by_one_api_and_only_in_init() {
    let (program, mut environment) = Program::start();
    let (mut client, id) = registered(&program).await;
    let mut check = async |path, body: &Value| {
        let (status, text) = subscribe(&mut client, &id, path, body).await;
        (status, text)
    };
    let own = |(status, text): (u16, &str)| (status, text.to_owned());
    assert_eq!(check(TELEMETRY, &json!({})).await, own((400, "ValidationError")));
    assert_eq!(check(LOGS, &json!({})).await, own((400, "Logs.ValidationError")));
    let logs = json!({"types": ["platform"], "destination": {"protocol": "TCP", "port": 9}});
    assert_eq!(check(LOGS, &logs).await, own(OK));
    assert_eq!(check(LOGS, &logs).await, own(OK));
    assert_eq!(check(TELEMETRY, &body(9, &["platform"])).await, own((400, "ValidationError")));
    let states: Vec<_> = program
        .kept
        .notices
        .lock()
        .unwrap()
        .iter()
        .map(|notice| match notice {
            Notice::Subscription { name, logs, state, types } => (name.clone(), *logs, *state, types.clone()),
            Notice::Extension { .. } => panic!("{notice:?}"),
        })
        .collect();
    let inner = |state| ("inner".to_owned(), true, state, vec!["platform"]);
    assert_eq!(states, [inner("Subscribed"), inner("Already subscribed")]);

    environment.reset(ShutdownReason::Failure).await;
    let (mut client, id) = registered(&program).await;
    let mut runtime = Client::connect(program.address).await;
    runtime.send(&request("GET", NEXT, "", b"")).await;
    let fields = format!("Lambda-Extension-Identifier: {id}\r\n");
    let mut waiting = Client::connect(program.address).await;
    waiting.send(&request("GET", "/2020-01-01/extension/event/next", &fields, b"")).await;
    assert_eq!(environment.init(LIMIT).await, Init::Ready);
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    assert!(!program.telemetry.wants(Stream::Platform));
    let (status, kind) = subscribe(&mut client, &id, TELEMETRY, &body(9, &["platform"])).await;
    assert_eq!((status, kind.as_str()), (403, "Telemetry.ServiceClosed"));
}

#[tokio::test]
async fn what_is_not_taken_is_brought_again() {
    let (program, _environment, listener, _runtime) = subscribed(&["function"]).await;
    tell(&program, Stream::Function, "function", "1");
    // Closed without an answer, refused, and taken.
    drop(listener.accept().await.unwrap());
    let mut stream = BufReader::new(listener.accept().await.unwrap().0);
    let (_, first) = serve(&mut stream, "500 No").await;
    tell(&program, Stream::Function, "function", "2");
    let mut stream = BufReader::new(listener.accept().await.unwrap().0);
    let (_, again) = serve(&mut stream, "200 OK").await;
    assert_eq!((&first, first[0]["record"].as_i64()), (&again, Some(1)));
    let (_, next) = serve(&mut stream, "200 OK").await;
    assert_eq!(next[0]["record"], 2);
}

#[tokio::test]
async fn a_frozen_sandbox_is_not_called() {
    let (program, mut environment, listener, _runtime) = subscribed(&["function"]).await;
    environment.freeze();
    tell(&program, Stream::Function, "function", "1");
    assert!(tokio::time::timeout(Duration::from_millis(100), listener.accept()).await.is_err());
    environment.thaw();
    let mut stream = BufReader::new(listener.accept().await.unwrap().0);
    assert_eq!(serve(&mut stream, "200 OK").await.1[0]["record"], 1);
}

#[tokio::test]
async fn a_silent_listener_costs_what_it_asked_for_and_hears_what_it_missed() {
    const LINES: u32 = 100_000;
    let (program, _environment, listener, _runtime) = subscribed(&["platform", "function"]).await;
    let mut stream = BufReader::new(listener.accept_first(&program).await);
    for number in 0..LINES {
        tell(&program, Stream::Function, "function", &number.to_string());
    }
    let (mut got, mut dropped, mut next) = (0, 0, 0);
    while got + dropped < u64::from(LINES) {
        for event in serve(&mut stream, "200 OK").await.1.as_array().unwrap() {
            if event["type"] == "platform.logsDropped" {
                dropped += event["record"]["droppedRecords"].as_u64().unwrap();
            } else if event["type"] == "function" {
                let number = event["record"].as_u64().unwrap();
                assert!(number >= next, "in order");
                (next, got) = (number + 1, got + 1);
            }
        }
    }
    assert!(dropped > 0 && got < 20_000, "{got} brought, {dropped} dropped");
}

#[tokio::test]
async fn lines_go_over_tcp_and_all_of_them_before_the_shutdown_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (program, mut environment) = Program::start();
    let (mut client, id) = registered(&program).await;
    let port = listener.local_addr().unwrap().port();
    let wanted = json!({
        "schemaVersion": "2021-03-18", "types": ["platform"], "buffering": {"timeoutMs": 30_000},
        "destination": {"protocol": "TCP", "port": port},
    });
    let (status, text) = subscribe(&mut client, &id, LOGS, &wanted).await;
    assert_eq!((status, text.as_str()), OK);
    tell(&program, Stream::Platform, "platform.runtimeDone", r#"{"requestId":"r","status":"success"}"#);
    tell(&program, Stream::Platform, "platform.report", r#"{"requestId":"r","metrics":{}}"#);
    let (lines, ()) = tokio::join!(
        async {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            let mut lines = Vec::new();
            for _ in 0..3 {
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
                lines.push(serde_json::from_str::<Value>(&line).unwrap()["type"].clone());
            }
            lines
        },
        environment.reset(ShutdownReason::Spindown)
    );
    assert_eq!(lines, ["platform.runtimeDone", "platform.end", "platform.report"]);
}

/// Brings the listener its first connection.
trait First {
    async fn accept_first(&self, program: &Program) -> TcpStream;
}

impl First for TcpListener {
    async fn accept_first(&self, program: &Program) -> TcpStream {
        tell(program, Stream::Platform, "platform.start", "{}");
        self.accept().await.unwrap().0
    }
}
