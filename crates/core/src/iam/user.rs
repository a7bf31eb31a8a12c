//! A user of an account, with its access keys. Never knows whether its credentials are used.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html>

use serde::{Deserialize, Serialize};

use super::access_key::AccessKey;
use super::holder::Holdings;
use super::realm::Realm;
use crate::time::Timestamp;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Where it is known.
    pub realm: Realm,
    /// `AIDA…`: no other user has or had it.
    pub id: String,
    /// As it was given; another user's differs by more than case.
    pub name: String,
    /// `/`, or `/division/`.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// In the order they were made.
    pub keys: Vec<AccessKey>,
    /// Its policies and tags.
    pub held: Holdings,
}

impl User {
    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        self.realm.arn("user", &self.path, &self.name)
    }
}
