//! In whose name the ends of asynchronous invocations are told: the execution role's, where there is one.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use lambent_sandbox::{Answer, Event, Spec};
use lambent_services::upstream::Place;
use lambent_testkit::one_function::{INVOKE, create, said};
use lambent_testkit::upstream::{answer, asked};
use lambent_testkit::{FakeHost, FakeUpstream, TestServer, role};
use serde_json::json;

const CONFIG: &str = "/2019-09-25/functions/fn/event-invoke-config";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:000000000000:q";
const DENIED: &str =
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";

/// What STS answers: credentials until then.
fn assumed(expiration: &str) -> Response<Bytes> {
    let credentials = format!(
        "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token</SessionToken><Expiration>{expiration}</Expiration>"
    );
    let result = format!("<AssumeRoleResult><Credentials>{credentials}</Credentials></AssumeRoleResult>");
    answer(200, format!("<AssumeRoleResponse>{result}</AssumeRoleResponse>"))
}

/// Services whose STS answers so, and which take every message.
fn services(sts: impl Fn() -> Response<Bytes> + Send + Sync + 'static) -> FakeUpstream {
    FakeUpstream::new(move |request: &Request<Bytes>| {
        Some(match asked(request).as_str() {
            "AssumeRole" => sts(),
            "AmazonSQS.GetQueueUrl" => answer(200, "{\"QueueUrl\":\"http://queue.test/q\"}"),
            "AmazonSQS.SendMessage" => answer(200, "{}"),
            "GetRole" => answer(501, ""),
            _ => answer(400, "{\"__type\":\"UnknownOperationException\"}"),
        })
    })
}

async fn with_queue(upstream: &FakeUpstream, place: Place) -> TestServer {
    let echo = FakeHost::new(|_: &Spec, event: &Event| -> Answer { said(event.payload.clone()) });
    let server = TestServer::start_asking(echo, upstream.at(place)).await;
    create(&server, "fn").await;
    let config = json!({ "DestinationConfig": { "OnSuccess": { "Destination": QUEUE } } });
    let (status, body) = server.call(Method::PUT, CONFIG, &config).await;
    assert_eq!(status, 200, "{body}");
    server
}

async fn send(server: &TestServer) {
    let path = INVOKE.replace("/f/", "/fn/");
    let request = Request::post(path).header("host", "test").header("x-amz-invocation-type", "Event");
    let request = request.body(http_body_util::Full::new(Bytes::new())).expect("the path is valid");
    assert_eq!(lambent_services::pipeline::handle(&server.server, request).await.status(), 202);
}

/// The requests for an action so far, once there are so many.
async fn requests(upstream: &FakeUpstream, action: &str, at_least: usize) -> Vec<Request<Bytes>> {
    loop {
        let found: Vec<_> = upstream.seen().into_iter().filter(|request| asked(request) == action).collect();
        if found.len() >= at_least {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn counted(server: &TestServer, name: &str, value: u64) {
    let line = format!("\nlambent_{name}_total {value}\n");
    while !server.server.dispatcher().metrics().contains(&line) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn key_of(request: &Request<Bytes>) -> String {
    let signed = request.headers()["authorization"].to_str().unwrap();
    signed.split_once("Credential=").unwrap().1.split('/').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_execution_role_sends_and_is_assumed_once() {
    let upstream = services(|| assumed("2026-01-02T13:00:00Z"));
    let server = with_queue(&upstream, Place::Aws).await;
    for sent in 1..=3 {
        send(&server).await;
        requests(&upstream, "AmazonSQS.SendMessage", sent).await;
    }
    let messages = requests(&upstream, "AmazonSQS.SendMessage", 3).await;
    for message in &messages {
        assert_eq!(
            (key_of(message).as_str(), &message.headers()["x-amz-security-token"]),
            ("ASIAROLE", &http::HeaderValue::from_static("token"))
        );
        let body: serde_json::Value = serde_json::from_slice(message.body()).unwrap();
        assert_eq!(body["QueueUrl"], "https://sqs.eu-west-1.amazonaws.com/000000000000/q");
        let trace = message.headers()["x-amzn-trace-id"].to_str().unwrap();
        assert_eq!(body["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"], trace);
    }
    let [assumed] = &requests(&upstream, "AssumeRole", 1).await[..] else { panic!("it is assumed once") };
    assert_eq!(assumed.uri().to_string(), "https://sts.eu-west-1.amazonaws.com/");
    let form = std::str::from_utf8(assumed.body()).unwrap();
    assert!(
        form.ends_with("&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Ftest&RoleSessionName=fn"),
        "{form}"
    );
    assert_eq!(role(), "arn:aws:iam::000000000000:role/test");
    server.clock.advance(Duration::from_secs(55 * 60));
    send(&server).await;
    requests(&upstream, "AmazonSQS.SendMessage", 4).await;
    assert_eq!(
        requests(&upstream, "AssumeRole", 2).await.len(),
        2,
        "five minutes before the end it is renewed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_be_assumed_at_aws_delivers_nothing() {
    let upstream = services(|| answer(403, DENIED));
    let server = with_queue(&upstream, Place::Aws).await;
    send(&server).await;
    counted(&server, "destination_delivery_failures", 1).await;
    assert!(requests(&upstream, "AmazonSQS.SendMessage", 0).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_emulator_without_roles_is_sent_to_in_the_servers_name() {
    for sts in
        [answer(501, ""), answer(400, DENIED.replace("AccessDenied", "NoSuchEntity")), answer(200, "<html>")]
    {
        let upstream = services(move || sts.clone());
        let server = with_queue(&upstream, Place::Emulator("http://127.0.0.1:1".to_owned())).await;
        send(&server).await;
        send(&server).await;
        let messages = requests(&upstream, "AmazonSQS.SendMessage", 2).await;
        assert_eq!(key_of(&messages[0]), "000000000000");
        assert_eq!(requests(&upstream, "AssumeRole", 1).await.len(), 1, "it is not asked again and again");
        counted(&server, "destination_delivery_failures", 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_sts_that_fails_is_asked_again() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let upstream = services(move || match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => answer(503, ""),
        _ => assumed("2026-01-02T13:00:00Z"),
    });
    let server = with_queue(&upstream, Place::Aws).await;
    send(&server).await;
    requests(&upstream, "AssumeRole", 1).await;
    server.clock.advance(Duration::from_secs(1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(key_of(&requests(&upstream, "AmazonSQS.SendMessage", 1).await[0]), "ASIAROLE");
    counted(&server, "destination_delivery_failures", 0).await;
}
