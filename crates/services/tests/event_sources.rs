//! Queues that mappings name are read, through a whole server with fake sandboxes and a queue in place of a real one.

use std::time::Duration;

use http::Method;
use lambent_core::lambda::lineage::Lineage;
use lambent_sandbox::{Answer, Event, Exit, Spec};
use lambent_testkit::FakeHost;
use lambent_testkit::one_function::said;
use lambent_testkit::one_queue::{QUEUE, Queue, map, server, server_on, until};
use serde_json::{Value, json};

const FIFO: &str = "arn:aws:sqs:us-east-1:000000000000:q.fifo";

fn bodies(event: &Value) -> Vec<&str> {
    let records = event["Records"].as_array().expect("an event of a queue has records");
    records.iter().map(|record| record["body"].as_str().expect("a body is a text")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_run_and_deleted() {
    let queue = Queue::default();
    for number in 0..12 {
        queue.put(&format!("m{number:02}"), &number.to_string(), json!({}));
    }
    let (server, events) = server(&queue, |_| said("null")).await;
    map(&server, json!({})).await;
    until(|| queue.deleted().len() == 12).await;
    let events = events.lock().unwrap();
    let sizes: Vec<usize> = events.iter().map(|(event, _)| bodies(event).len()).collect();
    assert_eq!(sizes, [10, 2]);
    let expected = json!({
        "messageId": "m00", "receiptHandle": "m00", "body": "0",
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1" }, "messageAttributes": {},
        "md5OfBody": "d", "eventSource": "aws:sqs", "eventSourceARN": QUEUE, "awsRegion": "us-east-1",
    });
    assert_eq!(events[0].0["Records"][0], expected);
}

#[tokio::test(start_paused = true)]
async fn what_a_function_fails_on_stays() {
    let queue = Queue::default();
    queue.put("bad", "bad", json!({}));
    queue.put("good", "good", json!({}));
    let (server, events) = server(&queue, |event| {
        if bodies(event).contains(&"bad") {
            return Answer::Exited(Exit::Code(1));
        }
        said("null")
    })
    .await;
    map(&server, json!({ "BatchSize": 1 })).await;
    until(|| queue.deleted() == ["good"] && events.lock().unwrap().len() == 2).await;
    assert_eq!(queue.left(), (1, 0), "the queue shows it again by itself");
}

#[tokio::test(start_paused = true)]
async fn a_function_reports_which_messages_failed() {
    let queue = Queue::default();
    for id in ["a", "b", "c"] {
        queue.put(id, id, json!({}));
    }
    let reports = |_: &Value| said(r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#);
    let (server, _) = server(&queue, reports).await;
    map(&server, json!({ "FunctionResponseTypes": ["ReportBatchItemFailures"] })).await;
    until(|| queue.deleted() == ["a", "c"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_report_nobody_asked_for_is_no_report() {
    let queue = Queue::default();
    queue.put("a", "a", json!({}));
    let (server, _) = server(&queue, |_| said(r#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#)).await;
    map(&server, json!({})).await;
    until(|| queue.deleted() == ["a"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_filters_stop_is_deleted_and_not_run() {
    let queue = Queue::default();
    queue.put("no", r#"{"kind":"other"}"#, json!({}));
    queue.put("yes", r#"{"kind":"mine"}"#, json!({}));
    let (server, events) = server(&queue, |_| said("null")).await;
    let filters = json!({ "Filters": [{ "Pattern": r#"{"body":{"kind":["mine"]}}"# }] });
    map(&server, json!({ "FilterCriteria": filters })).await;
    until(|| queue.deleted().len() == 2).await;
    let events = events.lock().unwrap();
    assert_eq!((events.len(), bodies(&events[0].0)), (1, vec![r#"{"kind":"mine"}"#]));
}

#[tokio::test(start_paused = true)]
async fn a_window_gathers_more_than_one_answer() {
    let queue = Queue::default();
    for number in 0..25 {
        queue.put(&format!("m{number:02}"), "m", json!({}));
    }
    let (server, events) = server(&queue, |_| said("null")).await;
    map(&server, json!({ "BatchSize": 100, "MaximumBatchingWindowInSeconds": 5 })).await;
    until(|| queue.kept().hidden.len() == 25).await;
    assert!(events.lock().unwrap().is_empty(), "the window is open");
    server.jump(Duration::from_secs(5));
    until(|| queue.deleted().len() == 25).await;
    assert_eq!(events.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_mapping_reads_nothing_until_it_is_enabled() {
    let queue = Queue::default();
    let (server, events) = server(&queue, |_| said("null")).await;
    let path = map(&server, json!({})).await;
    let shown = server.call(Method::PUT, &path, &json!({ "Enabled": false })).await.1;
    assert_eq!(shown["State"], "Disabling");
    tokio::time::sleep(Duration::from_secs(5)).await;
    queue.put("a", "a", json!({}));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(events.lock().unwrap().is_empty() && queue.kept().shown.len() == 1);
    server.call(Method::PUT, &path, &json!({ "Enabled": true })).await;
    until(|| queue.deleted() == ["a"]).await;
    assert_eq!(server.call(Method::DELETE, &path, &Value::Null).await.0, 202);
    tokio::time::sleep(Duration::from_secs(5)).await;
    queue.put("b", "b", json!({}));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(queue.kept().shown.len(), 1, "what is deleted reads no more");
}

#[tokio::test(start_paused = true)]
async fn what_is_throttled_waits_and_is_not_lost() {
    let queue = Queue::default();
    queue.put("a", "a", json!({}));
    let (server, events) = server(&queue, |_| said("null")).await;
    let stop = json!({ "ReservedConcurrentExecutions": 0 });
    let concurrency = "/2017-10-31/functions/f/concurrency";
    assert_eq!(server.call(Method::PUT, concurrency, &stop).await.0, 200);
    map(&server, json!({})).await;
    until(|| queue.kept().hidden.len() == 1).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(events.lock().unwrap().is_empty() && queue.kept().given_back.is_empty());
    assert_eq!(server.call(Method::DELETE, concurrency, &Value::Null).await.0, 204);
    server.jump(Duration::from_secs(30));
    until(|| queue.deleted() == ["a"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_gone_is_told_and_tried_again() {
    let queue = Queue::default();
    let (server, _) = server(&queue, |_| said("null")).await;
    let path = map(&server, json!({})).await;
    let shown = server.call(Method::GET, &path, &Value::Null).await.1;
    let told = (&shown["State"], &shown["StateTransitionReason"], shown.get("LastProcessingResult"));
    assert_eq!(told, (&json!("Enabled"), &json!("USER_INITIATED"), None));
    queue.kept().is_gone = true;
    let problem = json!("PROBLEM: ReceiveMessage: QueueDoesNotExist: gone");
    while server.call(Method::GET, &path, &Value::Null).await.1["LastProcessingResult"] != problem {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    queue.put("a", "a", json!({}));
    queue.kept().is_gone = false;
    until(|| queue.deleted() == ["a"]).await;
    assert!(server.call(Method::GET, &path, &Value::Null).await.1.get("LastProcessingResult").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_group_of_a_fifo_queue_keeps_its_order() {
    let queue = Queue::default();
    let in_group = json!({ "MessageGroupId": "g" });
    for number in 0..30 {
        queue.put(&format!("m{number:02}"), &format!("{number:02}"), in_group.clone());
    }
    let (server, events) = server(&queue, |_| said("null")).await;
    map(&server, json!({ "EventSourceArn": FIFO, "BatchSize": 3 })).await;
    until(|| queue.deleted().len() == 30).await;
    let events = events.lock().unwrap();
    let order: Vec<&str> = events.iter().flat_map(|(event, _)| bodies(event)).collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn a_loop_through_a_queue_is_stopped_without_the_others() {
    let queue = Queue::default();
    let (server, events) = server(&queue, |_| said("null")).await;
    map(&server, json!({})).await;
    let mut trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0".to_owned();
    for turn in 1..=16 {
        queue.put(&format!("turn-{turn}"), "turn", json!({ "AWSTraceHeader": trace }));
        until(|| queue.deleted().len() == turn).await;
        trace = events.lock().unwrap().last().unwrap().1.clone();
        assert!(trace.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;Parent="), "{trace}");
    }
    assert!(Lineage::of(&trace).to_string().starts_with("16:"), "{trace}");
    queue.put("looping", "looping", json!({ "AWSTraceHeader": trace }));
    queue.put("other", "other", json!({}));
    until(|| queue.deleted().contains(&"other".to_owned())).await;
    until(|| {
        server.server.dispatcher().metrics().contains("lambent_recursive_invocations_dropped_total 1\n")
    })
    .await;
    assert_eq!(queue.left(), (1, 0), "its queue decides what becomes of it");
    let allow = json!({ "RecursiveLoop": "Allow" });
    let (status, body) = server.call(Method::PUT, "/2024-08-31/functions/f/recursion-config", &allow).await;
    assert_eq!(status, 200, "{body}");
    queue.put("allowed", "allowed", json!({ "AWSTraceHeader": trace }));
    until(|| queue.deleted().contains(&"allowed".to_owned())).await;
}

#[tokio::test(start_paused = true)]
async fn no_more_batches_run_at_once_than_the_mapping_allows() {
    let queue = Queue::default();
    for number in 0..40 {
        queue.put(&format!("m{number:02}"), "m", json!({}));
    }
    let server = server_on(&queue, FakeHost::new(Slow)).await;
    map(&server, json!({ "BatchSize": 2, "ScalingConfig": { "MaximumConcurrency": 2 } })).await;
    until(|| queue.deleted().len() == 40).await;
    assert!(queue.kept().given_back.is_empty());
    let most = server.host.deeds().iter().filter(|deed| *deed == "boot").count();
    assert!(most <= 2, "{most} environments");
}

/// A program that takes its time.
struct Slow;

impl lambent_testkit::Program for Slow {
    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &lambent_sandbox::Output) -> Answer {
        said("null")
    }

    fn takes(&self, _event: &Event) -> Duration {
        Duration::from_millis(100)
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_reads_no_more_and_ends() {
    let queue = Queue::default();
    let (server, _) = server(&queue, |_| said("null")).await;
    map(&server, json!({})).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    server.server.stop_polling();
    tokio::time::sleep(Duration::from_secs(1)).await;
    queue.put("a", "a", json!({}));
    server.server.close().await;
    assert_eq!(queue.kept().shown.len(), 1);
}
