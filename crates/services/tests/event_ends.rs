//! The ends of asynchronous invocations, told to services in place of real ones and to other functions: when, how often,
//! and what becomes of those that nobody takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use lambent_sandbox::{Answer, Event, Spec};
use lambent_services::upstream::Place;
use lambent_testkit::one_function::{INVOKE, create, said, with_function};
use lambent_testkit::upstream::{answer, asked};
use lambent_testkit::{FakeHost, FakeUpstream, TestServer};
use serde_json::{Value, json};

const CONFIG: &str = "/2019-09-25/functions/f/event-invoke-config";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";

/// Services that have a queue, which takes a message after so many tries.
fn queue_after(failures: usize) -> FakeUpstream {
    let left = Arc::new(AtomicUsize::new(failures));
    FakeUpstream::new(move |request: &Request<Bytes>| {
        Some(match asked(request).as_str() {
            "AmazonSQS.GetQueueUrl" => answer(200, "{\"QueueUrl\":\"http://queue.test/q\"}"),
            "AmazonSQS.SendMessage" => {
                let fails = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
                answer(if fails.is_ok() { 503 } else { 200 }, "{}")
            }
            _ => answer(501, ""),
        })
    })
}

/// The bodies of the messages that were sent.
fn messages(upstream: &FakeUpstream) -> Vec<Value> {
    let sent = upstream.seen().into_iter().filter(|request| asked(request) == "AmazonSQS.SendMessage");
    sent.map(|request| serde_json::from_slice(request.body()).expect("the body is JSON")).collect()
}

fn echo() -> FakeHost {
    FakeHost::new(|_: &Spec, event: &Event| -> Answer { said(event.payload.clone()) })
}

async fn with_queue(upstream: &FakeUpstream) -> TestServer {
    let place = Place::Emulator("http://127.0.0.1:1".to_owned());
    let server = TestServer::start_asking(echo(), upstream.at(place)).await;
    create(&server, "f").await;
    server
}

async fn destination(server: &TestServer, path: &str, arn: &str) {
    let config = json!({ "DestinationConfig": { "OnSuccess": { "Destination": arn } } });
    let (status, body) = server.call(Method::PUT, path, &config).await;
    assert_eq!(status, 200, "{body}");
}

async fn send(server: &TestServer, payload: &'static str) -> Response<Bytes> {
    let request = Request::post(INVOKE).header("host", "test").header("x-amz-invocation-type", "Event");
    let request = request.body(http_body_util::Full::new(Bytes::from(payload))).expect("the path is valid");
    lambent_services::pipeline::handle(&server.server, request).await
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn pass(server: &TestServer, seconds: u64) {
    server.clock.advance(Duration::from_secs(seconds));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn counted(server: &TestServer, name: &str, value: u64) {
    let line = format!("\nlambent_{name}_total {value}\n");
    until(|| server.server.dispatcher().metrics().contains(&line)).await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_gets_the_record_once() {
    let upstream = queue_after(0);
    let server = with_queue(&upstream).await;
    destination(&server, CONFIG, QUEUE).await;
    send(&server, "{\"n\":1.0}").await;
    until(|| !messages(&upstream).is_empty()).await;
    pass(&server, 600).await;
    let [message] = &messages(&upstream)[..] else { panic!("one message") };
    assert_eq!(message["QueueUrl"], "http://queue.test/q");
    assert!(message.get("MessageAttributes").is_none(), "{message}");
    let body = message["MessageBody"].as_str().unwrap();
    assert!(
        body.contains("\"requestPayload\":{\"n\":1.0},\"responseContext\":{\"statusCode\":200,"),
        "{body}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_fails_is_tried_again_a_few_times() {
    let upstream = queue_after(2);
    let server = with_queue(&upstream).await;
    destination(&server, CONFIG, QUEUE).await;
    send(&server, "1").await;
    until(|| messages(&upstream).len() == 1).await;
    pass(&server, 1).await;
    until(|| messages(&upstream).len() == 2).await;
    pass(&server, 1).await;
    assert_eq!(messages(&upstream).len(), 2, "the next pause is longer");
    pass(&server, 1).await;
    until(|| messages(&upstream).len() == 3).await;
    pass(&server, 600).await;
    assert_eq!(messages(&upstream).len(), 3);
    counted(&server, "destination_delivery_failures", 0).await;
    assert_eq!(server.host.count_of("boot"), 1, "the function did not run again for that");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_nobody_takes_is_counted() {
    let upstream = queue_after(usize::MAX);
    let server = with_queue(&upstream).await;
    destination(&server, CONFIG, QUEUE).await;
    send(&server, "1").await;
    for _ in 0..10 {
        pass(&server, 30).await;
    }
    counted(&server, "destination_delivery_failures", 1).await;
    assert_eq!(messages(&upstream).len(), 6);
}

#[tokio::test(start_paused = true)]
async fn without_other_services_a_record_is_counted_at_once() {
    let server = with_function(echo()).await;
    destination(&server, CONFIG, QUEUE).await;
    send(&server, "1").await;
    counted(&server, "destination_delivery_failures", 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_loop_of_functions_is_stopped() {
    let server = with_function(echo()).await;
    create(&server, "g").await;
    let arn = |name: &str| format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
    destination(&server, CONFIG, &arn("g")).await;
    destination(&server, "/2019-09-25/functions/g/event-invoke-config", &arn("f")).await;
    send(&server, "1").await;
    counted(&server, "recursive_invocations_dropped", 1).await;
    counted(&server, "async_events_received", 33).await;
}

#[tokio::test(start_paused = true)]
async fn a_record_for_an_alias_that_is_gone_is_counted() {
    let server = with_function(echo()).await;
    create(&server, "g").await;
    destination(&server, CONFIG, "arn:aws:lambda:us-east-1:000000000000:function:g:gone").await;
    send(&server, "1").await;
    counted(&server, "destination_delivery_failures", 1).await;
    counted(&server, "async_events_received", 1).await;
}
