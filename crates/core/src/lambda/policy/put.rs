//! A whole policy as PutResourcePolicy takes it: read, and checked to be about its resource. Never merges it with what is
//! there.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html>

use serde_json::Value;
use uuid::Uuid;

use super::{POLICY_MAX_BYTES, Policy, PolicyError, is_principal};
use crate::iam::{Choice, Document, DocumentError, Statement, wildcard};

impl Policy {
    /// Reads the policy of a resource from its text.
    ///
    /// # Errors
    /// [`PolicyError`] for a text that is no policy, is too long, names no principal or an unknown one, or is about other
    /// actions than Lambda's or another resource.
    pub fn put(text: &str, resource: &str, revision_id: Uuid) -> Result<Self, PolicyError> {
        let document = Document::parse(text)?;
        let content = |words: &str| PolicyError::Content(words.to_owned());
        if document.statements.is_empty() {
            return Err(content("it has no statement"));
        }
        for statement in &document.statements {
            check(statement, resource).map_err(PolicyError::Content)?;
        }
        let sids: Vec<&String> = document.statements.iter().filter_map(|s| s.sid.as_ref()).collect();
        if (1..sids.len()).any(|n| sids[..n].contains(&sids[n])) {
            return Err(content("statement ids must be unique"));
        }
        let policy = Self::keep(text, revision_id)?;
        let size_bytes = policy.text().len();
        if size_bytes > POLICY_MAX_BYTES { Err(PolicyError::TooLong { size_bytes }) } else { Ok(policy) }
    }

    /// The statements as they were written, which is how they are shown again.
    fn keep(text: &str, revision_id: Uuid) -> Result<Self, PolicyError> {
        let mut raw: Value = serde_json::from_str(text).map_err(DocumentError::from)?;
        let statements = match raw["Statement"].take() {
            Value::Array(statements) => statements,
            one @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                vec![one]
            }
        };
        let text = |member: &str| raw.get(member).and_then(Value::as_str).map(str::to_owned);
        let version = text("Version").unwrap_or_else(|| "2008-10-17".to_owned());
        Ok(Self { version, id: text("Id"), statements, revision_id })
    }
}

fn check(statement: &Statement, resource: &str) -> Result<(), String> {
    let partition = resource.split(':').nth(1).unwrap_or_default();
    let Some(Choice::Only(principals) | Choice::AllBut(principals)) = &statement.principals else {
        return Err("each statement must have a principal".to_owned());
    };
    if let Some((_, wrong)) = principals.names().find(|(kind, name)| !is_principal(kind, name, partition)) {
        return Err(format!("invalid principal: {wrong}"));
    }
    let (Choice::Only(actions) | Choice::AllBut(actions)) = &statement.actions;
    if let Some(wrong) = actions.iter().find(|action| !is_lambdas(action)) {
        return Err(format!("invalid action: {wrong}"));
    }
    match &statement.resources {
        Some(Choice::Only(resources)) if resources.iter().any(|pattern| wildcard(pattern, resource)) => {
            Ok(())
        }
        Some(Choice::Only(_) | Choice::AllBut(_)) | None => {
            Err(format!("each statement must have the resource {resource}"))
        }
    }
}

fn is_lambdas(action: &str) -> bool {
    action == "*" || action.get(..7).is_some_and(|service| service.eq_ignore_ascii_case("lambda:"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:lambda:us-east-1:111111111111:function:f";

    fn put(with: &Value) -> Result<Policy, PolicyError> {
        let mut statement =
            json!({ "Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": ARN });
        statement.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        Policy::put(&json!({ "Statement": [statement] }).to_string(), ARN, Uuid::nil())
    }

    #[test]
    fn a_document_is_kept_as_it_was_written() {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Resource":"{ARN}","Action":["lambda:GetFunction"],"Principal":{{"AWS":"111111111111"}},"Effect":"Deny"}}]}}"#
        );
        let policy = Policy::put(&text, ARN, Uuid::nil()).unwrap();
        assert_eq!(policy.text(), text);
        assert_eq!(policy.document().unwrap(), Document::parse(&text).unwrap());
    }

    #[test]
    fn a_document_about_something_else_is_refused() {
        for (with, words) in [
            (json!({ "Principal": null }), "each statement must have a principal"),
            (json!({ "Principal": { "AWS": "me" } }), "invalid principal: me"),
            (json!({ "Principal": { "CanonicalUser": "79a5" } }), "invalid principal: 79a5"),
            (json!({ "Action": ["lambda:x", "s3:GetObject"] }), "invalid action: s3:GetObject"),
            (json!({ "Resource": format!("{ARN}:1") }), "each statement must have the resource"),
            (json!({ "Resource": null }), "each statement must have the resource"),
        ] {
            let refused = put(&with).unwrap_err().to_string();
            assert!(refused.contains(words), "{with}: {refused}");
        }
        assert!(put(&json!({ "Resource": "*" })).is_ok());
        let none = Policy::put(r#"{"Statement":[]}"#, ARN, Uuid::nil()).unwrap_err().to_string();
        assert!(none.contains("no statement"), "{none}");
        assert!(Policy::put("{", ARN, Uuid::nil()).is_err());
    }
}
