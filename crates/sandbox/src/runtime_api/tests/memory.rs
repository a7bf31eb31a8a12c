//! Clients that send much and never end it.

use lambent_core::limits::{RUNTIME_API_AHEAD_MAX_BYTES, RUNTIME_API_HEAD_TIMEOUT};
use tokio::io::AsyncWriteExt;
use tokio::time::{Duration, sleep};

use super::rig::{Client, NEXT, Rig, request};

/// A report of an error, the head of which does not end.
async fn half_told(rig: &Rig, size: usize) -> Client {
    let mut client = rig.client().await;
    let begun = format!("POST /2018-06-01/runtime/invocation/a/error HTTP/1.1\r\nA: {}", "x".repeat(size));
    // The server may close before it has read all.
    _ = client.stream.write_all(begun.as_bytes()).await;
    client
}

#[tokio::test]
async fn all_clients_together_may_leave_unfinished_only_so_much() {
    let rig = Rig::new();
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(half_told(&rig, 1_000_000).await);
    }
    // Others are served all the while.
    rig.is_alive().await;
    let mut replies = tokio::task::JoinSet::new();
    for mut client in clients {
        replies.spawn(async move { client.got().await.unwrap().status });
    }
    for _ in RUNTIME_API_AHEAD_MAX_BYTES / 1_000_000..10 {
        assert_eq!(replies.join_next().await.unwrap().unwrap(), 431);
    }
    replies.shutdown().await;
    rig.is_alive().await;
    // What was given up is there for others.
    let path = "/2018-06-01/runtime/invocation/a/error";
    let large = format!("A: {}\r\n", "x".repeat(1_000_000));
    assert_eq!(rig.client().await.call("POST", path, &large, b"").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_dropped_and_an_idle_client_is_not() {
    let rig = Rig::new();
    let mut idle = rig.client().await;
    assert_eq!(idle.call("GET", "/2018-06-01/ping", "", b"").await.status, 200);
    idle.send(b"\r\n").await;
    let mut slow = rig.client().await;
    slow.send(b"GET /2018-").await;
    assert_eq!(slow.got().await.unwrap().status, 408);
    assert!(slow.got().await.is_none());
    sleep(RUNTIME_API_HEAD_TIMEOUT * 10).await;
    assert_eq!(idle.call("GET", "/2018-06-01/ping", "", b"").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_head_does_not_count_while_frozen() {
    let rig = Rig::new();
    let mut slow = rig.client().await;
    slow.send(b"GET /2018-06-01/ping HTTP/1.1\r\n").await;
    rig.is_alive().await;
    for _ in 0..3 {
        sleep(RUNTIME_API_HEAD_TIMEOUT / 2).await;
        rig.server.frozen(true);
        sleep(RUNTIME_API_HEAD_TIMEOUT * 100).await;
        rig.server.frozen(false);
    }
    slow.send(b"\r\n").await;
    assert_eq!(slow.got().await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn large_unfinished_heads_do_not_outlive_the_invocation_and_small_ones_do() {
    let rig = Rig::new();
    let mut large = half_told(&rig, 100_000).await;
    let mut small = rig.client().await;
    small.send(&request("GET", NEXT, "", b"")[..20]).await;
    rig.is_alive().await;
    rig.is_alive().await;
    rig.server.settled();
    // Long before its time is over.
    let dropped = tokio::time::timeout(Duration::from_millis(1), large.got()).await;
    assert_eq!(dropped.expect("dropped at once").unwrap().status, 408);
    small.send(&request("GET", NEXT, "", b"")[20..]).await;
    rig.exchange().asked().await;
}
