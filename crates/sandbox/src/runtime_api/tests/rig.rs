//! A server without a sandbox, and the raw client that plays its runtime.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use lambent_core::dice::Dice;
use lambent_core::time::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

use super::super::exchange::Exchange;
use super::super::extension::Lobby;
use super::super::server::{Guests, Server};
use crate::spec::{Event, Extensions, SnapStart};

/// Counts up: ids need to differ, not to be secret.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Dice for Counting {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A server on a loopback port.
pub(crate) struct Rig {
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::for_owner(None)
    }

    /// One that serves only this user.
    pub(crate) fn for_owner(owner: Option<u32>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let guests = Guests {
            owner,
            snap_start: SnapStart::Off,
            lobby: Lobby::new(Extensions::default(), Arc::new(Counting::default())),
            telemetry: Arc::default(),
            outlet: Arc::new(|_: &[u8]| {}),
        };
        Self { server: Server::start(listener, guests, &TaskTracker::new()).unwrap(), address }
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        self.server.exchange()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// A client that holds the event `id`.
    pub(crate) async fn running(&self, id: &str) -> Client {
        self.exchange().offer(event(id));
        let mut client = self.client().await;
        assert_eq!(client.next().await.header("Lambda-Runtime-Aws-Request-Id"), Some(id));
        client
    }

    /// The server still serves whoever comes.
    pub(crate) async fn is_alive(&self) {
        let reply = self.client().await.call("GET", "/2018-06-01/ping", "", b"").await;
        assert_eq!((reply.status, &reply.body[..]), (200, &b"pong"[..]));
    }
}

pub(crate) fn event(id: &str) -> Event {
    Event {
        request_id: id.to_owned(),
        deadline: Timestamp::from_millis(1_700_000_003_000),
        invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
        trace_id: None,
        client_context: None,
        cognito_identity: None,
        payload: Bytes::from(format!("{{\"event\":\"{id}\"}}")),
        stream: None,
    }
}

/// One connection of a runtime.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    ahead: Vec<u8>,
}

/// What a client got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The `errorType` of the body; empty if it has none.
    pub(crate) fn error_type(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["errorType"].as_str().unwrap_or_default().to_owned()
    }

    /// The `errorMessage` of the body; empty if it has none.
    pub(crate) fn error_message(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["errorMessage"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, ahead: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Reads one reply; `None` if the connection was closed before it.
    pub(crate) async fn got(&mut self) -> Option<Got> {
        let end = loop {
            if let Some(end) = self.ahead.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if !self.more().await {
                return None;
            }
        };
        let head = String::from_utf8(self.ahead.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut got = Got { status, head, body: Vec::new() };
        let length: usize = got.header("Content-Length").unwrap_or("0").parse().unwrap();
        while self.ahead.len() < length {
            assert!(self.more().await, "the reply ended early");
        }
        got.body = self.ahead.drain(..length).collect();
        Some(got)
    }

    async fn more(&mut self) -> bool {
        self.ahead.reserve(65_536);
        // A reset is an end too.
        self.stream.read_buf(&mut self.ahead).await.unwrap_or(0) > 0
    }

    /// `fields`: whole lines, each with its newline.
    pub(crate) async fn call(&mut self, method: &str, path: &str, fields: &str, body: &[u8]) -> Got {
        self.send(&request(method, path, fields, body)).await;
        self.got().await.expect("a reply")
    }

    pub(crate) async fn next(&mut self) -> Got {
        self.call("GET", NEXT, "", b"").await
    }

    pub(crate) async fn answer(&mut self, id: &str, body: &[u8]) -> Got {
        self.call("POST", &response(id), "", body).await
    }
}

pub(crate) const NEXT: &str = "/2018-06-01/runtime/invocation/next";

pub(crate) fn response(id: &str) -> String {
    format!("/2018-06-01/runtime/invocation/{id}/response")
}

/// A request with `Content-Length` where it has a body.
pub(crate) fn request(method: &str, path: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let mut bytes =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n{fields}{length}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A body in chunks of `size`, without an end.
pub(crate) fn chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(size) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
