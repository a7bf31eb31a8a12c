//! Requests that are not what they should be: each is refused or read, and none brings the server down.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambent_wire::constraints;
use lambent_wire::error::Fault;
use lambent_wire::lambda::LAMBDA;
use lambent_wire::protocol::{NoRoute, Protocol, Request};
use lambent_wire::schema::{Service, model};
use lambent_wire::value::Value;
use proptest::prelude::*;
use serde_json::json;

const PROTOCOLS: [(Protocol, &str); 5] = [
    (Protocol::RestJson, "rest-json"),
    (Protocol::AwsJson11, "json"),
    (Protocol::Query, "query"),
    (Protocol::RestXml, "rest-xml"),
    (Protocol::RpcV2Cbor, "smithy-rpc-v2-cbor"),
];

/// One operation with every kind of shape, which contain themselves, in each protocol.
static SERVICES: LazyLock<Vec<(Protocol, &'static Service)>> = LazyLock::new(|| {
    let built = PROTOCOLS.iter().map(|(protocol, name)| {
        let model = json!({
            "metadata": { "protocol": name, "jsonVersion": "1.1", "targetPrefix": "Any", "apiVersion": "1" },
            "operations": { "Do": {
                "name": "Do", "http": { "method": "POST", "requestUri": "/do/{L}" },
                "input": { "shape": "In" }, "output": { "shape": "In" },
            } },
            "shapes": {
                "In": { "type": "structure", "required": ["L"], "members": {
                    "L": { "shape": "S", "location": "uri" },
                    "H": { "shape": "Times", "location": "header", "locationName": "x-times" },
                    "Q": { "shape": "I", "location": "querystring" },
                    "a": { "shape": "Tree" },
                } },
                "Tree": { "type": "structure", "members": {
                    "s": { "shape": "S" }, "i": { "shape": "I" }, "d": { "shape": "D" }, "b": { "shape": "B" },
                    "t": { "shape": "T" }, "o": { "shape": "O" }, "any": { "shape": "Any" },
                    "list": { "shape": "Trees" }, "map": { "shape": "Map" }, "tree": { "shape": "Tree" },
                    "flat": { "shape": "Flat" },
                } },
                "Trees": { "type": "list", "member": { "shape": "Tree" } },
                "Flat": { "type": "list", "member": { "shape": "S" }, "flattened": true },
                "Map": { "type": "map", "key": { "shape": "S" }, "value": { "shape": "Tree" } },
                "Times": { "type": "list", "member": { "shape": "T" } },
                "S": { "type": "string", "pattern": "(?!x)[a-z]*", "max": 5 }, "I": { "type": "integer", "min": 1 },
                "D": { "type": "double" }, "B": { "type": "blob" }, "T": { "type": "timestamp" },
                "O": { "type": "boolean" }, "Any": { "type": "structure", "document": true, "members": {} },
            },
        });
        (*protocol, model::service(&model).unwrap())
    });
    built.collect()
});

/// Sends a request to each protocol; whatever comes of it is checked and answered.
fn send(path: &str, query: &str, header: &[u8], body: &[u8]) {
    for (protocol, service) in SERVICES.iter() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-target", HeaderValue::from_static("Any.Do"));
        if let Ok(value) = HeaderValue::from_bytes(header) {
            headers.insert("x-times", value);
        }
        let path = if *protocol == Protocol::RpcV2Cbor { "/service/Any/operation/Do" } else { path };
        let body = match protocol {
            Protocol::Query => [b"Action=Do&", body].concat(),
            _ => body.to_vec(),
        };
        let request = Request { method: &Method::POST, path, query, headers: &headers, body: body.into() };
        let Ok(mut route) = protocol.route(service, &request) else { continue };
        match protocol.parse(service, &mut route, request) {
            Ok(input) => {
                let _ = constraints::message(&constraints::check(route.operation.input.unwrap(), &input));
                let response = protocol.respond(service, route.operation, input, "id");
                assert_eq!(response.status(), 200);
            }
            Err(fault) => {
                assert_eq!((fault.code(), fault.status()), ("SerializationException", 400));
                assert_eq!(protocol.fail(service, &fault, "id").status(), 400);
            }
        }
    }
}

fn cbor() -> impl Strategy<Value = Vec<u8>> {
    use ciborium::Value as Cbor;
    let leaf = prop_oneof![
        Just(Cbor::Null),
        any::<bool>().prop_map(Cbor::Bool),
        any::<i64>().prop_map(Cbor::from),
        any::<f64>().prop_map(Cbor::Float),
        ".{0,4}".prop_map(Cbor::Text),
        any::<f64>().prop_map(|seconds| Cbor::Tag(1, Box::new(Cbor::Float(seconds)))),
    ];
    let names = "(a|s|i|d|b|t|o|any|list|map|tree|flat)".prop_map(Cbor::Text);
    let tree = leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Cbor::Array),
            prop::collection::vec((names.clone(), inner), 0..5).prop_map(Cbor::Map),
        ]
    });
    tree.prop_map(|tree| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&Cbor::Map(vec![(Cbor::from("a"), tree)]), &mut bytes).unwrap();
        bytes
    })
}

/// Text with the shape of JSON, XML or a form of our members, and often broken.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        r#"[{}\[\],:"]{1,3}"#,
        r#"\{"a":\{"(s|i|d|b|t|o|any|list|map|tree|flat)":"#,
        r#""(s|i|d|b|t|o|any|list|map|tree|flat)":(1|-1e400|1e308|null|true|"x"|"A"|\[|\{|99999999999999999999)"#,
        "<(In|a|s|i|t|list|member|map|entry|key|value|tree|flat)>",
        "</(In|a|s|i|t|list|member|map|entry|key|value|tree|flat)>",
        "&(#x41|#0|#xD800|amp|bad|lt);",
        r"a\.(s|i|t|list\.member\.[0-9]{1,12}\.s|map\.entry\.1\.(key|value\.i)|flat\.2|tree\.tree\.s)=(1|x|%zz|%ff|)&",
        ".{0,6}",
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_read(body in prop::collection::vec(any::<u8>(), 0..64), header: Vec<u8>) {
        send("/do/x", "", &header, &body);
    }

    #[test]
    fn any_text_is_refused_or_read(body in text(), path in "/do/(x|%2F|%zz|%ff|.{0,8})", query in "(Q=.{0,4}|.{0,8})") {
        send(&path, &query, b"Mon, 16 Dec 2019 23:48:18 GMT, x", body.as_bytes());
    }

    #[test]
    fn any_cbor_is_refused_or_read(body in cbor()) {
        send("/do/x", "", b"", &body);
    }
}

#[test]
fn what_nests_without_end_is_malformed() {
    let depth = 100_000;
    let json = r#"{"a":"#.to_owned() + &r#"{"tree":"#.repeat(depth);
    let document = r#"{"a":{"any":"#.to_owned() + &"[".repeat(depth);
    let xml = "<In><a>".to_owned() + &"<tree>".repeat(depth);
    let form = format!("a.{}s=x", "tree.".repeat(depth));
    let cbor = [b"\xa1\x61a".to_vec(), b"\xa1\x64tree".repeat(depth)].concat();
    for body in [json.as_bytes(), document.as_bytes(), xml.as_bytes(), form.as_bytes(), &cbor] {
        send("/do/x", "", b"", body);
    }
}

fn lambda(
    method: Method,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Value, Fault> {
    let named = headers.iter().map(|(name, value)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    });
    let headers: HeaderMap = named.collect();
    let request = Request { method: &method, path, query, headers: &headers, body };
    let mut route = Protocol::RestJson.route(&LAMBDA, &request).unwrap();
    Protocol::RestJson.parse(&LAMBDA, &mut route, request)
}

#[test]
fn a_payload_is_moved_and_never_copied() {
    let body = Bytes::from(vec![b'1'; 6_291_456]);
    let at = body.as_ptr();
    let path =
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/invocations";
    let input =
        lambda(Method::POST, path, "Qualifier=%24LATEST", &[("x-amz-log-type", "Tail")], body).unwrap();
    let Value::Structure(mut input) = input else { panic!("{input:?}") };
    let Some(Value::Blob(payload)) = input.take("Payload") else { panic!("no payload") };
    assert_eq!((payload.as_ptr(), payload.len()), (at, 6_291_456));
    let text = |name| input.get(name).and_then(Value::as_str);
    assert_eq!(text("FunctionName"), Some("arn:aws:lambda:us-east-1:000000000000:function:f"));
    assert_eq!((text("Qualifier"), text("LogType")), (Some("$LATEST"), Some("Tail")));
}

#[test]
fn a_value_of_another_type_is_a_serialization_exception() {
    let path = "/2015-03-31/functions/";
    for (body, message) in [
        (r#"{"Timeout":"soon"}"#, "STRING_VALUE can not be converted to Integer"),
        (r#"{"FunctionName":7}"#, "NUMBER_VALUE can not be converted to String"),
        (r#"{"Publish":1}"#, "NUMBER_VALUE can not be converted to Boolean"),
        (r#"{"Layers":"a"}"#, "Expected list or null"),
        (r#"{"Handler":{}}"#, "Start of structure or map found where not expected."),
        (r#"{"Handler":[]}"#, "Start of list found where not expected"),
    ] {
        let fault = lambda(Method::POST, path, "", &[], Bytes::from(body)).unwrap_err();
        assert_eq!((fault.code(), fault.message()), ("SerializationException", message));
    }
    let fault = lambda(Method::POST, path, "", &[], Bytes::from_static(b"{\"Timeout\":")).unwrap_err();
    assert_eq!(fault.code(), "InvalidRequestContentException");
    assert!(fault.message().starts_with("Could not parse request body into json: "), "{}", fault.message());
}

#[test]
fn what_is_not_built_is_told_from_what_does_not_exist() {
    let headers = HeaderMap::new();
    let find = |method: &Method, path: &str| {
        let request = Request { method, path, query: "", headers: &headers, body: Bytes::new() };
        Protocol::RestJson.route(&LAMBDA, &request).map(|route| route.operation.name)
    };
    assert_eq!(find(&Method::GET, "/2015-03-31/functions/f"), Ok("GetFunction"));
    assert_eq!(find(&Method::POST, "/2014-11-13/functions/f/invoke-async/"), Ok("InvokeAsync"));
    assert_eq!(
        find(&Method::GET, "/2025-11-30/capacity-providers"),
        Err(NoRoute::NotBuilt("ListCapacityProviders"))
    );
    assert_eq!(find(&Method::GET, "/2015-03-31/fonctions"), Err(NoRoute::Unknown(None)));
}
