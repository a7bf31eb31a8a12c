//! What callers read of each form of answer.

use http::Request;

use super::*;

fn outcome(payload: &[u8], content_type: Option<&str>) -> Outcome {
    Outcome {
        payload: Bytes::copy_from_slice(payload),
        failed: false,
        error_type: None,
        content_type: content_type.map(str::to_owned),
        version: "$LATEST".into(),
        tail: None,
    }
}

/// Status, headers in order of their names, body.
fn shown(response: &Response<Bytes>) -> String {
    let mut headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let body = String::from_utf8_lossy(response.body());
    format!("{} | {} | {body}", response.status().as_u16(), headers.join(" | "))
}

#[track_caller]
fn check(payload: &str, expected: &str) {
    let found = buffered(&outcome(payload.as_bytes(), Some("application/json")));
    assert_eq!(shown(&found.unwrap()), expected, "{payload}");
}

#[test]
fn any_json_without_a_status_is_the_body() {
    for (payload, body) in [
        ("{\"hello\": \"world\"}", "{\"hello\":\"world\"}"),
        ("[\"hello\", 3, true]", "[\"hello\",3,true]"),
        ("\"Hello, world!\"", "Hello, world!"),
        ("3", "3"),
        ("3.10", "3.10"),
        ("true", "true"),
        ("null", "null"),
        ("{}", "{}"),
        ("{\"body\": \"b\", \"headers\": {}}", "{\"body\":\"b\",\"headers\":{}}"),
        ("[{\"statusCode\": 404}]", "[{\"statusCode\":404}]"),
    ] {
        check(payload, &format!("200 | content-type: application/json | {body}"));
    }
    let deep = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    check(&deep, &format!("200 | content-type: application/json | {deep}"));
    let deep = format!("{{\"a\":{deep}}}");
    check(&deep, &format!("200 | content-type: application/json | {deep}"));
}

#[test]
fn an_answer_with_a_status_says_how_it_is_given() {
    let json = "content-type: application/json";
    for (payload, expected) in [
        (r#"{"statusCode": 201}"#, format!("201 | {json} | ")),
        (r#"{"statusCode": "404", "body": "gone"}"#, format!("404 | {json} | gone")),
        (
            r#"{"statusCode": 200, "body": null, "headers": null, "cookies": null}"#,
            format!("200 | {json} | "),
        ),
        (r#"{"statusCode": 200, "body": 5}"#, format!("200 | {json} | 5")),
        (r#"{"statusCode": 200, "body": "aGk=", "isBase64Encoded": true}"#, format!("200 | {json} | hi")),
        (r#"{"statusCode": 200, "body": "aGk=", "isBase64Encoded": false}"#, format!("200 | {json} | aGk=")),
        (
            r#"{"statusCode": 302, "headers": {"Location": "/x", "X-N": 1, "X-B": true, "X-Z": null}}"#,
            format!("302 | {json} | location: /x | x-b: true | x-n: 1 | "),
        ),
        (
            r#"{"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": "<p>"}"#,
            "200 | content-type: text/html | <p>".to_owned(),
        ),
        (
            r#"{"statusCode": 200, "cookies": ["a=1; Secure", "b=2"], "headers": {"Set-Cookie": "c=3"}}"#,
            format!("200 | {json} | set-cookie: a=1; Secure | set-cookie: b=2 | set-cookie: c=3 | "),
        ),
        (
            r#"{"statusCode": 401, "headers": {"WWW-Authenticate": "Basic", "Date": "d", "Connection": "close"}}"#,
            format!(
                "401 | {json} | x-amzn-remapped-connection: close | x-amzn-remapped-date: d | \
                 x-amzn-remapped-www-authenticate: Basic | "
            ),
        ),
        (
            r#"{"statusCode": 200, "multiValueHeaders": {"x-many": ["1", "2"]}, "other": {}}"#,
            format!("200 | {json} | "),
        ),
    ] {
        check(payload, &expected);
    }
}

#[test]
fn an_answer_that_cannot_be_given_is_bad() {
    for payload in [
        "",
        "not json",
        "{\"a\":}",
        r#"{"statusCode": 99}"#,
        r#"{"statusCode": 100}"#,
        r#"{"statusCode": 600}"#,
        r#"{"statusCode": 200.5}"#,
        r#"{"statusCode": "ok"}"#,
        r#"{"statusCode": true}"#,
        r#"{"statusCode": {}}"#,
        r#"{"statusCode": 200, "body": {"a": 1}}"#,
        r#"{"statusCode": 200, "body": []}"#,
        r#"{"statusCode": 200, "headers": []}"#,
        r#"{"statusCode": 200, "headers": "x"}"#,
        r#"{"statusCode": 200, "headers": {"x": ["1"]}}"#,
        r#"{"statusCode": 200, "headers": {"x": {}}}"#,
        r#"{"statusCode": 200, "headers": {"a b": "1"}}"#,
        r#"{"statusCode": 200, "headers": {"x": "1\n2"}}"#,
        r#"{"statusCode": 200, "cookies": "a=1"}"#,
        r#"{"statusCode": 200, "cookies": [1]}"#,
        r#"{"statusCode": 200, "body": "%", "isBase64Encoded": true}"#,
        r#"{"statusCode": 200, "isBase64Encoded": 1}"#,
    ] {
        assert_eq!(buffered(&outcome(payload.as_bytes(), None)).unwrap_err(), BadAnswer, "{payload}");
    }
    let failed = Outcome { failed: true, ..outcome(b"{}", None) };
    assert_eq!((buffered(&failed).unwrap_err(), streamed(&failed).unwrap_err()), (BadAnswer, BadAnswer));
}

#[test]
fn nothing_of_a_stream_is_interpreted() {
    let envelope = br#"{"statusCode": 404, "body": "x"}"#;
    let found = streamed(&outcome(envelope, Some("application/json"))).unwrap();
    assert_eq!(shown(&found), r#"200 | content-type: application/json | {"statusCode": 404, "body": "x"}"#);
    let found = streamed(&outcome(b"\xff", None)).unwrap();
    assert_eq!(
        (&found.headers()["content-type"], &found.body()[..]),
        (&HeaderValue::from_static(BYTES), &b"\xff"[..])
    );
}

#[test]
fn a_prelude_tells_status_and_headers_in_both_modes() {
    let stream =
        b"{\"statusCode\": 418, \"headers\": {\"x-a\": \"b\"}, \"cookies\": [\"c=1\"]}\0\0\0\0\0\0\0\0body";
    let expected = "418 | content-type: application/octet-stream | set-cookie: c=1 | x-a: b | body";
    for read in [buffered, streamed] {
        assert_eq!(shown(&read(&outcome(stream, Some(WITH_PRELUDE))).unwrap()), expected);
        assert_eq!(read(&outcome(b"{}", Some(WITH_PRELUDE))).unwrap_err(), BadAnswer);
        assert_eq!(read(&outcome(b"{\0\0\0\0\0\0\0\0", Some(WITH_PRELUDE))).unwrap_err(), BadAnswer);
        let bare = shown(&read(&outcome(b"{}\0\0\0\0\0\0\0\0x", Some(WITH_PRELUDE))).unwrap());
        assert_eq!(bare, "200 | content-type: application/octet-stream | x");
    }
}

#[test]
fn a_connection_stays_open_where_http_says_so_in_a_header() {
    for (version, asked, told) in [
        (Version::HTTP_11, "", Some("keep-alive")),
        (Version::HTTP_11, "Keep-Alive", Some("keep-alive")),
        (Version::HTTP_11, "Close", None),
        (Version::HTTP_10, "", None),
        (Version::HTTP_2, "", None),
    ] {
        let request = Request::builder().version(version).header(CONNECTION, asked);
        let mut response = typed(Bytes::new(), JSON).map(Body::from);
        keep_alive(&mut response, &request.body(()).unwrap().into_parts().0);
        let found = response.headers().get(CONNECTION).map(|value| value.to_str().unwrap());
        assert_eq!(found, told, "{version:?} {asked}");
    }
}

#[test]
fn what_has_no_body_in_http_loses_it() {
    for (method, status, length, body) in [
        ("HEAD", 200, Some("4"), ""),
        ("GET", 204, None, ""),
        ("GET", 304, None, ""),
        ("GET", 200, None, "body"),
    ] {
        let head = Request::builder().method(method).body(()).unwrap().into_parts().0;
        let mut response = typed("body".into(), JSON).map(Body::from);
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        trim(&mut response, &head);
        let told = response.headers().get(CONTENT_LENGTH).map(|value| value.to_str().unwrap());
        assert_eq!((told, response.body().len()), (length, Some(body.len())), "{method} {status}");
    }
}
