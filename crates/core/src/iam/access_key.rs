//! An access key of a user. Never says whether a signature made with it is right.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// An access key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`, 20 characters.
    pub id: String,
    /// 40 characters.
    pub secret: String,
    /// Whether requests may be signed with it.
    pub is_active: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// The last use of an access key or a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// The service that was called, as requests are signed for it.
    pub service: String,
    /// The region the request was signed for.
    pub region: String,
}

// The secret may not appear in logs.
impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, is_active, created, .. } = self;
        f.debug_struct("AccessKey")
            .field("id", id)
            .field("is_active", is_active)
            .field("created", created)
            .finish_non_exhaustive()
    }
}
