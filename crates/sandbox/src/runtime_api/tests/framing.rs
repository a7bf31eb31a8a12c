//! Requests in pieces, requests of other kinds, and what is no request at all.

use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

use super::rig::{NEXT, Rig, chunks, event, request, response};
use crate::spec::Answer;

/// A runtime's turn: two answers, one of them in chunks, and the questions for their events.
fn script(first: &str, second: &str) -> Vec<u8> {
    let chunked = "Transfer-Encoding: chunked\r\n";
    [
        request("GET", NEXT, "User-Agent: raw\r\n", b""),
        request("POST", &response(first), chunked, b""),
        chunks(b"one answer", 3),
        b"0\r\nX-Trailer: y\r\n\r\n".to_vec(),
        request("GET", NEXT, "", b""),
        request("POST", &response(second), "", b"another answer"),
    ]
    .concat()
}

#[tokio::test]
async fn it_does_not_matter_where_the_bytes_are_cut() {
    let rig = Rig::new();
    let length = script("a-000", "b-000").len();
    for cut in 0..length {
        let (first, second) = (format!("a-{cut:03}"), format!("b-{cut:03}"));
        let bytes = script(&first, &second);
        let mut client = rig.client().await;
        rig.exchange().offer(event(&first));
        client.send(&bytes[..cut]).await;
        // Lets the server meet the first half alone.
        rig.is_alive().await;
        client.send(&bytes[cut..]).await;
        assert_eq!(client.got().await.unwrap().header("Lambda-Runtime-Aws-Request-Id"), Some(&*first));
        assert_eq!(client.got().await.unwrap().status, 202, "cut at {cut}");
        let answer = rig.exchange().answered().await;
        assert_eq!(answer, Answer::Response { content_type: None, body: b"one answer"[..].into() });
        rig.exchange().offer(event(&second));
        assert_eq!(client.got().await.unwrap().header("Lambda-Runtime-Aws-Request-Id"), Some(&*second));
        assert_eq!(client.got().await.unwrap().status, 202, "cut at {cut}");
        let answer = rig.exchange().answered().await;
        assert_eq!(answer, Answer::Response { content_type: None, body: b"another answer"[..].into() });
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_connection_closed() {
    let rig = Rig::new();
    let table: [(&[u8], u16); 7] = [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\n\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello too long\r\n0\r\n\r\n", 400),
    ];
    for (bytes, status) in table {
        let mut client = rig.client().await;
        client.send(bytes).await;
        let got = client.got().await.unwrap();
        assert_eq!((got.status, got.header("Connection")), (status, Some("close")), "{bytes:?}");
        assert!(client.got().await.is_none());
    }
    rig.is_alive().await;
}

#[tokio::test]
async fn large_heads_are_taken_where_errors_are_told_and_huge_ones_nowhere() {
    let rig = Rig::new();
    let cause = |size: usize| format!("Lambda-Runtime-Function-XRay-Error-Cause: {}\r\n", "x".repeat(size));
    let error = "/2018-06-01/runtime/invocation/a/error";
    let long_id = format!("/2018-06-01/runtime/invocation/{}/error", "x".repeat(5000));
    let kind = format!("Lambda-Runtime-Function-Error-Type: {}\r\n", "x".repeat(5000));
    for (method, path, fields, status) in [
        ("POST", error, cause(1_040_000), 400),
        ("POST", error, cause(1_060_000), 431),
        ("POST", error, kind, 431),
        ("POST", &long_id, String::new(), 431),
        ("POST", "/2018-06-01/runtime/init/error", cause(1_040_000), 202),
        ("POST", &response("a"), cause(15_000), 400),
        ("POST", &response("a"), cause(17_000), 431),
        ("GET", "/2018-06-01/ping", cause(17_000), 431),
        ("GET", "/2018-06-01/ping", "A: b\r\n".repeat(100), 431),
    ] {
        let mut client = rig.client().await;
        let got = client.call(method, path, &fields, b"").await;
        assert_eq!(got.status, status, "{} {} bytes: {}", path.len(), fields.len(), got.error_message());
    }
    rig.is_alive().await;
}

#[tokio::test]
async fn the_client_decides_whether_the_connection_stays() {
    let rig = Rig::new();
    for (bytes, stays) in [
        ("GET /2018-06-01/ping HTTP/1.1\r\n\r\n", true),
        ("\r\n\r\nGET /2018-06-01/ping HTTP/1.1\r\n\r\n", true),
        ("GET /2018-06-01/ping HTTP/1.1\r\nConnection: close\r\n\r\n", false),
        ("GET /2018-06-01/ping HTTP/1.0\r\n\r\n", false),
        ("GET /2018-06-01/ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
    ] {
        let mut client = rig.client().await;
        client.send(bytes.as_bytes()).await;
        assert_eq!(client.got().await.unwrap().status, 200, "{bytes}");
        if stays {
            client.send(bytes.as_bytes()).await;
            assert_eq!(client.got().await.unwrap().status, 200, "{bytes}");
        } else {
            assert!(client.got().await.is_none(), "{bytes}");
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_to_the_end_gets_its_event_and_the_end() {
    for waits_first in [true, false] {
        let rig = Rig::new();
        let mut client = rig.client().await;
        if !waits_first {
            rig.exchange().offer(event("a"));
        }
        client.send(&request("GET", NEXT, "Connection: close\r\n", b"")).await;
        if waits_first {
            rig.exchange().asked().await;
            rig.exchange().offer(event("a"));
        }
        let mut all = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut client.stream, &mut all).await.unwrap();
        assert!(all.ends_with("\r\n\r\n{\"event\":\"a\"}"), "{all}");
    }
}

#[tokio::test]
async fn head_gets_no_body() {
    let rig = Rig::new();
    let mut client = rig.client().await;
    client.send(&request("HEAD", "/2018-06-01/ping", "", b"")).await;
    client.send(&request("GET", "/2018-06-01/ping", "Connection: close\r\n", b"")).await;
    let mut all = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut client.stream, &mut all).await.unwrap();
    let heads: Vec<&str> = all.split("\r\n\r\n").collect();
    assert!(heads[0].starts_with("HTTP/1.1 405 "), "{all}");
    assert!(heads[1].starts_with("HTTP/1.1 200 "), "{all}");
    assert_eq!(heads[2], "pong");
}

/// Sends bytes, reads whatever comes until the end, and sees that the server lives and keeps its state.
fn survives(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let rig = Rig::new();
        let mut holder = rig.running("held").await;
        let mut client = rig.client().await;
        // The server may close before it has read all.
        _ = client.stream.write_all(bytes).await;
        _ = client.stream.shutdown().await;
        let mut all = Vec::new();
        _ = tokio::io::AsyncReadExt::read_to_end(&mut client.stream, &mut all).await;
        rig.is_alive().await;
        assert_eq!(holder.answer("held", b"1").await.status, 202);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        survives(&bytes);
    }

    #[test]
    fn no_request_gone_wrong_does_harm(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "GET ", "POST ", "/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/invocation/x/response",
            "/2018-06-01/runtime/init/error", " HTTP/1.1\r\n", " HTTP/1.0\n", "Content-Length: 5\r\n",
            "Content-Length: 99999999999\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n",
            "Connection: close\r\n", "\r\n", "\n", "5\r\nhello\r\n", "0\r\n\r\n", "ffffffffffffffff\r\n", "hello", ":",
            "Lambda-Runtime-Function-Response-Mode: streaming\r\n", "\0",
        ]), 0..14)
    ) {
        survives(pieces.concat().as_bytes());
    }
}
