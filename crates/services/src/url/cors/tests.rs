//! What each configuration answers to browsers.

use http::Request;

use super::*;

fn texts(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn full(origins: &[&str]) -> Cors {
    Cors {
        allow_credentials: Some(true),
        allow_headers: texts(&["content-type", "x-own"]),
        allow_methods: texts(&["GET", "PUT"]),
        allow_origins: texts(origins),
        expose_headers: texts(&["x-seen"]),
        max_age_s: Some(600),
    }
}

fn head(method: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

/// Headers as lines, in order of their names.
fn lines(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    lines
}

#[track_caller]
fn asks(cors: &Cors, origin: &str, method: &str, expected: &[&str]) {
    let head = head("OPTIONS", &[("origin", origin), ("access-control-request-method", method)]);
    let response = preflight(cors, &head).expect("it is a preflight");
    assert_eq!(
        (response.status().as_u16(), lines(response.headers())),
        (200, expected.iter().map(|l| (*l).to_owned()).collect())
    );
}

#[test]
fn a_preflight_tells_what_is_allowed() {
    asks(
        &full(&["https://a.example"]),
        "https://a.example",
        "PUT",
        &[
            "access-control-allow-credentials: true",
            "access-control-allow-headers: content-type,x-own",
            "access-control-allow-methods: GET,PUT",
            "access-control-allow-origin: https://a.example",
            "access-control-max-age: 600",
            "vary: Origin",
        ],
    );
    let any = Cors { allow_origins: texts(&["*"]), allow_methods: texts(&["*"]), ..Cors::default() };
    let expected = ["access-control-allow-methods: *", "access-control-allow-origin: *"];
    asks(&any, "https://b.example", "DELETE", &expected);
}

#[test]
fn a_preflight_that_matches_nothing_is_told_nothing() {
    let cors = full(&["https://a.example"]);
    asks(&cors, "https://b.example", "GET", &[]);
    asks(&cors, "https://a.example", "DELETE", &[]);
    asks(&Cors { max_age_s: Some(1), ..Cors::default() }, "https://a.example", "GET", &[]);
}

#[test]
fn only_a_preflight_is_answered_for_the_function() {
    let cors = full(&["*"]);
    let (origin, method) = (("origin", "https://a.example"), ("access-control-request-method", "GET"));
    for (verb, headers) in [
        ("OPTIONS", vec![origin]),
        ("OPTIONS", vec![method]),
        ("OPTIONS", vec![]),
        ("GET", vec![origin, method]),
    ] {
        assert!(preflight(&cors, &head(verb, &headers)).is_none(), "{verb} {headers:?}");
    }
}

#[track_caller]
fn marks(cors: &Cors, origin: Option<&str>, expected: &[&str]) {
    let headers: Vec<_> = origin.into_iter().map(|origin| ("origin", origin)).collect();
    let mut answer = HeaderMap::new();
    set(&mut answer, ACCESS_CONTROL_ALLOW_ORIGIN, "the function's");
    set(&mut answer, ACCESS_CONTROL_ALLOW_METHODS, "the function's");
    mark(cors, &head("GET", &headers).headers, &mut answer);
    assert_eq!(lines(&answer), expected);
}

#[test]
fn the_configuration_wins_over_the_function_on_answers() {
    let methods = "access-control-allow-methods: the function's";
    marks(
        &full(&["https://a.example"]),
        Some("https://A.example"),
        &[
            "access-control-allow-credentials: true",
            methods,
            "access-control-allow-origin: https://A.example",
            "access-control-expose-headers: x-seen",
            "vary: Origin",
        ],
    );
    let any = Cors { allow_origins: texts(&["*"]), ..Cors::default() };
    marks(&any, Some("https://b.example"), &[methods, "access-control-allow-origin: *"]);
    let untouched = [methods, "access-control-allow-origin: the function's"];
    marks(&full(&["https://a.example"]), Some("https://b.example"), &untouched);
    marks(&full(&["*"]), None, &untouched);
}

#[test]
fn an_origin_is_named_where_credentials_would_make_a_star_worthless() {
    let cors = Cors { allow_credentials: Some(true), allow_origins: texts(&["*"]), ..Cors::default() };
    let mut answer = HeaderMap::new();
    mark(&cors, &head("GET", &[("origin", "https://a.example")]).headers, &mut answer);
    assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.example");
}
