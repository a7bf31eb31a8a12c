//! What a ValidationException says, in AWS's words.

use lambent_wire::constraints::{check, message};
use lambent_wire::lambda::function::shape::{CREATE_FUNCTION_REQUEST, LIST_FUNCTIONS_REQUEST};
use lambent_wire::lambda::invocation::shape::INVOCATION_REQUEST;
use lambent_wire::schema::Shape;
use serde_json::{Value as Json, json};

use crate::trees;

fn said(shape: &'static Shape, input: &Json) -> String {
    message(&check(shape, &trees::structure(shape, input)))
}

/// A CreateFunction that breaks nothing but what `with` sets.
fn create(with: &Json) -> Json {
    let mut input = json!({
        "FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Runtime": "python3.12",
        "Handler": "a.b", "Code": { "ZipFile": "zip" },
    });
    for (name, value) in with.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

#[test]
fn what_breaks_nothing_is_silent() {
    let whole = create(&json!({
        "Timeout": 900, "MemorySize": 10240, "Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"],
        "Environment": { "Variables": { "KEY": "value" } }, "Architectures": ["arm64"], "Tags": { "a": "" },
        "SnapStart": { "ApplyOn": "None" }, "LoggingConfig": { "LogFormat": "JSON", "LogGroup": "/aws/lambda/f" },
    }));
    assert_eq!(check(&CREATE_FUNCTION_REQUEST, &trees::structure(&CREATE_FUNCTION_REQUEST, &whole)), []);
}

#[test]
fn one_error_is_singular_and_two_are_plural() {
    let role = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
    let bad_role = create(&json!({ "Role": "admin" }));
    assert_eq!(
        said(&CREATE_FUNCTION_REQUEST, &bad_role),
        format!(
            "1 validation error detected: Value 'admin' at 'role' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: {role}"
        )
    );
    let two = create(&json!({ "Role": "admin", "Timeout": 0 }));
    assert_eq!(
        said(&CREATE_FUNCTION_REQUEST, &two),
        format!(
            "2 validation errors detected: Value 'admin' at 'role' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: {role}; Value '0' at 'timeout' failed to satisfy \
             constraint: Member must have value greater than or equal to 1"
        )
    );
}

#[test]
fn a_missing_member_prints_null() {
    assert_eq!(
        said(&INVOCATION_REQUEST, &json!({})),
        "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: \
         Member must not be null"
    );
}

#[test]
fn constraints_are_named_as_aws_names_them() {
    for (with, expected) in [
        (
            json!({ "SnapStart": { "ApplyOn": "Always" } }),
            "Value 'Always' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value \
             set: [PublishedVersions, None]",
        ),
        (
            json!({ "Description": "d".repeat(257) }),
            "at 'description' failed to satisfy constraint: Member must have length less than or equal to 256",
        ),
        (
            json!({ "Architectures": ["mips"] }),
            "Value '[mips]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: \
             [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
        ),
        (
            json!({ "Environment": { "Variables": { "1A": "x" } } }),
            "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy \
             constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must \
             not be null]",
        ),
        (
            json!({ "FileSystemConfigs": [{ "Arn": "x", "LocalMountPath": "/mnt/a" }] }),
            "Value 'x' at 'fileSystemConfigs.1.member.arn' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: ",
        ),
        (
            json!({ "KMSKeyArn": "k" }),
            "Value 'k' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression",
        ),
    ] {
        let said = said(&CREATE_FUNCTION_REQUEST, &create(&with));
        assert!(said.starts_with("1 validation error detected: ") && said.contains(expected), "{said}");
    }
}

#[test]
fn bounds_and_patterns_of_queries_and_paths_are_checked() {
    for max in [0, 10_001] {
        let bound = if max == 0 { "greater than or equal to 1" } else { "less than or equal to 10000" };
        let said = said(&LIST_FUNCTIONS_REQUEST, &json!({ "MaxItems": max }));
        assert!(said.ends_with(&format!("Member must have value {bound}")), "{said}");
    }
    let said = said(&INVOCATION_REQUEST, &json!({ "FunctionName": "a b", "Qualifier": "a b" }));
    assert!(said.starts_with("2 validation errors"), "{said}");
}
