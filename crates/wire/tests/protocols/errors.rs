//! Error answers of each protocol, as clients look for them.

use std::sync::OnceLock;

use lambent_wire::error::{Fault, Malformed};
use lambent_wire::lambda::{LAMBDA, errors};
use lambent_wire::protocol::{NoRoute, Protocol};
use lambent_wire::schema::{Manners, Service, model};
use lambent_wire::value::Value;
use serde_json::{Value as Json, json};

const ID: &str = "8f507cfc-1234-4697-b07a-ac58fc914c95";

fn json_body(fault: &Fault) -> (u16, String, Json) {
    let response = Protocol::RestJson.fail(&LAMBDA, fault, ID);
    assert_eq!(response.headers()["x-amzn-requestid"], ID);
    let code = response.headers()["x-amzn-errortype"].to_str().unwrap().to_owned();
    (response.status().as_u16(), code, serde_json::from_slice(response.body()).unwrap())
}

#[test]
fn lambda_spells_the_message_as_the_shape_does() {
    let missing = Fault::of(&errors::RESOURCE_NOT_FOUND_EXCEPTION, "Function not found: f");
    let expected = json!({ "Type": "User", "Message": "Function not found: f" });
    assert_eq!(json_body(&missing), (404, "ResourceNotFoundException".to_owned(), expected));
    let conflict = Fault::of(&errors::RESOURCE_CONFLICT_EXCEPTION, "Function already exist: f");
    let expected = json!({ "Type": "User", "message": "Function already exist: f" });
    assert_eq!(json_body(&conflict), (409, "ResourceConflictException".to_owned(), expected));
    let broken = Fault::of(&errors::SERVICE_EXCEPTION, "no");
    assert_eq!(json_body(&broken).2, json!({ "Type": "Service", "Message": "no" }));
}

#[test]
fn errors_outside_the_model_say_message_and_access_denied_says_it_big() {
    let invalid = Fault::new("ValidationException", 400, "1 validation error");
    assert_eq!(json_body(&invalid).2, json!({ "Type": "User", "message": "1 validation error" }));
    let denied = Fault::new("AccessDeniedException", 403, "not authorized");
    assert_eq!(json_body(&denied).2, json!({ "Type": "User", "Message": "not authorized" }));
}

#[test]
fn throttling_names_its_reason_in_the_body_and_its_patience_in_a_header() {
    let throttled = Fault::of(&errors::TOO_MANY_REQUESTS_EXCEPTION, "Rate Exceeded.")
        .with("Reason", Value::String("ReservedFunctionConcurrentInvocationLimitExceeded".to_owned()))
        .with("retryAfterSeconds", Value::String("1".to_owned()));
    let response = Protocol::RestJson.fail(&LAMBDA, &throttled, ID);
    assert_eq!(response.headers()["retry-after"], "1");
    let body: Json = serde_json::from_slice(response.body()).unwrap();
    let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
    assert_eq!(body, json!({ "Reason": reason, "Type": "User", "message": "Rate Exceeded." }));
}

#[test]
fn a_body_that_is_no_json_is_lambdas_own_error() {
    let fault = Fault::malformed(&LAMBDA, Malformed::Syntax("expected value".to_owned()));
    let (status, code, body) = json_body(&fault);
    assert_eq!((status, code.as_str()), (400, "InvalidRequestContentException"));
    assert_eq!(body["message"], "Could not parse request body into json: expected value");
    let fault = Fault::malformed(&LAMBDA, Malformed::Data("no".to_owned()));
    assert_eq!(fault.code(), "SerializationException");
}

fn other(protocol: Protocol, bare: bool) -> Service {
    Service {
        signing_name: "other",
        api_version: "2020-01-01",
        protocols: Box::leak(Box::new([protocol])),
        target_prefix: Some("Other"),
        xml_namespace: None,
        query_compatible: true,
        operations: &[],
        errors: &[],
        known: &[],
        manners: Manners { bare_xml_errors: bare, ..Manners::PLAIN },
        router: OnceLock::new(),
    }
}

#[test]
fn an_operation_that_is_not_there_is_the_protocols_own_error() {
    for (protocol, status, code) in [
        (Protocol::RestJson, 404, "UnknownOperationException"),
        (Protocol::AwsJson11, 400, "UnknownOperationException"),
        (Protocol::Query, 400, "InvalidAction"),
        (Protocol::RpcV2Cbor, 404, "UnknownOperationException"),
    ] {
        let service = other(protocol, false);
        let fault = protocol.unknown_operation(&service, &NoRoute::Unknown(Some("Fly".to_owned())));
        assert_eq!((fault.status(), fault.code()), (status, code));
        let response = protocol.fail(&service, &fault, ID);
        assert_eq!(response.headers()["x-amzn-query-error"], format!("{code};Sender").as_str());
        assert_eq!(response.headers()["x-amzn-requestid"], ID);
    }
    let fault = Protocol::RestJson.unknown_operation(&LAMBDA, &NoRoute::NotBuilt("CreateAlias"));
    assert_eq!(fault.message(), "Lambent does not have the operation CreateAlias yet.");
}

#[test]
fn xml_errors_are_wrapped_but_not_those_of_s3() {
    let fault = Fault::new("NoSuchKey", 404, "a < b");
    let wrapped = Protocol::Query.fail(&other(Protocol::Query, false), &fault, ID);
    assert_eq!(
        std::str::from_utf8(wrapped.body()).unwrap(),
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchKey</Code><Message>a &lt; b</Message></Error>\
             <RequestId>{ID}</RequestId></ErrorResponse>"
        )
    );
    let bare = Protocol::RestXml.fail(&other(Protocol::RestXml, true), &fault, ID);
    assert_eq!(
        std::str::from_utf8(bare.body()).unwrap(),
        format!(
            "<Error><Code>NoSuchKey</Code><Message>a &lt; b</Message><RequestId>{ID}</RequestId></Error>"
        )
    );
}

#[test]
fn cbor_and_json_errors_name_their_type_in_the_body() {
    let fault = Fault::new("Boom", 500, "no");
    let response = Protocol::RpcV2Cbor.fail(&other(Protocol::RpcV2Cbor, false), &fault, ID);
    assert_eq!(response.headers()["smithy-protocol"], "rpc-v2-cbor");
    assert_eq!(crate::compare::cbor(response.body()), r#"{"__type": "Boom", "message": "no"}"#);
    let response = Protocol::AwsJson10.fail(&other(Protocol::AwsJson10, false), &fault, ID);
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.0");
    assert_eq!(crate::compare::json(response.body()), r#"{"__type": "Boom", "message": "no"}"#);
}

#[test]
fn a_model_that_lacks_a_shape_is_refused() {
    let model = json!({
        "metadata": { "protocol": "json" },
        "operations": { "A": { "name": "A", "input": { "shape": "Gone" } } },
    });
    assert_eq!(
        model::service(&model).unwrap_err().to_string(),
        "the model is not usable: shape Gone is missing"
    );
}
