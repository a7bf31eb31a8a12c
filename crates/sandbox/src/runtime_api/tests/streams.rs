//! Responses that are passed on while the runtime makes them.

use std::time::Duration;

use lambent_core::limits::{STREAM_BURST_BYTES, STREAM_BYTES_PER_SECOND, STREAM_MAX_BYTES};
use tokio::io::Repeat;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{Instant, timeout};

use super::super::allowance::Allowance;
use super::super::exchange::Exchange;
use super::super::http::Framing;
use super::super::inlet::{Inlet, Source};
use super::super::seat::Seat;
use super::super::state::Call;
use super::super::stream::Stream;
use super::rig::{Client, Rig, chunks, event, request, response};
use crate::spec::{Answer, Event, Piece, Reported};

const STREAMING: &str = "Lambda-Runtime-Function-Response-Mode: streaming\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n";

impl Source for Repeat {}

/// An event whose response is wanted as it comes.
fn streamed(id: &str, room: usize) -> (Event, Receiver<Piece>) {
    let (to, pieces) = mpsc::channel(room);
    (Event { stream: Some(to), ..event(id) }, pieces)
}

/// A client that holds the event `a`, and has begun to stream its response.
async fn begun(rig: &Rig) -> (Client, Receiver<Piece>) {
    let (event, mut pieces) = streamed("a", 4);
    rig.exchange().offer(event);
    let mut client = rig.client().await;
    client.next().await;
    client.send(&request("POST", &response("a"), STREAMING, b"")).await;
    client.send(&chunks(b"one", 3)).await;
    let content_type = Some("text/plain".to_owned());
    assert_eq!(pieces.recv().await, Some(Piece::Begin { content_type }));
    assert_eq!(pieces.recv().await, Some(Piece::Bytes("one".into())));
    (client, pieces)
}

#[tokio::test]
async fn what_has_come_is_passed_on_before_the_rest_is_made() {
    let rig = Rig::new();
    let (mut client, mut pieces) = begun(&rig).await;
    assert_eq!(rig.exchange().answer(), None);
    client.send(&chunks(b"twofour", 3)).await;
    for expected in ["two", "fou", "r"] {
        assert_eq!(pieces.recv().await, Some(Piece::Bytes(expected.into())));
    }
    client.send(b"0\r\n\r\n").await;
    assert_eq!(client.got().await.unwrap().status, 202);
    assert_eq!(rig.exchange().answered().await, Answer::Streamed { produced_bytes: 10, failed: None });
}

#[tokio::test]
async fn trailers_tell_of_an_error_in_the_middle() {
    let rig = Rig::new();
    let (mut client, _pieces) = begun(&rig).await;
    client.send(b"0\r\nLambda-Runtime-Function-Error-Type: Function.E\r\n").await;
    client.send(b"Lambda-Runtime-Function-Error-Body: eyJhIjoxfQ==\r\n\r\n").await;
    let failed = Some(Reported {
        error_type: Some("Function.E".to_owned()),
        content_type: Some("application/json".to_owned()),
        body: r#"{"a":1}"#.into(),
    });
    assert_eq!(rig.exchange().answered().await, Answer::Streamed { produced_bytes: 3, failed });
    assert_eq!(client.got().await.unwrap().status, 202);
}

#[tokio::test]
async fn a_response_that_has_begun_is_the_only_one() {
    let rig = Rig::new();
    let (begun, _pieces) = begun(&rig).await;
    let error = "/2018-06-01/runtime/invocation/a/error";
    for path in [error, &response("a")] {
        let got = rig.client().await.call("POST", path, "", b"{}").await;
        assert_eq!((got.status, got.error_type().as_str()), (403, "InvalidStateTransition"), "{path}");
    }
    drop(begun);
    // Cut short it is over, too: its beginning is with the caller.
    loop {
        let got = rig.client().await.call("POST", error, "", b"{}").await;
        assert_eq!((got.status, got.error_type().as_str()), (403, "InvalidStateTransition"));
        let mut other = rig.client().await;
        other.send(&request("GET", super::rig::NEXT, "", b"")).await;
        // Until the end of the connection is noticed, asking for the next event is refused as well.
        tokio::select! {
            refused = other.got() => assert_eq!(refused.unwrap().status, 403),
            _ = rig.exchange().asked() => break,
        }
    }
    let Answer::Error(reported) = rig.exchange().answered().await else { panic!("no error") };
    assert_eq!(reported.error_type.as_deref(), Some("Runtime.TruncatedResponse"));
}

#[tokio::test]
async fn a_function_whose_caller_is_gone_goes_on() {
    let rig = Rig::new();
    let (mut client, pieces) = begun(&rig).await;
    drop(pieces);
    client.send(&chunks(&[b'x'; 300_000], 100_000)).await;
    client.send(b"0\r\n\r\n").await;
    assert_eq!(client.got().await.unwrap().status, 202);
    assert_eq!(rig.exchange().answered().await, Answer::Streamed { produced_bytes: 300_003, failed: None });
}

#[tokio::test]
async fn a_response_that_nobody_wants_streamed_is_collected() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    client.send(&request("POST", &response("a"), STREAMING, b"")).await;
    client.send(&[&chunks(b"onetwo", 3)[..], b"0\r\n\r\n"].concat()).await;
    let Answer::Response { body, .. } = rig.exchange().answered().await else { panic!("no response") };
    assert_eq!(body, "onetwo");
}

/// An exchange whose runtime answers the event `a`, and what it streams.
async fn answering(room: usize) -> (Exchange, Receiver<Piece>) {
    let exchange = Exchange::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let seat = std::sync::Arc::new(Seat::new(client.into_split().1));
    let (event, pieces) = streamed("a", room);
    exchange.offer(event);
    exchange.next(&seat).unwrap();
    (exchange, pieces)
}

async fn stream(exchange: &Exchange, bytes: u64) -> bool {
    let to = exchange.begin_answer(Call::Response, "a").unwrap().unwrap();
    let mut inlet = Inlet::new(tokio::io::repeat(b'x'), Allowance::default().share());
    let mut stream = Stream::begin(exchange, "a".to_owned(), to, None).await;
    let body = inlet.stream(Framing::Length(bytes), &mut stream).await.unwrap();
    stream.end(&body);
    stream.too_large
}

#[tokio::test]
async fn a_slow_reader_makes_the_runtime_wait() {
    let (exchange, mut pieces) = answering(2).await;
    tokio::time::pause();
    let streaming = stream(&exchange, 1_000_000);
    tokio::pin!(streaming);
    assert!(timeout(Duration::from_secs(3600), &mut streaming).await.is_err());
    assert_eq!(pieces.len(), 2);
    let mut read_bytes = 0;
    let reading = async {
        while read_bytes < 1_000_000 {
            if let Some(Piece::Bytes(bytes)) = pieces.recv().await {
                read_bytes += bytes.len();
            }
        }
    };
    assert!(!tokio::join!(streaming, reading).0);
    assert_eq!(exchange.answered().await, Answer::Streamed { produced_bytes: 1_000_000, failed: None });
}

#[tokio::test]
async fn the_longest_response_takes_its_time_and_ends_with_an_error() {
    let (exchange, pieces) = answering(2).await;
    drop(pieces);
    tokio::time::pause();
    let start = Instant::now();
    assert!(stream(&exchange, STREAM_MAX_BYTES + 1).await);
    let paced_s = (STREAM_MAX_BYTES - STREAM_BURST_BYTES).div_ceil(STREAM_BYTES_PER_SECOND);
    assert_eq!(start.elapsed().as_secs(), paced_s);
    let Answer::Streamed { produced_bytes, failed: Some(failed) } = exchange.answered().await else {
        panic!("no error")
    };
    assert_eq!(produced_bytes, STREAM_MAX_BYTES);
    let message = "Response payload size exceeded maximum allowed payload size (209715200 bytes).";
    let expected = format!(r#"{{"errorMessage":"{message}","errorType":"Function.ResponseSizeTooLarge"}}"#);
    assert_eq!(failed.body, expected);
}

#[tokio::test]
async fn the_end_of_a_stream_changes_nothing_for_a_later_event() {
    let (exchange, _pieces) = answering(2).await;
    exchange.begin_answer(Call::Response, "a").unwrap();
    exchange.finish_stream("b", Answer::TimedOut);
    exchange.cut_stream("b");
    assert_eq!(exchange.answer(), None);
    exchange.finish_stream("a", Answer::Streamed { produced_bytes: 0, failed: None });
    assert_eq!(exchange.answer(), Some(Answer::Streamed { produced_bytes: 0, failed: None }));
}
