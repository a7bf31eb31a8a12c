//! Condition operators, one by one.

use super::*;

/// Whether `{operator: {"k": policy}}` holds for these values of `k`; none for an absent key.
fn holds(operator: &str, policy: &Value, given: Option<&[&str]>) -> bool {
    let condition = json!({ operator: { "K": policy } });
    let policy = document(vec![statement(json!({ "Condition": condition }))]);
    let context = Context::new().with("aws:PrincipalTag/team", "red*");
    let context = match given {
        None => context,
        Some(values) => context.with_all("k", values.iter().map(|v| (*v).to_owned())),
    };
    decide(&policy, &root("222222222222"), "a:b", &context) == Decision::Allowed(Grant::Named)
}

#[track_caller]
fn check(operator: &str, policy: &Value, yes: &[&str], no: &[&str]) {
    for (given, expected) in yes.iter().map(|v| (v, true)).chain(no.iter().map(|v| (v, false))) {
        assert_eq!(holds(operator, policy, Some(&[given])), expected, "{operator} {policy} {given}");
    }
    assert!(holds(&format!("{operator}IfExists"), policy, None), "{operator}IfExists");
    assert_eq!(holds(operator, policy, None), operator.contains("Not"), "{operator} without its key");
}

#[test]
fn texts() {
    check("StringEquals", &json!(["a", "b*"]), &["a", "b*"], &["A", "bc", ""]);
    check("StringNotEquals", &json!(["a", "b"]), &["A", "c"], &["a", "b"]);
    check("StringEqualsIgnoreCase", &json!("Ab"), &["aB", "AB"], &["a"]);
    check("StringNotEqualsIgnoreCase", &json!("Ab"), &["a"], &["aB"]);
    check("StringLike", &json!(["a*c", "x?"]), &["ac", "abbc", "xy"], &["acd", "x", "xyz"]);
    check("StringNotLike", &json!(["a*c", "x?"]), &["acd", "x"], &["ac", "xy"]);
    check("StringLike", &json!("${aws:PrincipalTag/Team}-?"), &["red*-1"], &["redder-1", "red*-"]);
    check("StringLike", &json!("${nobody}"), &[], &["", "${nobody}"]);
    check("StringLike", &json!("${nobody, 'all'}${*}"), &["all*"], &["all", "allx"]);
    check("StringEquals", &json!([true, 7]), &["true", "7"], &["false", "7.0"]);
}

#[test]
fn arns() {
    let buckets = json!(["arn:aws:s3:::b*", "arn:aws:sns:*:1:t"]);
    for operator in ["ArnLike", "ArnEquals"] {
        check(
            operator,
            &buckets,
            &["arn:aws:s3:::b/x:y", "arn:aws:sns:eu-west-1:1:t"],
            &["arn:aws:sns:a:b:1:t", "b"],
        );
    }
    check("ArnNotLike", &buckets, &["arn:aws:s3:::c", "b"], &["arn:aws:s3:::b"]);
    check("ArnLike", &json!("arn:*"), &[], &["arn:aws:s3:::b"]);
}

#[test]
fn numbers_and_dates() {
    check("NumericEquals", &json!(10), &["10", "10.0"], &["11", "x", ""]);
    check("NumericNotEquals", &json!("10"), &["11"], &["10"]);
    check("NumericLessThan", &json!(10), &["9.5", "-1"], &["10", "NaN"]);
    check("NumericLessThanEquals", &json!(10), &["10"], &["10.1"]);
    check("NumericGreaterThan", &json!(10), &["11"], &["10"]);
    check("NumericGreaterThanEquals", &json!(10), &["10"], &["9"]);
    let (noon, later) = ("2026-01-02T12:00:00Z", "2026-01-02T13:00:00+00:00");
    check("DateEquals", &json!(noon), &[noon, "2026-01-02T13:00:00+01:00", "1767355200"], &[later, "never"]);
    check("DateNotEquals", &json!(noon), &[later], &[noon]);
    check("DateLessThan", &json!(later), &[noon, "2026-01-02", "2026-01", "2026"], &[later]);
    check("DateLessThanEquals", &json!(later), &[later], &["2027"]);
    check("DateGreaterThan", &json!(noon), &[later], &[noon]);
    check("DateGreaterThanEquals", &json!(noon), &[noon], &["2026-01-02"]);
}

#[test]
fn truth_bytes_and_addresses() {
    check("Bool", &json!("true"), &["true", "True"], &["false", ""]);
    check("Bool", &json!(false), &["false"], &["true"]);
    check("BinaryEquals", &json!("QmluYXJ5"), &["QmluYXJ5"], &["QmluYXJ6", "%"]);
    let nets = json!(["203.0.113.0/24", "2001:db8::/32", "10.0.0.1"]);
    check("IpAddress", &nets, &["203.0.113.9", "2001:db8::1", "10.0.0.1"], &["203.0.114.1", "10.0.0.2", "x"]);
    check("NotIpAddress", &nets, &["203.0.114.1"], &["203.0.113.9"]);
}

#[test]
fn null_asks_whether_a_key_is_absent() {
    assert!(holds("Null", &json!("true"), None) && holds("Null", &json!(false), Some(&["x"])));
    assert!(!holds("Null", &json!(true), Some(&["x"])) && !holds("Null", &json!("false"), None));
}

#[test]
fn many_values_need_a_quantifier() {
    let set = json!(["a", "b"]);
    for (operator, given, expected) in [
        ("ForAllValues:StringEquals", Some(["a", "b"].as_slice()), true),
        ("ForAllValues:StringEquals", Some(&["a", "c"]), false),
        ("ForAllValues:StringEquals", Some(&[]), true),
        ("ForAllValues:StringEquals", None, true),
        ("ForAllValues:StringNotEquals", Some(&["c"]), true),
        ("ForAllValues:StringNotEquals", Some(&["c", "a"]), false),
        ("ForAnyValue:StringEquals", Some(&["c", "b"]), true),
        ("ForAnyValue:StringEquals", Some(&["c"]), false),
        ("ForAnyValue:StringEquals", None, false),
        ("ForAnyValue:StringEqualsIfExists", None, true),
        ("ForAnyValue:StringNotEquals", Some(&["a", "c"]), true),
        ("ForAnyValue:StringNotEquals", Some(&["a", "b"]), false),
        ("ForAnyValue:StringNotEquals", None, false),
        ("StringNotEquals", Some(&["c", "a"]), false),
    ] {
        assert_eq!(holds(operator, &set, given), expected, "{operator} {given:?}");
    }
}

#[test]
fn all_keys_of_all_operators_must_hold() {
    let condition = json!({ "StringEquals": { "a": "1", "b": "2" }, "Bool": { "c": "true" } });
    let policy = document(vec![statement(json!({ "Condition": condition }))]);
    let full = Context::new().with("A", "1").with("b", "2").with("c", "true");
    let said = |context: &Context| decide(&policy, &Requester::Anonymous, "a:b", context);
    assert_eq!(said(&full), Decision::Allowed(Grant::Named));
    for (key, value) in [("a", "2"), ("b", "1"), ("c", "false")] {
        assert_eq!(said(&full.clone().with(key, value)), Decision::Silent, "{key}");
    }
}

#[test]
fn the_old_version_knows_no_variables() {
    let statement = statement(json!({ "Condition": { "StringEquals": { "k": "${aws:username}" } } }));
    let policy = Document::read(&json!({ "Statement": statement })).unwrap();
    let context = Context::new().with("aws:username", "u");
    let said = |value: &str| decide(&policy, &Requester::Anonymous, "a:b", &context.clone().with("k", value));
    assert_eq!((said("u"), said("${aws:username}")), (Decision::Silent, Decision::Allowed(Grant::Named)));
}
