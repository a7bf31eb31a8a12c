//! The resource policy of one qualifier of a function or of one layer version: who else may use it. Never decides a
//! request: see `iam`.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

mod action;
mod permission;
mod principal;
mod put;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::iam::{Document, DocumentError};
use crate::limits::POLICY_MAX_BYTES;

pub use action::is_of_functions;
pub use permission::Permission;
pub use principal::{is_principal, principal};

/// What `Version` says where AWS writes the document itself.
const VERSION: &str = "2012-10-17";
/// What `Id` says there.
const ID: &str = "default";

/// A policy: statements in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// `Version`, as IAM reads it.
    #[serde(default = "version")]
    version: String,
    /// `Id`; none where a document was put that has none.
    #[serde(default = "id")]
    id: Option<String>,
    /// Each a JSON object in IAM's form.
    statements: Vec<Value>,
    /// Changes with every change of the policy. The policy of a function shows the revision of what it stands on instead.
    pub revision_id: Uuid,
}

fn version() -> String {
    VERSION.to_owned()
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional member")]
fn id() -> Option<String> {
    Some(ID.to_owned())
}

/// Why a policy cannot be as asked.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A statement of that name is there.
    #[error(
        "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing statement."
    )]
    DuplicateSid {
        /// The name.
        sid: String,
    },
    /// No statement of that name is there.
    #[error("Statement {sid} is not found in resource policy.")]
    NoStatement {
        /// The name.
        sid: String,
    },
    /// The document would be longer than 20,480 bytes.
    #[error("The final policy size ({size_bytes}) is bigger than the limit ({}).", POLICY_MAX_BYTES)]
    TooLong {
        /// What its length would be.
        size_bytes: usize,
    },
    /// A text that is no policy.
    #[error("The provided policy document is invalid: {0}")]
    Document(#[from] DocumentError),
    /// A policy that would not be one of this resource.
    #[error("The provided policy document is invalid: {0}")]
    Content(String),
}

impl Policy {
    /// One without statements.
    #[must_use]
    pub fn new(revision_id: Uuid) -> Self {
        Self { version: version(), id: id(), statements: Vec::new(), revision_id }
    }

    /// Adds a statement behind the others.
    ///
    /// # Errors
    /// [`PolicyError::DuplicateSid`], [`PolicyError::TooLong`].
    pub fn add(&mut self, permission: &Permission<'_>, revision_id: Uuid) -> Result<Value, PolicyError> {
        if self.has(permission.sid) {
            return Err(PolicyError::DuplicateSid { sid: permission.sid.to_owned() });
        }
        let statement = permission.statement();
        self.statements.push(statement.clone());
        self.revision_id = revision_id;
        let size_bytes = self.text().len();
        if size_bytes > POLICY_MAX_BYTES {
            return Err(PolicyError::TooLong { size_bytes });
        }
        Ok(statement)
    }

    /// Takes a statement out.
    ///
    /// # Errors
    /// [`PolicyError::NoStatement`].
    pub fn remove(&mut self, sid: &str, revision_id: Uuid) -> Result<(), PolicyError> {
        if !self.has(sid) {
            return Err(PolicyError::NoStatement { sid: sid.to_owned() });
        }
        self.statements.retain(|statement| statement["Sid"] != *sid);
        self.revision_id = revision_id;
        Ok(())
    }

    /// The statement of that name, as it is shown.
    #[must_use]
    pub fn statement(&self, sid: &str) -> Option<&Value> {
        self.statements.iter().find(|statement| statement["Sid"] == *sid)
    }

    /// Whether it has a statement of that name.
    #[must_use]
    pub fn has(&self, sid: &str) -> bool {
        self.statement(sid).is_some()
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The document as AWS shows it: compact JSON, `Version`, `Id`, `Statement`.
    #[must_use]
    pub fn text(&self) -> String {
        self.value().to_string()
    }

    /// The document as what decides requests.
    ///
    /// # Errors
    /// [`DocumentError`] for a stored policy that this server does not understand: it must then allow nothing.
    pub fn document(&self) -> Result<Document, DocumentError> {
        Document::read(&self.value())
    }

    fn value(&self) -> Value {
        let mut document = Map::new();
        document.insert("Version".to_owned(), json!(self.version));
        document.extend(self.id.as_ref().map(|id| ("Id".to_owned(), json!(id))));
        document.insert("Statement".to_owned(), Value::Array(self.statements.clone()));
        Value::Object(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:lambda:us-east-1:111111111111:function:f";

    fn permission(sid: &str) -> Permission<'_> {
        Permission { sid, action: "lambda:InvokeFunction", resource: ARN, ..Permission::default() }
    }

    #[test]
    fn statements_are_added_and_removed_by_name() {
        let mut policy = Policy::new(Uuid::nil());
        for sid in ["a", "b"] {
            policy.add(&permission(sid), Uuid::from_u128(1)).unwrap();
        }
        assert!(matches!(policy.add(&permission("a"), Uuid::nil()), Err(PolicyError::DuplicateSid { .. })));
        assert!(matches!(policy.remove("c", Uuid::nil()), Err(PolicyError::NoStatement { .. })));
        let text = format!(
            r#"{{"Version":"2012-10-17","Id":"default","Statement":[{{"Sid":"a","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"{ARN}"}},{{"Sid":"b","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"{ARN}"}}]}}"#
        );
        assert_eq!(policy.text(), text);
        policy.remove("a", Uuid::from_u128(2)).unwrap();
        assert!(!policy.has("a") && policy.has("b") && !policy.is_empty());
        assert_eq!(policy.revision_id, Uuid::from_u128(2));
        let kept = serde_json::from_str::<Policy>(&serde_json::to_string(&policy).unwrap()).unwrap();
        assert_eq!(kept, policy);
    }

    #[test]
    fn a_policy_is_20_kilobytes_at_most() {
        let mut policy = Policy::new(Uuid::nil());
        let mut added = 0;
        let size_bytes = loop {
            let sid = format!("{added:0100}");
            match policy.add(&permission(&sid), Uuid::nil()) {
                Ok(_) => added += 1,
                Err(PolicyError::TooLong { size_bytes }) => break size_bytes,
                Err(other) => panic!("{other}"),
            }
        };
        assert!(size_bytes > POLICY_MAX_BYTES && size_bytes < POLICY_MAX_BYTES + 300, "{size_bytes}");
        let words = PolicyError::TooLong { size_bytes }.to_string();
        assert_eq!(words, format!("The final policy size ({size_bytes}) is bigger than the limit (20480)."));
    }
}
