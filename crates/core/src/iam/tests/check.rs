//! What IAM takes and refuses in policies, in its words.

use serde_json::{Value, json};

use super::{Refused, identity, trust};

fn policy(statement: Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statement }).to_string()
}

#[track_caller]
fn refused(statement: Value, words: &str) {
    assert_eq!(identity(&policy(statement)).unwrap_err().to_string(), words);
}

fn with(member: &str, value: Value) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
    statement[member] = value;
    statement
}

#[test]
fn what_is_right_is_taken() {
    for statement in [
        with("Sid", json!("A1")),
        json!([with("Sid", json!("")), with("Sid", json!(""))]),
        with("Action", json!(["*", "lambda:*", "s3:Get*"])),
        with("Resource", json!(["arn:aws:s3:::bucket/${aws:username}/*", "arn:aws:lambda:*:*:function:f:*"])),
        with("Condition", json!({ "StringEquals": { "aws:username": "a" } })),
        with("Condition", json!({ "x": {}, "y": {} })),
        json!({ "Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:*:iam::123456789012:role/r" }),
    ] {
        identity(&policy(statement.clone())).unwrap_or_else(|refused| panic!("{statement}: {refused}"));
    }
}

#[test]
fn what_is_wrong_is_refused_in_iams_words() {
    let syntax = "Syntax errors in policy.";
    assert_eq!(identity("no json").unwrap_err(), Refused::Syntax);
    let old = json!({ "Version": "2008-10-17", "Statement": with("Sid", json!("a")) }).to_string();
    assert_eq!(identity(&old).unwrap_err(), Refused::Version);
    refused(json!([]), syntax);
    refused(with("Effect", json!("Maybe")), syntax);
    refused(with("Unknown", json!(1)), syntax);
    refused(with("Condition", json!({ "Same": { "a": "b" } })), syntax);
    refused(with("Principal", json!("*")), "Policy document should not specify a principal.");
    refused(with("Action", json!([])), "Policy statement must contain actions.");
    refused(json!({ "Effect": "Allow", "Resource": "*" }), "Policy statement must contain actions.");
    refused(json!({ "Effect": "Allow", "Action": "s3:*" }), "Policy statement must contain resources.");
    refused(
        with("Action", json!("GetObject")),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    );
    refused(with("Action", json!("s3:Get:Object")), "Actions/Condition can contain only one colon.");
    refused(with("Action", json!("s 3:GetObject")), "Vendor s 3 is not valid");
    refused(with("Resource", json!("bucket")), "Resource bucket must be in ARN format or \"*\".");
    refused(
        with("Resource", json!("arn:error:s3:::b")),
        "Partition \"error\" is not valid for resource \"arn:error:s3:::b\".",
    );
    refused(
        json!([with("Sid", json!("a")), with("Sid", json!("a"))]),
        "Statement IDs (SID) in a single policy must be unique.",
    );
}

#[test]
fn a_trust_policy_names_who_may_assume_the_role() {
    let assume =
        |principal: Value| json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" });
    for principal in [
        json!("*"),
        json!({ "Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"] }),
        json!({ "AWS": ["123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/a/b"] }),
        json!({ "AWS": "arn:aws:sts::123456789012:assumed-role/r/s" }),
        json!({ "Federated": "accounts.google.com" }),
    ] {
        trust(&policy(assume(principal.clone()))).unwrap_or_else(|refused| panic!("{principal}: {refused}"));
    }
    let refused = |statement: Value, words: &str| {
        assert_eq!(trust(&policy(statement)).unwrap_err().to_string(), words);
    };
    assert_eq!(trust("{").unwrap_err().to_string(), "This policy contains invalid Json");
    refused(json!({ "Effect": "Allow", "Action": "sts:AssumeRole" }), "Missing required field Principal");
    refused(json!({ "Effect": "Allow", "Principal": "*" }), "Missing required field Action");
    let mut with_resource = assume(json!("*"));
    with_resource["Resource"] = json!("*");
    refused(with_resource, "Has prohibited field Resource");
    let mut other = assume(json!("*"));
    other["Action"] = json!("s3:GetObject");
    refused(other, "AssumeRole policy may only specify STS AssumeRole actions.");
    refused(assume(json!({ "Service": "lambda" })), "Invalid principal in policy: \"SERVICE\":\"lambda\"");
    refused(assume(json!({ "AWS": "nobody" })), "Invalid principal in policy: \"AWS\":\"nobody\"");
    refused(
        assume(json!({ "AWS": "arn:aws:iam::123456789012:role/*" })),
        "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:role/*\"",
    );
}
