//! Events of whole requests.

use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::settings::FunctionUrl;

use super::*;

const ID: &str = "0123456789abcdefghijklmnopqrstuv";

fn served() -> Served {
    let time = Timestamp::from_millis(0);
    Served {
        function: FunctionId {
            account: AccountId::default_account(),
            region: Region::default_region(),
            name: "f".into(),
        },
        qualifier: Qualifier::Latest,
        url: FunctionUrl {
            url_id: ID.into(),
            auth_type: "NONE".into(),
            invoke_mode: "BUFFERED".into(),
            cors: None,
            created: time,
            last_modified: time,
        },
    }
}

fn event(method: &str, target: &str, headers: &[(&str, &str)], body: &'static str) -> Value {
    let host = format!("{ID}.lambda-url.us-east-1.localhost:4566");
    let mut request = http::Request::builder().method(method).uri(target).header("host", &host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let head = request.body(()).unwrap().into_parts().0;
    let request = Request {
        head: &head,
        body: &Bytes::from_static(body.as_bytes()),
        served: &served(),
        address: &Address::read(&head, None).unwrap(),
        peer: IpAddr::from([203, 0, 113, 9]),
        identity: None,
        request_id: "the-id",
        trace_root: "Root=1-2-3",
        now: Timestamp::from_millis(1_583_348_638_390),
    };
    serde_json::from_slice(&request.event()).unwrap()
}

#[test]
fn the_whole_event_of_a_post() {
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Two", "1"),
        ("x-two", "2"),
        ("cookie", "a=1; b=2"),
        ("cookie", "c=3"),
        ("user-agent", "tests/1"),
        ("connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
    ];
    let host = format!("{ID}.lambda-url.us-east-1.localhost");
    let expected = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a%20b/c",
        "rawQueryString": "q=1&q=%2F&r",
        "cookies": ["a=1", "b=2", "c=3"],
        "headers": {
            "host": format!("{host}:4566"),
            "content-type": "application/json",
            "x-two": "1,2",
            "user-agent": "tests/1",
            "x-forwarded-for": "203.0.113.9",
            "x-forwarded-port": "4566",
            "x-forwarded-proto": "http",
            "x-amzn-trace-id": "Root=1-2-3",
        },
        "queryStringParameters": { "q": "1,/", "r": "" },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": ID,
            "domainName": host,
            "domainPrefix": ID,
            "http": {
                "method": "POST",
                "path": "/a%20b/c",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.9",
                "userAgent": "tests/1",
            },
            "requestId": "the-id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "04/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_i64,
        },
        "body": "{\"a\": 1}",
        "isBase64Encoded": false,
    });
    let found = event("POST", "/a%20b/c?q=1&q=%2F&r", &headers, "{\"a\": 1}");
    assert_eq!(found, expected);
    let order = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(order(&found), order(&expected));
    assert_eq!(order(&found["requestContext"]), order(&expected["requestContext"]));
}

#[test]
fn what_a_request_does_not_have_is_absent() {
    let found = event("GET", "/", &[], "");
    for name in ["cookies", "queryStringParameters", "body"] {
        assert!(found.get(name).is_none(), "{name}");
    }
    assert_eq!((&found["rawPath"], &found["rawQueryString"]), (&json!("/"), &json!("")));
    assert_eq!(found["isBase64Encoded"], json!(false));
    assert!(found["requestContext"].get("authorizer").is_none());
    assert!(found["requestContext"]["http"].get("userAgent").is_none());
}

#[test]
fn a_path_is_the_root_at_least() {
    assert_eq!(event("OPTIONS", "*", &[], "")["rawPath"], "/");
    assert_eq!(event("GET", "//a/../b", &[], "")["rawPath"], "//a/../b", "nothing is made tidy");
}

#[test]
fn what_others_on_the_way_said_is_kept() {
    let headers = [
        ("x-forwarded-for", "198.51.100.1"),
        ("x-amzn-trace-id", "Root=1-9-9"),
        ("x-forwarded-proto", "https"),
    ];
    let found = event("GET", "/?", &headers, "");
    assert_eq!(found["headers"]["x-forwarded-for"], "198.51.100.1, 203.0.113.9");
    assert_eq!(found["headers"]["x-amzn-trace-id"], "Root=1-9-9");
    assert_eq!(found["headers"]["x-forwarded-proto"], "http", "this hop's, as AWS's front says its own");
    assert_eq!(found["requestContext"]["http"]["sourceIp"], "203.0.113.9");
}
