//! Whatever is sent to whatever operation, the answer is its output or an error of its model: never a fault of the server,
//! never a panic. The same requests in every run.

mod random;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use lambent_sandbox::{Event, Spec};
use lambent_services::pipeline;
use lambent_testkit::one_function::{base64, said, with_function};
use lambent_testkit::{FakeHost, TestServer, role, zip};
use lambent_wire::lambda::LAMBDA;
use lambent_wire::schema::Operation;
use random::Maker;
use serde_json::{Value, json};

/// How many requests each operation gets; what is there is made anew for each of them where it is gone.
const ROUNDS: usize = 60;
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const LAYER: &str = "arn:aws:lambda:us-east-1:000000000000:layer:l";
const PROFILE: &str = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abc";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";

/// Errors that any operation may answer, whether its model names them or not.
const COMMON: [&str; 7] = [
    "AccessDeniedException",
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "RequestEntityTooLargeException",
    "SerializationException",
    "UnknownOperationException",
    "ValidationException",
];

/// Operations that some of the requests succeed at, so that the others find something.
const SUCCEED: [&str; 15] = [
    "AddPermission",
    "CreateAlias",
    "CreateFunction",
    "CreateFunctionUrlConfig",
    "DeleteAlias",
    "DeleteFunction",
    "GetFunction",
    "Invoke",
    "PublishLayerVersion",
    "PublishVersion",
    "PutFunctionConcurrency",
    "PutFunctionEventInvokeConfig",
    "TagResource",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
];

#[tokio::test]
async fn no_request_is_answered_with_a_fault_of_the_server() {
    let server = with_function(FakeHost::new(|_: &Spec, event: &Event| said(event.payload.clone()))).await;
    let mut maker = Maker::new(20_261_123, known());
    let mut succeeded = BTreeMap::new();
    for _ in 0..ROUNDS {
        let config = furnish(&server).await;
        maker.know("CodeSigningConfigArn", vec![json!(config)]);
        for operation in LAMBDA.operations {
            let made = maker.request(operation);
            let mut request =
                Request::builder().method(made.method.clone()).uri(&made.path).header("host", "test");
            for (name, value) in &made.headers {
                request = request.header(*name, value);
            }
            // What no client can put on the wire is not sent.
            let Ok(request) = request.body(Full::new(Bytes::from(made.body.clone()))) else { continue };
            let answer = pipeline::handle(&server.server, request).await;
            check(operation, &answer, &made);
            *succeeded.entry(operation.name).or_insert(0) += usize::from(answer.status().is_success());
        }
    }
    let refused = SUCCEED.iter().filter(|name| succeeded[*name] == 0).collect::<Vec<_>>();
    assert!(refused.is_empty(), "{refused:?} were always refused, which shows little");
}

#[track_caller]
fn check(operation: &Operation, answer: &Response<Bytes>, request: &random::Request) {
    let status = answer.status().as_u16();
    if status < 400 {
        return;
    }
    let header = answer.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = header.unwrap_or_default().split(':').next().unwrap_or_default();
    let sent = || {
        let random::Request { method, path, headers, body } = request;
        format!("{method} {path} {headers:?} {}", String::from_utf8_lossy(body))
    };
    let expected = COMMON.contains(&code) || operation.errors.contains(&code);
    assert!(expected, "{}: {status} {code} for {}\n{answer:?}", operation.name, sent());
    assert_ne!(code, "ServiceException", "{}: {}", operation.name, sent());
    // The one kind of fault that is the function's: its runtime, code or network cannot be had.
    assert!(status < 500 || operation.name == "Invoke", "{}: {status} {code} for {}", operation.name, sent());
}

/// What random requests are about; what is there already stays. Gives the ARN of a code signing configuration.
async fn furnish(server: &TestServer) -> String {
    let code = json!({ "ZipFile": base64(&zip("bootstrap", "0")) });
    let function = json!({ "FunctionName": "f", "Runtime": "provided.al2023", "Handler": "x", "Role": role(), "Code": code });
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    let layer = json!({ "Content": code });
    let publishers = json!({ "AllowedPublishers": { "SigningProfileVersionArns": [PROFILE] } });
    let mut made = Value::Null;
    for (path, body) in [
        ("/2015-03-31/functions", function),
        ("/2015-03-31/functions/f/versions", json!({})),
        ("/2015-03-31/functions/f/aliases", alias),
        ("/2018-10-31/layers/l/versions", layer),
        ("/2020-04-22/code-signing-configs", publishers),
    ] {
        made = server.call(Method::POST, path, &body).await.1;
    }
    made["CodeSigningConfig"]["CodeSigningConfigArn"].as_str().expect("it was made").to_owned()
}

/// Values that fit what is there, by the member they are for.
fn known() -> BTreeMap<&'static str, Vec<Value>> {
    let qualified = |qualifier: &str| json!(format!("{ARN}:{qualifier}"));
    let code = json!({ "ZipFile": base64(&zip("bootstrap", "1")) });
    BTreeMap::from([
        (
            "FunctionName",
            vec![json!("f"), json!("g"), json!("f:live"), json!(ARN), qualified("1"), json!("function:f")],
        ),
        ("Qualifier", vec![json!("1"), json!("live"), json!("$LATEST"), json!("7")]),
        ("FunctionVersion", vec![json!("1"), json!("2"), json!("$LATEST"), json!("ALL")]),
        ("Name", vec![json!("live"), json!("other")]),
        ("LayerName", vec![json!("l"), json!("m"), json!(LAYER)]),
        ("VersionNumber", vec![json!(1), json!(2)]),
        ("Arn", vec![json!(format!("{LAYER}:1")), json!(format!("{LAYER}:9"))]),
        ("Layers", vec![json!([format!("{LAYER}:1")]), json!([])]),
        ("Content", vec![code.clone()]),
        ("Code", vec![code]),
        ("ZipFile", vec![json!(base64(&zip("bootstrap", "2")))]),
        ("Runtime", vec![json!("provided.al2023"), json!("python3.12")]),
        ("Handler", vec![json!("x.y")]),
        ("Role", vec![json!(role())]),
        ("Resource", vec![json!(ARN), qualified("1")]),
        ("ResourceArn", vec![json!(ARN), qualified("live")]),
        ("Destination", vec![json!(QUEUE), json!(ARN), json!("")]),
        ("EventSourceArn", vec![json!(QUEUE)]),
        ("Principal", vec![json!("s3.amazonaws.com"), json!("123456789012"), json!("*")]),
        ("Action", vec![json!("lambda:InvokeFunction"), json!("lambda:GetLayerVersion")]),
        ("StatementId", vec![json!("s"), json!("t")]),
        ("Payload", vec![json!("{}"), json!("")]),
    ])
}
