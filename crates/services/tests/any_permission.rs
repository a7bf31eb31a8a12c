//! Requests about policies of any content: the caller may be at fault, the server never. Through the pipeline of a whole
//! server.

use std::collections::BTreeSet;

use http::Method;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::FakeHost;
use lambent_testkit::one_function::{said, settled, with_function};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const POLICY: &str = "/2015-03-31/functions/f/policy";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
const GOOD: &str =
    r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"lambda:GetFunction","Resource":"*"}}"#;

/// A member with a good value, which also stands for most, a bad one, or nothing; `needed` is how often it is there.
fn member(
    name: &'static str,
    needed: u32,
    good: &'static [&'static str],
    bad: &'static [&'static str],
) -> impl Strategy<Value = (&'static str, Value)> {
    let one_of = |values: &'static [&'static str]| (0..values.len()).prop_map(|n| json!(values[n]));
    let value = prop_oneof![
        40 * needed => one_of(good),
        1 => one_of(bad),
        1 => ".{0,40}".prop_map(Value::from),
        1 => Just(json!(1)),
        20 => Just(Value::Null),
    ];
    value.prop_map(move |value| (name, value))
}

fn body() -> impl Strategy<Value = Value> {
    let principals = &["*", "111111111111", "s3.amazonaws.com", "arn:aws:iam::111111111111:role/r"];
    let actions = &["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:*", "*"];
    let documents = &["{}", "{", r#"{"Statement":[]}"#, r#"{"Statement":{"Effect":"Allow","Action":"*"}}"#];
    (
        member("StatementId", 9, &["a", "b", "c-d_1"], &["a b", ""]),
        member("Action", 9, actions, &["lambda:Nothing", "s3:GetObject"]),
        member("Principal", 9, principals, &["me", "a b", ""]),
        member("SourceArn", 1, &["arn:aws:s3:::b"], &["arn"]),
        member("SourceAccount", 1, &["111111111111"], &["1"]),
        member("PrincipalOrgID", 1, &["o-1234567890"], &["o"]),
        member("Policy", 9, &[GOOD], documents),
    )
        .prop_map(|(a, b, c, d, e, f, g)| {
            let given = [a, b, c, d, e, f, g].into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(given.map(|(name, value)| (name.to_owned(), value)).collect())
        })
}

#[tokio::test]
async fn no_input_is_the_servers_fault() {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    let mut runner = TestRunner::deterministic();
    let document = format!("/2026-07-09/resource-policy/{}", ARN.replace(':', "%3A"));
    let mut answers = BTreeSet::new();
    for _ in 0..300 {
        let body = body().new_tree(&mut runner).unwrap().current();
        let sid =
            body["StatementId"].as_str().filter(|sid| !sid.is_empty() && !sid.contains(' ')).unwrap_or("a");
        let sid: String = sid.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for (method, path) in [
            (Method::POST, POLICY.to_owned()),
            (Method::POST, POLICY.to_owned()),
            (Method::GET, POLICY.to_owned()),
            (Method::PUT, document.clone()),
            (Method::DELETE, format!("{POLICY}/{sid}")),
        ] {
            let (status, answer) = server.call_owned(method.clone(), path, body.clone()).await;
            assert!(status < 500, "{method} {body}: {answer}");
            answers.insert(status);
        }
    }
    assert!([200, 201, 204, 400, 404, 409].iter().all(|status| answers.contains(status)), "{answers:?}");
}
