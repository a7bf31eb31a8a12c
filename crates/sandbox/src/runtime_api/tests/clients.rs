//! Several clients at once, clients that go, clients that dawdle.

use super::super::exchange::{Asked, Next};
use super::rig::{Client, NEXT, Rig, event, request, response};
use crate::spec::Answer;

fn body(answer: Answer) -> Vec<u8> {
    match answer {
        Answer::Response { body, .. } => body.to_vec(),
        Answer::Error(_)
        | Answer::Streamed { .. }
        | Answer::TooLarge
        | Answer::Exited(_)
        | Answer::Extension(_)
        | Answer::TimedOut => panic!("{answer:?}"),
    }
}

async fn waiting(rig: &Rig) -> Client {
    let mut client = rig.client().await;
    client.send(&request("GET", NEXT, "", b"")).await;
    assert_eq!(rig.exchange().asked().await, Asked::Ready);
    client
}

#[tokio::test]
async fn an_answer_and_the_next_question_may_come_in_one_write() {
    let rig = Rig::new();
    let mut client = waiting(&rig).await;
    for round in 0..50 {
        let id = format!("r-{round}");
        rig.exchange().offer(event(&id));
        let got = client.got().await.unwrap();
        assert_eq!(got.body, format!("{{\"event\":\"{id}\"}}").into_bytes());
        let answer = request("POST", &response(&id), "", id.as_bytes());
        client.send(&[answer, request("GET", NEXT, "", b"")].concat()).await;
        assert_eq!(client.got().await.unwrap().status, 202);
        assert_eq!(body(rig.exchange().answered().await), id.as_bytes());
        assert_eq!(rig.exchange().asked().await, Asked::Ready);
    }
}

#[tokio::test]
async fn any_connection_may_answer_and_the_first_that_waits_is_served_first() {
    let rig = Rig::new();
    let mut first = waiting(&rig).await;
    let mut second = waiting(&rig).await;
    // The second is registered for sure only once the server has replied to something sent after it.
    rig.is_alive().await;
    rig.exchange().offer(event("a"));
    assert_eq!(first.got().await.unwrap().header("Lambda-Runtime-Aws-Request-Id"), Some("a"));
    let mut third = rig.client().await;
    assert_eq!(third.answer("a", b"from the third").await.status, 202);
    assert_eq!(body(rig.exchange().answered().await), b"from the third");
    rig.exchange().offer(event("b"));
    assert_eq!(second.got().await.unwrap().header("Lambda-Runtime-Aws-Request-Id"), Some("b"));
}

#[tokio::test]
async fn an_event_is_not_lost_on_a_client_that_went_away() {
    let rig = Rig::new();
    let mut gone = waiting(&rig).await;
    tokio::io::AsyncWriteExt::shutdown(&mut gone.stream).await.unwrap();
    assert!(gone.got().await.is_none(), "the server closes too");
    rig.exchange().offer(event("a"));
    let mut client = rig.client().await;
    assert_eq!(client.next().await.header("Lambda-Runtime-Aws-Request-Id"), Some("a"));
}

#[tokio::test]
async fn an_event_on_its_way_to_a_client_that_hangs_up_goes_to_the_next_that_asks() {
    let large = bytes::Bytes::from(vec![b'x'; 6 << 20]);
    for payload in [None, Some(large)] {
        for closes_first in [true, false] {
            let rig = Rig::new();
            let gone = waiting(&rig).await;
            let mut event = event("a");
            event.payload = payload.clone().unwrap_or(event.payload);
            // The server's tasks do not run between the two: this test's thread has not let them.
            if closes_first {
                drop(gone);
                rig.exchange().offer(event);
            } else {
                rig.exchange().offer(event);
                drop(gone);
            }
            let mut client = rig.client().await;
            let got = client.next().await;
            assert_eq!((got.status, got.header("Lambda-Runtime-Aws-Request-Id")), (200, Some("a")));
            assert_eq!(client.next().await.status, 403, "it is in hand now");
            assert_eq!(client.answer("a", b"1").await.status, 202);
            assert_eq!(body(rig.exchange().answered().await), b"1");
            assert!(!rig.exchange().untaken());
        }
    }
}

#[tokio::test]
async fn nor_is_one_lost_on_a_client_that_asked_for_the_connection_to_be_closed() {
    let rig = Rig::new();
    let mut gone = rig.client().await;
    gone.send(&request("GET", NEXT, "Connection: close\r\n", b"")).await;
    assert_eq!(rig.exchange().asked().await, Asked::Ready);
    rig.exchange().offer(event("a"));
    drop(gone);
    rig.server.finish().await;
    assert!(rig.exchange().untaken());
    assert_eq!(rig.client().await.next().await.header("Lambda-Runtime-Aws-Request-Id"), Some("a"));
}

#[tokio::test]
async fn an_event_on_its_way_to_a_client_that_hangs_up_goes_to_another_that_waits() {
    let rig = Rig::new();
    let gone = waiting(&rig).await;
    let mut other = waiting(&rig).await;
    rig.is_alive().await;
    rig.exchange().offer(event("a"));
    drop(gone);
    assert_eq!(other.got().await.unwrap().header("Lambda-Runtime-Aws-Request-Id"), Some("a"));
    assert_eq!(other.answer("a", b"1").await.status, 202);
}

#[tokio::test]
async fn who_asks_before_the_server_heard_of_the_loss_gets_the_event_too() {
    let rig = Rig::new();
    let gone = waiting(&rig).await;
    let (_, write) = rig.client().await.stream.into_split();
    let seat = std::sync::Arc::new(super::super::seat::Seat::new(write));
    rig.exchange().offer(event("a"));
    assert!(rig.exchange().next(&seat).is_err(), "it is on its way");
    drop(gone);
    let Ok(Next::Now(event)) = rig.exchange().next(&seat) else { panic!("no event") };
    assert_eq!(event.request_id, "a");
}

#[tokio::test]
async fn an_event_lost_twice_is_not_given_out_again() {
    let rig = Rig::new();
    let first = waiting(&rig).await;
    rig.exchange().offer(event("a"));
    drop(first);
    rig.is_alive().await;
    assert!(rig.exchange().untaken());
    let mut second = rig.client().await;
    second.send(&request("GET", NEXT, "", b"")).await;
    second.stream.readable().await.unwrap();
    drop(second);
    rig.is_alive().await;
    assert_eq!(rig.client().await.next().await.status, 403);
}

#[tokio::test]
async fn a_client_that_read_its_event_and_closed_has_it() {
    for half in [true, false] {
        let rig = Rig::new();
        let mut first = waiting(&rig).await;
        rig.exchange().offer(event("a"));
        assert_eq!(first.got().await.unwrap().status, 200);
        if half {
            tokio::io::AsyncWriteExt::shutdown(&mut first.stream).await.unwrap();
        } else {
            drop(first);
        }
        rig.is_alive().await;
        assert!(!rig.exchange().untaken());
        let mut second = rig.client().await;
        assert_eq!(second.next().await.status, 403);
        assert_eq!(second.answer("a", b"1").await.status, 202);
    }
}

#[tokio::test]
async fn only_the_owner_is_served_where_others_can_connect() {
    let own = rustix::process::getuid().as_raw();
    for (owner, served) in [(own, true), (own + 1, false)] {
        let rig = Rig::for_owner(Some(owner));
        let mapped = format!("[::ffff:127.0.0.1]:{}", rig.address.port()).parse().unwrap();
        for address in [rig.address, mapped] {
            let mut client = Client::connect(address).await;
            // It may be closed already.
            _ = tokio::io::AsyncWriteExt::write_all(
                &mut client.stream,
                &request("GET", "/2018-06-01/ping", "", b""),
            )
            .await;
            assert_eq!(client.got().await.map(|got| got.status), served.then_some(200), "{address}");
        }
    }
}

#[tokio::test]
async fn a_slow_client_holds_nobody_up() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    let mut slow_head = rig.client().await;
    slow_head.send(b"GET /2018-06-01/ru").await;
    let mut slow_body = rig.client().await;
    slow_body.send(b"POST /x HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this").await;
    assert_eq!(client.answer("a", b"1").await.status, 202);
    rig.exchange().offer(event("b"));
    slow_head.send(b"ntime/invocation/next HTTP/1.1\r\n\r\n").await;
    assert_eq!(slow_head.got().await.unwrap().header("Lambda-Runtime-Aws-Request-Id"), Some("b"));
}

#[tokio::test]
async fn a_second_answer_is_refused_while_the_first_is_on_its_way() {
    let rig = Rig::new();
    let mut first = rig.running("a").await;
    first.send(format!("POST {} HTTP/1.1\r\nContent-Length: 4\r\n\r\n12", response("a")).as_bytes()).await;
    rig.is_alive().await;
    let mut second = rig.client().await;
    let got = second.answer("a", b"x").await;
    assert_eq!((got.status, got.error_type().as_str()), (403, "InvalidStateTransition"));
    assert_eq!(second.next().await.status, 403);
    first.send(b"34").await;
    assert_eq!(first.got().await.unwrap().status, 202);
    assert_eq!(body(rig.exchange().answered().await), b"1234");
}

#[tokio::test]
async fn an_answer_cut_short_may_be_given_again() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    client.send(format!("POST {} HTTP/1.1\r\nContent-Length: 4\r\n\r\n12", response("a")).as_bytes()).await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.stream).await.unwrap();
    let got = client.got().await.unwrap();
    assert_eq!((got.status, got.error_type().as_str()), (400, "TruncatedHTTPRequest"));
    assert_eq!(rig.exchange().answer(), None, "nothing is settled yet");
    let mut again = rig.client().await;
    assert_eq!(again.answer("a", b"1234").await.status, 202);
    assert_eq!(body(rig.exchange().answered().await), b"1234");
}

#[tokio::test]
async fn an_answer_cut_short_fails_the_invocation_when_the_runtime_goes_on() {
    let rig = Rig::new();
    let mut client = rig.running("a").await;
    let head = format!("POST {} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", response("a"));
    client.send(head.as_bytes()).await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.stream).await.unwrap();
    assert_eq!(client.got().await.unwrap().status, 400);
    let _next = waiting(&rig).await;
    let Answer::Error(reported) = rig.exchange().answered().await else { panic!("no error") };
    assert_eq!(reported.error_type.as_deref(), Some("Runtime.TruncatedResponse"));
}
