//! A role, which others assume. Never says who may: its trust policy does, to who evaluates it.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>

use serde::{Deserialize, Serialize};

use super::holder::Holdings;
use super::realm::Realm;
use crate::time::Timestamp;

/// The path of roles that services make for themselves.
const SERVICE_PATH: &str = "/aws-service-role/";

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Where it is known.
    pub realm: Realm,
    /// `AROA…`: no other role has or had it.
    pub id: String,
    /// As it was given; another role's differs by more than case.
    pub name: String,
    /// `/`, or `/service-role/`.
    pub path: String,
    /// At most 1,000 characters.
    pub description: Option<String>,
    /// Who may assume it: a policy as it was given.
    pub trust: String,
    /// How long a session may last, 3,600 to 43,200 seconds.
    pub session_max_s: u32,
    /// When it was made.
    pub created: Timestamp,
    /// Its policies and tags.
    pub held: Holdings,
}

impl Role {
    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        self.realm.arn("role", &self.path, &self.name)
    }

    /// Whether it belongs to a service, so that nobody else may change it.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.path.starts_with(SERVICE_PATH)
    }

    /// The path of the roles of a service: `lambda.amazonaws.com`.
    #[must_use]
    pub fn service_path(service: &str) -> String {
        format!("{SERVICE_PATH}{service}/")
    }
}
