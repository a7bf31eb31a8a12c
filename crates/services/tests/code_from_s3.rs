//! Code from S3, as S3 in place of a real one has it: what is asked, what is taken, and what a refusal becomes.

use bytes::Bytes;
use http::{Method, Response};
use lambent_core::limits::S3_CODE_MAX_BYTES;
use lambent_sandbox::{Event, Spec};
use lambent_services::upstream::Place;
use lambent_testkit::one_function::{base64, said, settled};
use lambent_testkit::upstream::{answer, asked};
use lambent_testkit::{FakeHost, FakeUpstream, TestServer, role, zip};
use serde_json::{Value, json};

const FUNCTIONS: &str = "/2015-03-31/functions";
const TRUST: &str = "<r><GetRoleResult><Role><Arn>arn:aws:iam::000000000000:role/test</Arn><AssumeRolePolicyDocument>\
    %7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com\
    %22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D</AssumeRolePolicyDocument></Role></GetRoleResult></r>";

async fn server(place: Place, upstream: &FakeUpstream) -> TestServer {
    let host = FakeHost::new(|_: &Spec, _: &Event| said("0"));
    TestServer::start_asking(host, upstream.at(place)).await
}

fn emulator() -> Place {
    Place::Emulator("http://emulator.test:5000".to_owned())
}

/// S3 with this answer to GetObject, and a role that Lambda may assume.
fn s3(object: Response<Bytes>) -> FakeUpstream {
    FakeUpstream::knowing([
        ("GetRole", answer(200, TRUST)),
        ("HEAD /code", answer(200, "")),
        ("GET /code/dir/k%20%2B.zip", object),
    ])
}

async fn create(server: &TestServer, code: &Value) -> (u16, Value) {
    let function = json!({
        "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role(), "Code": code,
    });
    server.call(Method::POST, FUNCTIONS, &function).await
}

fn code() -> Value {
    json!({ "S3Bucket": "code", "S3Key": "dir/k +.zip", "S3ObjectVersion": "v/1" })
}

#[tokio::test]
async fn code_is_copied_when_the_function_is_created() {
    let (package, upstream) = (zip("bootstrap", "0"), s3(answer(200, zip("bootstrap", "0"))));
    let server = server(emulator(), &upstream).await;
    let (status, body) = create(&server, &code()).await;
    assert_eq!((status, &body["CodeSize"]), (201, &json!(package.len())), "{body}");
    assert!(server.has_code(body["CodeSha256"].as_str().unwrap()).await);
    let seen = upstream.seen();
    assert_eq!(
        seen.iter().map(asked).collect::<Vec<_>>(),
        ["GetRole", "HEAD /code", "GET /code/dir/k%20%2B.zip"]
    );
    let get = &seen[2];
    assert_eq!(get.uri(), "http://emulator.test:5000/code/dir/k%20%2B.zip?versionId=v%2F1");
    let authorization = get.headers()["authorization"].to_str().unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=000000000000/"), "{authorization}");
    assert!(authorization.contains("/us-east-1/s3/aws4_request"), "{authorization}");
    assert_eq!(get.headers()["host"], "emulator.test:5000");
}

#[tokio::test]
async fn an_update_takes_code_from_s3_too_and_a_dry_run_keeps_none() {
    let package = zip("bootstrap", "1");
    let server = server(emulator(), &s3(answer(200, package))).await;
    create(&server, &json!({ "ZipFile": base64(&zip("bootstrap", "0")) })).await;
    settled(&server).await;
    let path = format!("{FUNCTIONS}/f/code");
    let mut dry = code();
    dry["DryRun"] = json!(true);
    let (status, body) = server.call(Method::PUT, &path, &dry).await;
    assert_eq!(status, 200, "{body}");
    assert!(!server.has_code(body["CodeSha256"].as_str().unwrap()).await);
    let (status, body) = server.call(Method::PUT, &path, &code()).await;
    assert_eq!(status, 200, "{body}");
    assert!(server.has_code(body["CodeSha256"].as_str().unwrap()).await);
}

#[tokio::test]
async fn aws_is_asked_at_the_endpoint_of_the_region() {
    let upstream = s3(answer(200, zip("bootstrap", "0")));
    let server = server(Place::Aws, &upstream).await;
    assert_eq!(create(&server, &code()).await.0, 201);
    let asked: Vec<_> =
        upstream.seen().iter().map(|request| request.uri().authority().unwrap().to_string()).collect();
    assert_eq!(asked, ["iam.amazonaws.com", "s3.us-east-1.amazonaws.com"]);
}

async fn refusal(place: Place, object: Response<Bytes>) -> (u16, String) {
    let server = server(place, &s3(object)).await;
    let (status, body) = create(&server, &code()).await;
    let message =
        body["message"].as_str().or_else(|| body["Message"].as_str()).unwrap_or_default().to_owned();
    let (there, _) = server.call(Method::GET, &format!("{FUNCTIONS}/f"), &Value::Null).await;
    assert_eq!(there, 404, "nothing is left of it");
    (status, message)
}

fn error(status: u16, code: &str, message: &str) -> Response<Bytes> {
    answer(
        status,
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
    )
}

#[tokio::test]
async fn what_s3_refuses_is_told_in_the_words_of_lambda() {
    let check = async |object, expected: (u16, &str)| {
        let (status, message) = refusal(emulator(), object).await;
        assert_eq!((status, message.as_str()), expected);
    };
    let missing = "The specified key does not exist.";
    check(
        error(404, "NoSuchKey", missing),
        (400, "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."),
    )
    .await;
    check(
        error(404, "NoSuchBucket", "The specified bucket does not exist"),
        (400, "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"),
    )
    .await;
    check(
        error(403, "AccessDenied", "Access Denied"),
        (403, "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for code/dir/k +.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"),
    )
    .await;
    check(answer(200, ""), (400, "Uploaded file must be a non-empty zip")).await;
    check(
        answer(200, "no zip"),
        (400, "Could not unzip uploaded file. Please check your file, then try to upload again."),
    )
    .await;
    let failed = "An error occurred and the request cannot be processed.";
    check(error(503, "SlowDown", "Please reduce your request rate."), (500, failed)).await;
}

#[tokio::test]
async fn a_bucket_of_another_region_is_named_with_its_region() {
    let words = "Error occurred while GetObject. S3 Error Code: PermanentRedirect. S3 Error Message: \
        The bucket is in this region: eu-west-1. Please use this region to retry the request";
    let elsewhere = |status: u16, code: &str| {
        let mut response = error(status, code, "…");
        response.headers_mut().insert("x-amz-bucket-region", "eu-west-1".parse().unwrap());
        response
    };
    for object in [elsewhere(301, "PermanentRedirect"), elsewhere(400, "AuthorizationHeaderMalformed")] {
        assert_eq!(refusal(Place::Aws, object).await, (400, words.to_owned()));
    }
    let upstream =
        FakeUpstream::knowing([("GetRole", answer(200, TRUST)), ("HEAD /code", elsewhere(200, ""))]);
    let server = server(emulator(), &upstream).await;
    let (status, body) = create(&server, &code()).await;
    assert_eq!((status, body["message"].as_str()), (400, Some(words)), "an emulator would give it out");
}

#[tokio::test]
async fn a_zip_from_s3_is_not_read_beyond_what_may_be_unpacked() {
    let server = server(emulator(), &s3(answer(200, vec![0; S3_CODE_MAX_BYTES + 1]))).await;
    let (status, body) = create(&server, &code()).await;
    assert_eq!(body["message"], "Unzipped size must be smaller than 262144000 bytes", "{status}");
}
