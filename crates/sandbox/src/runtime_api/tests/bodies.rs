//! Small and huge bodies, both ways.

use bytes::Bytes;
use lambent_core::limits;
use tokio::io::AsyncWriteExt as _;

use super::rig::{Client, Rig, chunks, event, request, response};
use crate::spec::Answer;

#[expect(clippy::cast_possible_truncation, reason = "6 MiB fit any usize")]
const LIMIT: usize = limits::RESPONSE_MAX_BYTES as usize;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index * 31 % 251).unwrap()).collect()
}

fn plain(client_body: &[u8]) -> Vec<u8> {
    request("POST", &response("a"), "", client_body)
}

fn chunked(client_body: &[u8]) -> Vec<u8> {
    let head = request("POST", &response("a"), "Transfer-Encoding: chunked\r\n", b"");
    [&head[..], &chunks(client_body, 70_000), b"0\r\n\r\n"].concat()
}

#[tokio::test]
async fn an_answer_of_the_limit_arrives_whole() {
    let sent = pattern(LIMIT);
    for encode in [plain, chunked] {
        let rig = Rig::new();
        let mut client = rig.running("a").await;
        client.send(&encode(&sent)).await;
        assert_eq!(client.got().await.unwrap().status, 202);
        let Answer::Response { body, .. } = rig.exchange().answered().await else { panic!("no response") };
        assert!(body == sent, "{} bytes came of {}", body.len(), sent.len());
    }
}

#[tokio::test]
async fn one_byte_more_is_refused_and_the_runtime_goes_on() {
    for encode in [plain, chunked] {
        for size in [LIMIT + 1, 3 * LIMIT] {
            let rig = Rig::new();
            let mut client = rig.running("a").await;
            client.send(&encode(&pattern(size))).await;
            let got = client.got().await.unwrap();
            assert_eq!((got.status, got.error_type().as_str()), (413, "RequestEntityTooLarge"));
            assert_eq!(got.error_message(), "Exceeded maximum allowed payload size (6291556 bytes).");
            assert_eq!(rig.exchange().answered().await, Answer::TooLarge);
            rig.exchange().offer(event("b"));
            assert_eq!(client.next().await.status, 200);
            assert_eq!(client.answer("b", b"1").await.status, 202);
        }
    }
}

#[tokio::test]
async fn a_body_nobody_wants_is_read_and_forgotten() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    let got = client.answer("wrong", &pattern(LIMIT)).await;
    assert_eq!((got.status, got.error_type().as_str()), (400, "InvalidRequestID"));
    assert_eq!(client.answer("a", b"1").await.status, 202);
}

#[tokio::test]
async fn an_event_larger_than_all_buffers_reaches_a_client_that_waits() {
    let payload = Bytes::from(pattern(6 * 1024 * 1024));
    for waits_first in [true, false] {
        let rig = Rig::new();
        let mut client = rig.client().await;
        if waits_first {
            client.send(&request("GET", super::rig::NEXT, "", b"")).await;
            rig.exchange().asked().await;
        }
        rig.exchange().offer(crate::spec::Event { payload: payload.clone(), ..event("a") });
        let got = if waits_first { client.got().await.unwrap() } else { client.next().await };
        assert!(got.body == payload, "{} bytes came of {}", got.body.len(), payload.len());
        assert_eq!(client.answer("a", b"1").await.status, 202);
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_continue() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    let head =
        format!("POST {} HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n", response("a"));
    client.send(head.as_bytes()).await;
    assert_eq!(client.got().await.unwrap().status, 100);
    client.send(b"yes").await;
    assert_eq!(client.got().await.unwrap().status, 202);
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_not_told_to_continue() {
    let rig = Rig::new();
    let mut client: Client = rig.running("a").await;
    client.send(&request("POST", &response("a"), "Expect: 100-continue\r\n", b"yes")).await;
    assert_eq!(client.got().await.unwrap().status, 202);
}

#[tokio::test]
async fn a_body_without_end_is_cut_off_and_its_answer_was_too_large() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    client.send(&request("POST", &response("a"), "Transfer-Encoding: chunked\r\n", b"")).await;
    let piece = chunks(&pattern(1 << 20), 1 << 20);
    let mut sent = 0;
    while client.stream.write_all(&piece).await.is_ok() {
        sent += piece.len() as u64;
        assert!(sent < 2 * limits::RUNTIME_API_BODY_MAX_BYTES);
    }
    assert_eq!(rig.exchange().answered().await, Answer::TooLarge);
    rig.exchange().offer(event("b"));
    assert_eq!(rig.client().await.next().await.status, 200);
}

#[tokio::test]
async fn a_body_that_says_it_is_far_too_large_is_not_read() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    for path in ["/2018-06-01/ping", &response("a")] {
        let mut client = rig.client().await;
        client.send(format!("POST {path} HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n").as_bytes()).await;
        let got = client.got().await.unwrap();
        assert_eq!((got.status, got.error_type().as_str()), (413, "RequestEntityTooLarge"));
        assert!(client.got().await.is_none());
    }
    assert_eq!(rig.exchange().answered().await, Answer::TooLarge);
    assert_eq!(client.call("GET", "/2018-06-01/ping", "", b"").await.status, 200);
}
