//! What the tests of event sources share: a queue in place of a real one, and a server whose function reads it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use lambent_sandbox::{Answer, Event, Spec};
use lambent_services::upstream::Place;
use serde_json::{Value, json};

use crate::one_function::create;
use crate::upstream::{answer, asked};
use crate::{FakeHost, FakeUpstream, TestServer};

/// Where mappings are made.
pub const PATH: &str = "/2015-03-31/event-source-mappings";
/// The queue's ARN.
pub const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";

/// A queue that hides what was received until it is given back.
#[derive(Debug, Clone, Default)]
pub struct Queue(Arc<Mutex<Kept>>);

/// What a queue keeps.
#[derive(Debug, Default)]
pub struct Kept {
    /// What it shows, the next first.
    pub shown: VecDeque<Value>,
    /// What was received and not deleted.
    pub hidden: Vec<Value>,
    /// The ids of what was deleted.
    pub deleted: Vec<String>,
    /// The ids of what was to be shown again at once.
    pub given_back: Vec<String>,
    /// It is not there.
    pub is_gone: bool,
}

impl Queue {
    /// Puts a message there, with more system attributes.
    ///
    /// # Panics
    /// If those are no object.
    pub fn put(&self, id: &str, body: &str, more: Value) {
        let mut attributes = json!({ "ApproximateReceiveCount": "1", "SentTimestamp": "1" });
        attributes
            .as_object_mut()
            .expect("tests give what is asked for")
            .extend(more.as_object().expect("tests give what is asked for").clone());
        let message = json!({ "MessageId": id, "ReceiptHandle": id, "Body": body, "MD5OfBody": "d", "Attributes": attributes });
        self.kept().shown.push_back(message);
    }

    /// What it keeps.
    ///
    /// # Panics
    /// If a test has.
    pub fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().expect("tests give what is asked for")
    }

    /// The ids of what was deleted.
    #[must_use]
    pub fn deleted(&self) -> Vec<String> {
        self.kept().deleted.clone()
    }

    /// How many messages are hidden, and how many were given back.
    #[must_use]
    pub fn left(&self) -> (usize, usize) {
        let kept = self.kept();
        (kept.hidden.len(), kept.given_back.len())
    }

    fn reply(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut kept = self.kept();
        let input: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let handles = || {
            let entries = input["Entries"].as_array().expect("a batch has entries");
            entries
                .iter()
                .map(|entry| {
                    entry["ReceiptHandle"].as_str().expect("tests give what is asked for").to_owned()
                })
                .collect::<Vec<_>>()
        };
        match asked(request).as_str() {
            "AmazonSQS.GetQueueUrl" => answer(200, "{\"QueueUrl\":\"http://queue.test/q\"}"),
            "AmazonSQS.GetQueueAttributes" => answer(200, "{\"Attributes\":{\"VisibilityTimeout\":\"30\"}}"),
            "AmazonSQS.ReceiveMessage" if kept.is_gone => {
                answer(400, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}"#)
            }
            "AmazonSQS.ReceiveMessage" => {
                let most = usize::try_from(
                    input["MaxNumberOfMessages"].as_u64().expect("tests give what is asked for"),
                )
                .expect("tests give what is asked for");
                let count = most.min(kept.shown.len());
                let messages: Vec<Value> = kept.shown.drain(..count).collect();
                kept.hidden.extend(messages.iter().cloned());
                answer(200, json!({ "Messages": messages }).to_string())
            }
            "AmazonSQS.DeleteMessageBatch" => {
                let handles = handles();
                kept.hidden.retain(|message| !handles.iter().any(|handle| message["MessageId"] == **handle));
                kept.deleted.extend(handles);
                answer(200, "{\"Successful\":[],\"Failed\":[]}")
            }
            "AmazonSQS.ChangeMessageVisibilityBatch" => {
                kept.given_back.extend(handles());
                answer(200, "{}")
            }
            _ => answer(501, ""),
        }
    }
}

/// What a function was invoked with, and in which trace.
pub type Events = Arc<Mutex<Vec<(Value, String)>>>;

/// A server whose function answers as this says, and what it was invoked with.
///
/// # Panics
/// If its function cannot be created.
pub async fn server(
    queue: &Queue,
    answers: impl Fn(&Value) -> Answer + Send + Sync + 'static,
) -> (TestServer, Events) {
    let events = Events::default();
    let seen = Arc::clone(&events);
    let host = FakeHost::new(move |_: &Spec, event: &Event| {
        let payload = serde_json::from_slice(&event.payload).expect("tests give what is asked for");
        let answer = answers(&payload);
        seen.lock()
            .expect("tests give what is asked for")
            .push((payload, event.trace_id.clone().unwrap_or_default()));
        answer
    });
    (server_on(queue, host).await, events)
}

/// The same with these sandboxes.
///
/// # Panics
/// If its function cannot be created.
pub async fn server_on(queue: &Queue, host: FakeHost) -> TestServer {
    let replies = queue.clone();
    let upstream = FakeUpstream::new(move |request: &Request<Bytes>| Some(replies.reply(request)));
    let place = Place::Emulator("http://127.0.0.1:1".to_owned());
    let server = TestServer::start_asking(host, upstream.at(place)).await;
    create(&server, "f").await;
    server
}

/// Lets the function read the queue; gives where the mapping is.
///
/// # Panics
/// If it may not.
pub async fn map(server: &TestServer, more: Value) -> String {
    let mut body = json!({ "FunctionName": "f", "EventSourceArn": QUEUE });
    body.as_object_mut()
        .expect("tests give what is asked for")
        .extend(more.as_object().expect("tests give what is asked for").clone());
    let (status, made) = server.call(Method::POST, PATH, &body).await;
    assert_eq!(status, 202, "{made}");
    format!("{PATH}/{}", made["UUID"].as_str().expect("tests give what is asked for"))
}

/// Waits until something holds.
///
/// # Panics
/// If it never does.
pub async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..60_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("this never came to be");
}
