//! Asynchronous invocations and loops, measured: received, run, given up, and their ends that nobody took.

use std::time::Duration;

use http::{Method, Request};
use lambent_services::upstream::Place;
use lambent_testkit::one_function::{INVOKE, create, settled, with_function};
use lambent_testkit::upstream::{answer, asked};
use lambent_testkit::{FakeHost, FakeUpstream};
use serde_json::json;

use super::*;

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const NAME: [(&str, &str); 1] = [("FunctionName", "f")];

/// Invokes as asked; the payload tells whether it fails.
async fn invoke(server: &TestServer, kind: &str, trace: Option<&str>, payload: &'static str) -> u16 {
    let mut request = Request::post(INVOKE).header("host", "test").header("x-amz-invocation-type", kind);
    if let Some(trace) = trace {
        request = request.header("x-amzn-trace-id", trace);
    }
    let request = request.body(Full::new(Bytes::from(payload))).expect("the path is valid");
    lambent_services::pipeline::handle(&server.server, request).await.status().as_u16()
}

async fn pass(server: &TestServer, seconds: u64) {
    server.clock.advance(Duration::from_secs(seconds));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_is_counted_when_it_comes_and_its_age_whenever_it_runs() {
    let server = with_function(FakeHost::new(fails_when_told)).await;
    assert_eq!(invoke(&server, "Event", None, "1").await, 202);
    assert_eq!(sums(&server, "AsyncEventsReceived", &[]).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "AsyncEventsReceived", &NAME).await, [(1.0, 1.0)]);
    assert_eq!(in_the_end(&server, "AsyncEventAge", &NAME).await, [(0.0, 1.0)]);
    assert_eq!(in_the_end(&server, "Invocations", &NAME).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "AsyncEventsDropped", &NAME).await, []);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_fails_to_the_end_is_dropped_once_and_was_older_each_time() {
    let server = with_function(FakeHost::new(fails_when_told)).await;
    assert_eq!(invoke(&server, "Event", None, "\"fail\"").await, 202);
    assert_eq!(in_the_end(&server, "Errors", &NAME).await, [(1.0, 1.0)]);
    for _ in 0..6 {
        pass(&server, 60).await;
    }
    assert_eq!(in_the_end(&server, "AsyncEventsDropped", &NAME).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "AsyncEventsReceived", &NAME).await, [(1.0, 1.0)]);
    let ages = sums(&server, "AsyncEventAge", &NAME).await;
    let runs: f64 = ages.iter().map(|(_, count)| count).sum();
    assert!(runs == 3.0 && ages.iter().any(|(age, _)| *age >= 180_000.0), "{ages:?}");
    assert_eq!(sums(&server, "DeadLetterErrors", &NAME).await, [], "it has no dead-letter queue");
}

/// A server beside which there is a queue that takes nothing.
async fn with_deaf_queue() -> TestServer {
    let upstream = FakeUpstream::new(|request: &Request<Bytes>| {
        Some(match asked(request).as_str() {
            "AmazonSQS.GetQueueUrl" => answer(200, "{\"QueueUrl\":\"http://queue.test/q\"}"),
            "AmazonSQS.SendMessage" => answer(503, "{}"),
            _ => answer(501, ""),
        })
    });
    let place = Place::Emulator("http://127.0.0.1:1".to_owned());
    let server = TestServer::start_asking(FakeHost::new(fails_when_told), upstream.at(place)).await;
    create(&server, "f").await;
    settled(&server).await;
    server
}

/// Lets an event fail at once and for good, and waits until its end is lost.
async fn lose(server: &TestServer, metric: &str) -> Vec<(f64, f64)> {
    let once = json!({ "MaximumRetryAttempts": 0 });
    let (status, body) = server.call(Method::PUT, "/2019-09-25/functions/f/event-invoke-config", &once).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(invoke(server, "Event", None, "\"fail\"").await, 202);
    for _ in 0..20 {
        pass(server, 30).await;
    }
    in_the_end(server, metric, &NAME).await
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_no_queue_takes_is_an_error_of_its_own() {
    let server = with_deaf_queue().await;
    let dead = json!({ "DeadLetterConfig": { "TargetArn": QUEUE } });
    let (status, body) = server.call(Method::PUT, "/2015-03-31/functions/f/configuration", &dead).await;
    assert_eq!(status, 200, "{body}");
    settled(&server).await;
    assert_eq!(lose(&server, "DeadLetterErrors").await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "DestinationDeliveryFailures", &NAME).await, []);
    assert_eq!(sums(&server, "AsyncEventsDropped", &[]).await, [(1.0, 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_no_destination_takes_is_a_delivery_failure() {
    let server = with_deaf_queue().await;
    let path = "/2019-09-25/functions/f/event-invoke-config";
    let told =
        json!({ "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": QUEUE } } });
    assert_eq!(server.call(Method::PUT, path, &told).await.0, 200);
    assert_eq!(invoke(&server, "Event", None, "\"fail\"").await, 202);
    for _ in 0..20 {
        pass(&server, 30).await;
    }
    assert_eq!(in_the_end(&server, "DestinationDeliveryFailures", &NAME).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "DeadLetterErrors", &NAME).await, []);
}

#[tokio::test]
async fn an_invocation_that_is_one_turn_too_many_is_dropped_and_not_run() {
    let server = with_function(FakeHost::new(|_: &Spec, event: &Event| {
        said(serde_json::to_vec(&event.trace_id).expect("a text is JSON"))
    }))
    .await;
    let first = server.send(Method::POST, INVOKE, "1").await;
    let trace = first.headers()["x-amzn-trace-id"].to_str().expect("it is ASCII");
    let last = trace.strip_suffix(":0").expect("it was reached once").to_owned() + ":15";
    assert_eq!(invoke(&server, "RequestResponse", Some(&last), "1").await, 400);
    assert_eq!(sums(&server, "RecursiveInvocationsDropped", &NAME).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "RecursiveInvocationsDropped", &[]).await, [(1.0, 1.0)]);
    assert_eq!(sums(&server, "Invocations", &NAME).await, [(1.0, 1.0)]);
}
