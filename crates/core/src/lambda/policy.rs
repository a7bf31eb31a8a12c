//! The resource policy of one qualifier of a function or of one layer version: who else may use it. Never decides a
//! request: see `iam`.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Statements in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Each a JSON object in IAM's form, with its `Sid`, as text.
    pub statements: Vec<String>,
    /// Changes with every change of the policy.
    pub revision_id: Uuid,
}
