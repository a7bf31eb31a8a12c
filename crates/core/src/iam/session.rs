//! Temporary credentials and who they make of their bearer. Never decides what the bearer may do.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html>

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::time::Timestamp;

/// A session, as it is kept until it ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// `ASIA…`.
    pub access_key_id: String,
    /// Its secret.
    pub secret: String,
    /// What requests must bring along.
    pub token: String,
    /// Whose it is.
    pub account: AccountId,
    /// As policies and refusals name the bearer: `arn:aws:sts::A:assumed-role/R/S`, or the user's or owner's own ARN.
    pub arn: String,
    /// `aws:userid`: `AROA…:S`, `AIDA…` or the account.
    pub unique_id: String,
    /// Whose permissions it has.
    pub holder: Holder,
    /// The policies that limit it, as their texts; none of them limits nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The managed policies that limit it, by their ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy_arns: Vec<String>,
    /// Its tags: `aws:PrincipalTag/…`, before those of the role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The keys of the tags that the next session in the chain inherits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub transitive: BTreeSet<String>,
    /// `aws:SourceIdentity`, which stays through the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// The function whose environment has it: `lambda:SourceFunctionArn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// When it was given out.
    pub issued: Timestamp,
    /// When it is good no more.
    pub ends: Timestamp,
}

/// Whose permissions a session has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// The owner's.
    Owner,
    /// A user's.
    User {
        /// Its ARN, with its path.
        arn: String,
    },
    /// A role's.
    Role {
        /// Its ARN, with its path.
        arn: String,
        /// `AROA…`, where the role was kept when the session began: another role of that name is not meant.
        unique_id: Option<String>,
    },
}

impl Session {
    /// The role's own ARN, for the session of one.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match &self.holder {
            Holder::Role { arn, .. } => Some(arn),
            Holder::Owner | Holder::User { .. } => None,
        }
    }
}

// Neither the secret nor the token belongs in a log.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("access_key_id", &self.access_key_id)
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}
