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
    let signed = request.headers()["authorization"].to_str().expect("it is a text");
    let (_, scope) = signed.split_once("Credential=").expect("it names its key");
    scope.split('/').next().unwrap_or_default().to_owned()
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

/// Asks IAM for something, in a form.
async fn iam(server: &TestServer, form: String) {
    let signed = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=00";
    let request = Request::post("/").header("host", "test").header("authorization", signed);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request
        .body(http_body_util::Full::new(Bytes::from(form + "&Version=2010-05-08")))
        .expect("the path is valid");
    let response = lambent_services::pipeline::handle(&server.server, request).await;
    assert_eq!(response.status(), 200, "{response:?}");
}

/// Gives the functions' role a policy that allows this.
async fn allow(server: &TestServer, action: &str, resource: &str) {
    let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    let document = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let document = percent_encoding::utf8_percent_encode(&document, percent_encoding::NON_ALPHANUMERIC);
    iam(server, format!("Action=PutRolePolicy&RoleName=test&PolicyName=p&PolicyDocument={document}")).await;
}

/// A server that keeps the functions' role, which may do nothing.
async fn with_role(upstream: &FakeUpstream) -> TestServer {
    let server = with_queue(upstream, Place::Aws).await;
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    iam(&server, format!("Action=CreateRole&RoleName=test&AssumeRolePolicyDocument={trust}")).await;
    server
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_kept_here_gives_only_what_its_policies_allow() {
    let upstream = services(|| assumed("2026-01-02T13:00:00Z"));
    let server = with_role(&upstream).await;
    send(&server).await;
    counted(&server, "destination_delivery_failures", 1).await;
    allow(&server, "sqs:SendMessage", &QUEUE.replace(":q", ":other")).await;
    send(&server).await;
    counted(&server, "destination_delivery_failures", 2).await;
    assert!(requests(&upstream, "AmazonSQS.SendMessage", 0).await.is_empty());
    allow(&server, "sqs:*", QUEUE).await;
    send(&server).await;
    assert_eq!(requests(&upstream, "AmazonSQS.SendMessage", 1).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_function_is_invoked_only_as_the_role_may() {
    let upstream = services(|| assumed("2026-01-02T13:00:00Z"));
    let server = with_role(&upstream).await;
    create(&server, "next").await;
    let next = "arn:aws:lambda:us-east-1:000000000000:function:next";
    allow(&server, "lambda:InvokeFunction", &format!("{next}*")).await;
    let config = json!({ "DestinationConfig": { "OnSuccess": { "Destination": next } } });
    assert_eq!(server.call(Method::PUT, CONFIG, &config).await.0, 200);
    send(&server).await;
    counted(&server, "async_events_received", 2).await;
    allow(&server, "lambda:GetFunction", "*").await;
    send(&server).await;
    counted(&server, "destination_delivery_failures", 1).await;
    counted(&server, "async_events_received", 3).await;
    // The resource's own policy is enough in one account.
    let permission = json!({
        "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": role(),
    });
    let (status, body) = server.call(Method::POST, "/2015-03-31/functions/next/policy", &permission).await;
    assert_eq!(status, 201, "{body}");
    send(&server).await;
    counted(&server, "async_events_received", 5).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_role_may_not_give_to_cannot_be_set() {
    let upstream = services(|| assumed("2026-01-02T13:00:00Z"));
    let server = with_role(&upstream).await;
    let config = json!({ "DestinationConfig": { "OnFailure": { "Destination": QUEUE } } });
    let (status, body) = server.call(Method::PUT, CONFIG, &config).await;
    let words =
        format!("The function's execution role does not have permissions to call SendMessage on {QUEUE}");
    assert_eq!((status, body["message"].as_str()), (400, Some(words.as_str())), "{body}");
    let dead = json!({ "DeadLetterConfig": { "TargetArn": QUEUE } });
    let path = "/2015-03-31/functions/fn/configuration";
    let (status, body) = server.call(Method::PUT, path, &dead).await;
    let words = "The provided execution role does not have permissions to call SendMessage on SQS";
    assert_eq!((status, body["message"].as_str()), (400, Some(words)), "{body}");
    allow(&server, "sqs:SendMessage", "*").await;
    assert_eq!(server.call(Method::PUT, path, &dead).await.0, 200);
}
