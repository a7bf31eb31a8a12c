//! What a caller may write as `Principal` in a permission, and how AWS writes it in the statement. Never asks whether the
//! account, user or role exists.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>

use serde_json::{Value, json};

/// What the statement has as `Principal`: everyone, a service, an account by its root, or a user, role or session by its
/// ARN; none for anything else.
#[must_use]
pub fn principal(given: &str, partition: &str) -> Option<Value> {
    if given == "*" {
        return Some(json!("*"));
    }
    if is_account(given) {
        return Some(json!({ "AWS": format!("arn:{partition}:iam::{given}:root") }));
    }
    if given.starts_with("arn:") {
        return is_identity(given, partition).then(|| json!({ "AWS": given }));
    }
    is_service(given).then(|| json!({ "Service": given }))
}

/// Whether a statement that somebody else wrote may name this principal, of this kind, in a policy of Lambda's.
#[must_use]
pub fn is_principal(kind: &str, given: &str, partition: &str) -> bool {
    match kind {
        "AWS" => given == "*" || is_account(given) || is_identity(given, partition),
        "Service" => is_service(given),
        "Federated" => !given.is_empty(),
        _ => false,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `arn:P:iam::A:root`, `…:user/U`, `…:role/R`, `arn:P:sts::A:assumed-role/R/S`, `…:federated-user/U`.
fn is_identity(text: &str, partition: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", in_partition, service @ ("iam" | "sts"), "", account, resource] = parts.as_slice() else {
        return false;
    };
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    let whole = match (*service, kind) {
        ("iam", "root") => *resource == "root",
        ("iam", "user" | "role") | ("sts", "federated-user") => is_path(name, 1),
        ("sts", "assumed-role") => is_path(name, 2),
        _ => false,
    };
    *in_partition == partition && is_account(account) && whole
}

/// Names between slashes, at least so many.
fn is_path(text: &str, least: usize) -> bool {
    let name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "+=,.@_-".contains(c));
    text.split('/').count() >= least && text.split('/').all(name)
}

/// A name of AWS's services: `s3.amazonaws.com`, `alexa-appkit.amazon.com`.
fn is_service(text: &str) -> bool {
    const ENDS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".amazon.com"];
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    ENDS.iter().any(|end| text.strip_suffix(end).is_some_and(|name| name.split('.').all(label)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_principal_is_written_as_aws_does() {
        let arn = |rest: &str| format!("arn:aws:{rest}");
        for (given, expected) in [
            ("*".to_owned(), json!("*")),
            ("111111111111".to_owned(), json!({ "AWS": "arn:aws:iam::111111111111:root" })),
            ("s3.amazonaws.com".to_owned(), json!({ "Service": "s3.amazonaws.com" })),
            ("logs.eu-west-1.amazonaws.com".to_owned(), json!({ "Service": "logs.eu-west-1.amazonaws.com" })),
            ("alexa-appkit.amazon.com".to_owned(), json!({ "Service": "alexa-appkit.amazon.com" })),
            (arn("iam::111111111111:root"), json!({ "AWS": "arn:aws:iam::111111111111:root" })),
            (arn("iam::111111111111:user/a/b"), json!({ "AWS": "arn:aws:iam::111111111111:user/a/b" })),
            (arn("iam::111111111111:role/r"), json!({ "AWS": "arn:aws:iam::111111111111:role/r" })),
            (
                arn("sts::111111111111:assumed-role/r/s"),
                json!({ "AWS": "arn:aws:sts::111111111111:assumed-role/r/s" }),
            ),
        ] {
            assert_eq!(principal(&given, "aws"), Some(expected), "{given}");
        }
        let china = json!({ "AWS": "arn:aws-cn:iam::111111111111:root" });
        assert_eq!(principal("111111111111", "aws-cn"), Some(china));
    }

    #[test]
    fn what_is_no_principal_is_refused() {
        for wrong in [
            "",
            "me",
            "11111111111",
            "invalid.nonaws.com",
            ".amazonaws.com",
            "s3..amazonaws.com",
            "arn:aws:iam::111111111111:role/*",
            "arn:aws:iam::111111111111:role/",
            "arn:aws:iam::111111111111:group/g",
            "arn:aws:iam::1:root",
            "arn:aws:sts::111111111111:assumed-role/r",
            "arn:aws-cn:iam::111111111111:root",
            "arn:aws:s3:::b",
        ] {
            assert_eq!(principal(wrong, "aws"), None, "{wrong}");
        }
    }
}
