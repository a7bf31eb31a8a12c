//! Botocore's serialiser against our reader, and our writer against botocore's parser, on random values of
//! every operation of a service of each protocol.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambent_wire::error::Fault;
use lambent_wire::lambda::{self, LAMBDA};
use lambent_wire::protocol::{Protocol, Request};
use lambent_wire::schema::{EMPTY, Service, model};
use lambent_wire::shaped::{Call, Field};
use lambent_wire::value::Value;
use serde_json::{Value as Json, json};

use crate::{botocore, trees};

const ID: &str = "8f507cfc-1234-4697-b07a-ac58fc914c95";

#[test]
fn botocore_and_we_understand_each_other() {
    let made = python("make", Stdio::null());
    let mut service: Option<(&'static Service, Protocol, Json)> = None;
    let (mut wrong, mut answers) = (Vec::new(), String::new());
    for line in made.lines() {
        let mut line: Json = serde_json::from_str(line).unwrap();
        if !line["model"].is_null() {
            let described = model::service(&line["model"].take()).unwrap();
            let version = if line["service"] == "sqs" { "1.0" } else { "1.1" };
            let protocol = Protocol::named(line["protocol"].as_str().unwrap(), version).unwrap();
            answers += &failures(described, protocol, &line);
            service = Some((described, protocol, line));
            continue;
        }
        let (described, protocol, head) = service.as_ref().unwrap();
        if let Err(why) = read(described, *protocol, &line) {
            wrong.push(format!("{} {}: {why}", head["service"], line["operation"]));
        }
        answers += &answer(described, *protocol, head, &line);
    }
    assert!(
        wrong.is_empty(),
        "{} inputs are read wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    let verdict = judge(&answers);
    let count = answers.lines().count();
    assert!(count > 1000, "only {count} cases");
    assert_eq!(verdict.trim(), format!("judged {count} wrong 0"));
}

/// What botocore's parser makes of our answers.
fn judge(answers: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.jsonl");
    std::fs::write(&path, answers).unwrap();
    python("judge", Stdio::from(File::open(&path).unwrap()))
}

#[expect(clippy::disallowed_methods, reason = "the other side of this test is a Python program")]
pub(crate) fn python(mode: &str, input: Stdio) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocols/roundtrip.py");
    let mut command = std::process::Command::new(botocore::python());
    let done = command.arg(script).arg(mode).stdin(input).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Reads a request as the described service, and as the generated one where the operation is built.
fn read(described: &'static Service, protocol: Protocol, case: &Json) -> Result<(), String> {
    let input = parse(described, protocol, case)?;
    let shape = described.operation(case["operation"].as_str().unwrap()).unwrap().input.unwrap_or(&EMPTY);
    let (ours, expected) =
        (trees::canonical(&input), trees::canonical(&trees::structure(shape, &case["input"])));
    if ours != expected {
        return Err(format!("\n  ours     {ours}\n  expected {expected}\n  request  {}", case["request"]));
    }
    let name = case["operation"].as_str().unwrap();
    if described.signing_name == LAMBDA.signing_name && LAMBDA.operation(name).is_some() {
        let generated = parse(&LAMBDA, protocol, case)?;
        let through = through_type(name, generated);
        if trees::canonical(&through) != expected {
            return Err(format!("its type loses something:\n  {}\n  {expected}", trees::canonical(&through)));
        }
    }
    Ok(())
}

fn parse(service: &'static Service, protocol: Protocol, case: &Json) -> Result<Value, String> {
    let sent = &case["request"];
    let text = |key: &str| sent[key].as_str().unwrap();
    let mut headers = HeaderMap::new();
    for pair in sent["headers"].as_array().unwrap() {
        headers.append(
            HeaderName::from_bytes(pair[0].as_str().unwrap().as_bytes()).unwrap(),
            HeaderValue::from_bytes(pair[1].as_str().unwrap().as_bytes()).unwrap(),
        );
    }
    let method = Method::from_bytes(text("method").as_bytes()).unwrap();
    let body = Bytes::from(STANDARD.decode(text("body")).unwrap());
    let request =
        Request { method: &method, path: text("path"), query: text("query"), headers: &headers, body };
    let spoken = Protocol::spoken(service, &headers);
    if spoken != protocol {
        return Err(format!("taken for {spoken:?}: {headers:?}"));
    }
    let mut route = protocol.route(service, &request).map_err(|none| format!("{none:?}: {sent}"))?;
    if case["operation"] != route.operation.name {
        return Err(format!("taken for {}: {sent}", route.operation.name));
    }
    protocol.parse(service, &mut route, request).map_err(|fault| format!("{}: {sent}", fault.message()))
}

/// Our answer with the output of a case, as botocore's side reads it.
fn answer(service: &'static Service, protocol: Protocol, head: &Json, case: &Json) -> String {
    let operation = service.operation(case["operation"].as_str().unwrap()).unwrap();
    let output = trees::structure(operation.output.unwrap_or(&EMPTY), &case["output"]);
    let response = protocol.respond(service, operation, output, ID);
    line(head, &case["operation"], &response, "output", &case["output"])
}

/// Our answers with each error of the service.
fn failures(service: &'static Service, protocol: Protocol, head: &Json) -> String {
    let mut lines = String::new();
    for shape in service.errors {
        let fault = Fault::of(shape, "what is wrong: <&> é");
        let old_code = protocol == Protocol::Query || service.query_compatible;
        let code = if old_code { fault.query_code() } else { fault.code() };
        let error = json!({ "Code": code, "Message": fault.message() });
        lines += &line(head, &Json::Null, &protocol.fail(service, &fault, ID), "error", &error);
    }
    lines
}

fn line(head: &Json, operation: &Json, response: &http::Response<Bytes>, key: &str, meant: &Json) -> String {
    let headers = response.headers().iter();
    let headers: Vec<Json> =
        headers.map(|(name, value)| json!([name.as_str(), value.to_str().unwrap()])).collect();
    let line = json!({
        "service": head["service"], "protocol": head["protocol"], "operation": operation,
        "status": response.status().as_u16(), "headers": headers,
        "body": STANDARD.encode(response.body()), key: meant,
    });
    format!("{line}\n")
}

/// An input through the generated type and back.
macro_rules! through_types {
    ($($operation:ident)*) => {
        fn through_type(name: &str, input: Value) -> Value {
            fn through<C: Call>(input: Value) -> Value {
                C::Input::from_value(input).unwrap().into_value()
            }
            match name {
                $(stringify!($operation) => through::<lambda::$operation>(input),)*
                other => panic!("{other} is built: let it go through its type here"),
            }
        }
    };
}

through_types! {
    AddLayerVersionPermission AddPermission CreateAlias CreateCodeSigningConfig
    CreateEventSourceMapping CreateFunction CreateFunctionUrlConfig DeleteAlias
    DeleteCodeSigningConfig DeleteEventSourceMapping DeleteFunction DeleteFunctionCodeSigningConfig
    DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig DeleteFunctionUrlConfig
    DeleteLayerVersion DeleteProvisionedConcurrencyConfig DeleteResourcePolicy GetAccountSettings
    GetAlias GetCodeSigningConfig GetEventSourceMapping GetFunction GetFunctionCodeSigningConfig
    GetFunctionConcurrency GetFunctionConfiguration GetFunctionEventInvokeConfig
    GetFunctionRecursionConfig GetFunctionScalingConfig GetFunctionUrlConfig GetLayerVersion
    GetLayerVersionByArn GetLayerVersionPolicy GetPolicy GetProvisionedConcurrencyConfig
    GetResourcePolicy GetRuntimeManagementConfig Invoke InvokeAsync ListAliases
    ListCodeSigningConfigs ListEventSourceMappings ListFunctionEventInvokeConfigs
    ListFunctionUrlConfigs ListFunctions ListFunctionsByCodeSigningConfig ListLayerVersions
    ListLayers ListProvisionedConcurrencyConfigs ListTags ListVersionsByFunction PublishLayerVersion
    PublishVersion PutFunctionCodeSigningConfig PutFunctionConcurrency PutFunctionEventInvokeConfig
    PutFunctionRecursionConfig PutFunctionScalingConfig PutProvisionedConcurrencyConfig
    PutResourcePolicy PutRuntimeManagementConfig RemoveLayerVersionPermission RemovePermission
    TagResource UntagResource UpdateAlias UpdateCodeSigningConfig UpdateEventSourceMapping
    UpdateFunctionCode UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig
    UpdateFunctionUrlConfig
}
