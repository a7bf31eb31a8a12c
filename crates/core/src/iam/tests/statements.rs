//! Principals, actions, resources, and how statements add up.

use super::*;

const NAMED: Decision = Decision::Allowed(Grant::Named);
const ROLE: Decision = Decision::Allowed(Grant::Role);
const ACCOUNT: Decision = Decision::Allowed(Grant::Account);

#[track_caller]
fn check(with: Value, requester: &Requester, expected: Decision) {
    let policy = document(vec![statement(with.clone())]);
    let found = decide(&policy, requester, "lambda:InvokeFunction", &Context::new());
    assert_eq!(found, expected, "{with} {requester:?}");
}

#[test]
fn a_principal_is_meant_by_name_or_through_its_account() {
    let (caller, service) = (session(), Requester::Service("s3.amazonaws.com".into()));
    for everyone in [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": ["333333333333", "*"] })] {
        for requester in [&caller, &service, &Requester::Anonymous, &root("111111111111")] {
            check(json!({ "Principal": everyone }), requester, NAMED);
        }
    }
    for (principal, expected) in [
        (json!({ "AWS": "222222222222" }), ACCOUNT),
        (json!({ "AWS": "arn:aws:iam::222222222222:root" }), ACCOUNT),
        (json!({ "AWS": ["222222222222", "arn:aws:sts::222222222222:assumed-role/r/s"] }), NAMED),
        (json!({ "AWS": "arn:aws:iam::222222222222:role/path/r" }), ROLE),
        (json!({ "AWS": ["222222222222", "arn:aws:iam::222222222222:role/path/r"] }), ROLE),
        (json!({ "AWS": "arn:aws:iam::222222222222:role/r" }), Decision::Silent),
        (json!({ "AWS": "arn:aws:iam::222222222222:role/*" }), Decision::Silent),
        (json!({ "AWS": "333333333333" }), Decision::Silent),
        (json!({ "Service": "*" }), Decision::Silent),
    ] {
        check(json!({ "Principal": principal }), &caller, expected);
    }
    check(json!({ "Principal": { "Service": ["a.amazonaws.com", "s3.amazonaws.com"] } }), &service, NAMED);
    check(json!({ "Principal": { "Service": "sns.amazonaws.com" } }), &service, Decision::Silent);
    let provider = Requester::Federated("accounts.google.com".into());
    check(json!({ "Principal": { "Federated": "accounts.google.com" } }), &provider, NAMED);
    check(json!({ "Principal": { "CanonicalUser": "79a5" } }), &caller, Decision::Silent);
    check(json!({ "Principal": { "AWS": "arn:aws:iam::111111111111:root" } }), &root("111111111111"), NAMED);
}

#[test]
fn all_but_some_principals_actions_or_resources() {
    let but = json!({ "Principal": null, "NotPrincipal": { "AWS": "222222222222" } });
    check(but.clone(), &session(), Decision::Silent);
    check(but, &root("333333333333"), NAMED);
    let caller = root("222222222222");
    check(json!({ "Action": null, "NotAction": "lambda:Get*" }), &caller, NAMED);
    check(json!({ "Action": null, "NotAction": ["lambda:invoke*", "s3:*"] }), &caller, Decision::Silent);
    check(json!({ "Resource": null, "NotResource": FUNCTION }), &caller, Decision::Silent);
    check(json!({ "Resource": null, "NotResource": format!("{FUNCTION}:1") }), &caller, NAMED);
    check(json!({ "Resource": null }), &caller, NAMED);
}

#[test]
fn actions_have_no_case_and_resources_have() {
    let caller = root("222222222222");
    for action in ["*", "lambda:*", "LAMBDA:invokefunction", "lambda:Invoke????????", "l*n"] {
        check(json!({ "Action": action }), &caller, NAMED);
    }
    for action in ["lambda:Invoke", "lambda:InvokeFunction?", "lambda:InvokeFunctionUrl", ""] {
        check(json!({ "Action": action }), &caller, Decision::Silent);
    }
    for resource in ["arn:aws:lambda:*:*:function:f", "arn:*", "arn:aws:lambda:us-east-?:1*f"] {
        check(json!({ "Resource": resource }), &caller, NAMED);
    }
    for resource in [
        "arn:aws:lambda:us-east-1:111111111111:function:F",
        "arn:aws:lambda:us-east-1:111111111111:function:f:*",
    ] {
        check(json!({ "Resource": resource }), &caller, Decision::Silent);
    }
}

#[test]
fn a_deny_wins_wherever_it_stands() {
    let (allow, deny) =
        (statement(json!({})), statement(json!({ "Effect": "Deny", "Action": "lambda:Delete*" })));
    for order in [vec![allow.clone(), deny.clone()], vec![deny, allow]] {
        let policy = document(order);
        let said = |action: &str| decide(&policy, &root("222222222222"), action, &Context::new());
        assert_eq!(said("lambda:DeleteFunction"), Decision::Denied);
        assert_eq!(said("lambda:GetFunction"), NAMED);
    }
}

#[test]
fn an_identitys_policy_is_about_its_holder() {
    let policy = document(vec![statement(
        json!({ "Principal": null, "Resource": "arn:aws:lambda:*:*:function:${aws:username}" }),
    )]);
    let said = |kind, name: &str| {
        let context = Context::new().with("aws:username", name);
        let request = Request {
            requester: &session(),
            action: "lambda:GetFunction",
            resource: FUNCTION,
            context: &context,
        };
        evaluate(&policy, kind, &request)
    };
    assert_eq!(said(Kind::Identity, "f"), NAMED);
    assert_eq!(said(Kind::Identity, "*"), Decision::Silent);
    assert_eq!(said(Kind::Resource, "f"), Decision::Silent);
}

#[test]
fn a_document_that_is_none_is_refused_with_the_reason() {
    let cases = [
        (json!({}), "Statement"),
        (json!({ "Statement": [], "Extra": 1 }), "Extra"),
        (json!({ "Version": "2013-01-01", "Statement": [] }), "2012-10-17"),
        (json!({ "Statement": [{}] }), "Effect"),
        (json!({ "Statement": statement(json!({ "Effect": "allow" })) }), "allow"),
        (json!({ "Statement": statement(json!({ "Action": null })) }), "Action or NotAction"),
        (json!({ "Statement": statement(json!({ "NotAction": "a:b" })) }), "not both"),
        (json!({ "Statement": statement(json!({ "NotPrincipal": "*" })) }), "not both"),
        (json!({ "Statement": statement(json!({ "NotResource": "*" })) }), "not both"),
        (json!({ "Statement": statement(json!({ "Principal": "me" })) }), "Principals"),
        (json!({ "Statement": statement(json!({ "Condition": { "StringIs": { "k": "v" } } })) }), "StringIs"),
        (json!({ "Statement": statement(json!({ "Condition": { "Bool": 1 } })) }), "Bool"),
        (json!({ "Statement": statement(json!({ "Condition": { "Bool": { "k": {} } } })) }), "k must have"),
    ];
    for (document, words) in cases {
        let refused = Document::read(&document).unwrap_err().to_string();
        assert!(refused.contains(words), "{document}: {refused}");
    }
    assert_eq!(document(vec![]).statements, []);
    assert!(Document::parse("{").is_err());
}
