//! How IAM speaks of members that its model does not allow: of names and paths otherwise than other services. Judges nothing.

use lambent_wire::constraints::{self, Violation};

/// What AWS calls a pattern's failure.
const PATTERN: &str = "Member must satisfy regular expression pattern";

/// The message of a ValidationError.
pub(crate) fn message(violations: &[Violation]) -> String {
    let told = violations.iter().find_map(|violation| {
        let words = allowed(&violation.path).filter(|_| violation.constraint.starts_with(PATTERN))?;
        Some(format!("The specified value for {} is invalid. {words}", violation.path))
    });
    told.unwrap_or_else(|| constraints::message(violations))
}

/// What may stand there, for the members of which IAM says it.
fn allowed(path: &str) -> Option<&'static str> {
    match path {
        "path" | "newPath" => {
            Some("It must begin and end with / and contain only alphanumeric characters and/or / characters.")
        }
        "pathPrefix" => {
            Some("It must begin with / and contain only alphanumeric characters and/or / characters.")
        }
        "userName" | "newUserName" | "roleName" | "policyName" => {
            Some("It must contain only alphanumeric characters and/or the following: +=,.@_-")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lambent_wire::iam::role::shape::CREATE_ROLE_REQUEST;
    use lambent_wire::value::{Structure, Value};

    use super::*;

    #[test]
    fn names_and_paths_have_words_of_their_own() {
        let said = |name: &str, path: &str| {
            let mut given = Structure::new();
            for (member, value) in [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", "{}")] {
                given.set(member, Value::String(value.to_owned()));
            }
            message(&constraints::check(&CREATE_ROLE_REQUEST, &Value::Structure(given)))
        };
        assert_eq!(
            said("a b", "/"),
            "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
        );
        assert!(
            said("a", "b")
                .starts_with("The specified value for path is invalid. It must begin and end with /")
        );
        let long = "x".repeat(65);
        assert_eq!(
            said(&long, "/"),
            format!(
                "1 validation error detected: Value '{long}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64"
            )
        );
    }
}
