//! As many clients as there may be, and what a program that is gone has left.

use lambent_core::limits;

use super::rig::{Client, NEXT, Rig, event, request, response};
use crate::spec::Answer;

#[tokio::test]
async fn connections_above_the_limit_wait_for_their_turn() {
    let rig = Rig::new();
    let mut open = Vec::new();
    for _ in 0..limits::RUNTIME_API_CONNECTIONS_MAX {
        let mut client = rig.client().await;
        assert_eq!(client.call("GET", "/2018-06-01/ping", "", b"").await.status, 200);
        open.push(client);
    }
    let mut late = rig.client().await;
    late.send(&request("GET", "/2018-06-01/ping", "", b"")).await;
    // All that are open are served in the meantime, the late one is not: it is not even accepted.
    for client in &mut open {
        assert_eq!(client.call("GET", "/2018-06-01/ping", "", b"").await.status, 200);
    }
    let mut byte = [0];
    let nothing = late.stream.try_read(&mut byte).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    open.pop();
    assert_eq!(late.got().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_server_that_finishes_takes_no_more_clients_than_ever() {
    let rig = Rig::new();
    let mut open = Vec::new();
    // Neither accepted nor read by the server yet: this test's thread has not let it run.
    for _ in 0..limits::RUNTIME_API_CONNECTIONS_MAX + 1 {
        open.push(std::net::TcpStream::connect(rig.address).unwrap());
    }
    let mut last = Client::connect(rig.address).await;
    last.send(&request("GET", "/2018-06-01/ping", "", b"")).await;
    let finished = tokio::time::timeout(std::time::Duration::from_millis(100), rig.server.finish()).await;
    assert!(finished.is_err(), "they are there");
    let mut byte = [0];
    let nothing = last.stream.try_read(&mut byte).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    drop(open);
    assert_eq!(last.got().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_server_that_finishes_serves_what_was_sent_to_the_last_byte() {
    for connections in [1, 3] {
        let rig = Rig::new();
        rig.exchange().offer(event("a"));
        let mut others = Vec::new();
        for _ in 1..connections {
            others.push(rig.client().await);
        }
        // Neither accepted nor read by the server yet: this test's thread has not let it run.
        let mut client = std::net::TcpStream::connect(rig.address).unwrap();
        let two =
            [request("GET", NEXT, "", b""), request("POST", &response("a"), "", b"last words")].concat();
        std::io::Write::write_all(&mut client, &two).unwrap();
        drop((client, others));
        rig.server.finish().await;
        rig.server.finish().await;
        let Answer::Response { body, .. } = rig.exchange().answer().unwrap() else { panic!("no response") };
        assert_eq!(body, "last words");
    }
}
