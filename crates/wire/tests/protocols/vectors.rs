//! Botocore's protocol vectors, met as a server: we read what the input vectors send, and write what the
//! output vectors expect.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambent_wire::error::Fault;
use lambent_wire::protocol::{Protocol, Request};
use lambent_wire::schema::{EMPTY, Service, model};
use lambent_wire::value::Value;
use serde_json::{Value as Json, json};

use crate::exceptions::{Exceptions, INPUT, OUTPUT};
use crate::{botocore, compare, trees};

#[test]
fn input_vectors_are_read_as_they_were_meant() {
    let files = [
        "input/json.json",
        "input/json_1_0.json",
        "input/json_1_0-query-compatible.json",
        "input/query.json",
        "input/rest-json.json",
        "input/rest-xml.json",
        "input/smithy-rpc-v2-cbor.json",
        "input/smithy-rpc-v2-cbor-query-compatible.json",
        "input/smithy-rpc-v2-cbor-non-query-compatible.json",
    ];
    judge(&files, INPUT, read);
}

#[test]
fn output_vectors_are_what_we_write() {
    let files = [
        "output/json.json",
        "output/json_1_0.json",
        "output/json_1_0-query-compatible.json",
        "output/query.json",
        "output/rest-json.json",
        "output/rest-xml.json",
        "output/smithy-rpc-v2-cbor.json",
        "output/smithy-rpc-v2-cbor-query-compatible.json",
    ];
    judge(&files, OUTPUT, write);
}

type Check = fn(&'static Service, Protocol, &Json) -> Result<(), String>;

fn judge(files: &[&str], exceptions: Exceptions, check: Check) {
    let (mut wrong, mut met) = (Vec::new(), 0);
    for file in files {
        for suite in botocore::vectors(file).as_array().unwrap() {
            for case in suite["cases"].as_array().unwrap() {
                let id = case["id"].as_str().unwrap();
                let mut metadata = suite["metadata"].clone();
                if metadata["protocol"] == "query" && case.get("error").is_none() {
                    // The vectors' answers have it, their models have not.
                    metadata["xmlNamespace"] = json!("https://example.com/");
                }
                let given = json!({
                    "metadata": metadata, "shapes": suite["shapes"],
                    "operations": { case["given"]["name"].as_str().unwrap(): case["given"] },
                });
                let service = model::service(&given).unwrap();
                let result = std::panic::catch_unwind(|| check(service, service.protocols[0], case))
                    .unwrap_or_else(|_| Err("panicked".to_owned()));
                let excepted = exceptions.iter().any(|(_, names)| names.contains(&id));
                match (result, excepted) {
                    (Ok(()), false) => met += 1,
                    (Ok(()), true) => wrong.push(format!("{id} is met: take it off the exceptions")),
                    (Err(_), true) => {}
                    (Err(why), false) => wrong.push(format!("{file} {id}: {why}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} vectors met, {} not:\n{}", met, wrong.len(), wrong.join("\n"));
    assert!(met > 100, "only {met} vectors found");
}

fn body(protocol: Protocol, given: &Json) -> Bytes {
    let text = given.as_str().unwrap_or("");
    match protocol {
        Protocol::RpcV2Cbor => Bytes::from(STANDARD.decode(text).unwrap()),
        _ => Bytes::copy_from_slice(text.as_bytes()),
    }
}

fn read(service: &'static Service, protocol: Protocol, case: &Json) -> Result<(), String> {
    let sent = &case["serialized"];
    let mut headers = HeaderMap::new();
    for (name, value) in sent["headers"].as_object().into_iter().flatten() {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    let uri = sent["uri"].as_str().unwrap_or("/");
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let method = Method::from_bytes(sent["method"].as_str().unwrap_or("POST").as_bytes()).unwrap();
    let request =
        Request { method: &method, path, query, headers: &headers, body: body(protocol, &sent["body"]) };
    let mut route = protocol.route(service, &request).map_err(|none| format!("{uri}: {none:?}"))?;
    let input = protocol.parse(service, &mut route, request).map_err(|fault| fault.message().to_owned())?;
    let expected = trees::structure(route.operation.input.unwrap_or(&EMPTY), &case["params"]);
    same("input", &trees::canonical(&input), &trees::canonical(&expected))
}

fn same(what: &str, ours: &str, expected: &str) -> Result<(), String> {
    if ours == expected { Ok(()) } else { Err(format!("{what}\n  ours     {ours}\n  expected {expected}")) }
}

fn write(service: &'static Service, protocol: Protocol, case: &Json) -> Result<(), String> {
    let expected = &case["response"];
    let response = if case.get("error").is_some() {
        protocol.fail(service, &fault(service, case), "foo-id")
    } else {
        let operation = service.operations[0];
        let output = trees::structure(operation.output.unwrap_or(&EMPTY), &case["result"]);
        protocol.respond(service, operation, output, "foo-id")
    };
    same("status", response.status().as_str(), &expected["status_code"].to_string())?;
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let ours = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        same(name, ours.as_deref().unwrap_or("(none)"), value.as_str().unwrap())?;
    }
    if expected.get("body").is_none() {
        return Ok(());
    }
    let (ours, expected) = (response.into_body(), body(protocol, &expected["body"]));
    let expected =
        if protocol == Protocol::RpcV2Cbor { expected } else { Bytes::from(expected.trim_ascii().to_vec()) };
    let form: fn(&[u8]) -> String = match protocol {
        Protocol::RpcV2Cbor => compare::cbor,
        Protocol::Query => compare::xml,
        Protocol::RestXml if expected.starts_with(b"<") => compare::xml,
        Protocol::RestJson | Protocol::AwsJson10 | Protocol::AwsJson11 if expected.starts_with(b"{") => {
            compare::json
        }
        Protocol::RestJson | Protocol::AwsJson10 | Protocol::AwsJson11 if expected.is_empty() => {
            compare::json
        }
        _ => |bytes| String::from_utf8_lossy(bytes).into_owned(),
    };
    // The vectors leave the metadata out, which clients need.
    let ours = form(&ours).replace(r#"(ResponseMetadata[](RequestId[]"foo-id"))"#, "");
    same("body", &ours, &bare_type(&form(&expected)))
}

/// A type without namespace and URI: clients drop both, so we do not write them.
fn bare_type(text: &str) -> String {
    let marker = "\"__type\": \"";
    let Some((before, rest)) = text.split_once(marker) else { return text.to_owned() };
    let Some((kind, after)) = rest.split_once('"') else { return text.to_owned() };
    let kind = kind.split_once('#').map_or(kind, |(_, name)| name);
    let kind = kind.split_once(':').map_or(kind, |(name, _)| name);
    format!("{before}{marker}{kind}\"{after}")
}

/// The fault that the vector's error was.
fn fault(service: &'static Service, case: &Json) -> Fault {
    let code = case["errorCode"].as_str().unwrap();
    let shape = service
        .errors
        .iter()
        .copied()
        .find(|shape| shape.name == code || shape.error.and_then(|error| error.code) == Some(code));
    let message = case["errorMessage"].as_str().unwrap_or("");
    let Some(shape) = shape else {
        return Fault::new(code.to_owned(), 400, message);
    };
    let Value::Structure(members) = trees::structure(shape, &case["error"]) else { unreachable!() };
    members.into_iter().fold(Fault::of(shape, message), |fault, (name, value)| fault.with(name, value))
}
