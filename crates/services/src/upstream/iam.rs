//! What IAM says of roles. Never judges one.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::{Fault, Session, query};

/// A role, as far as Lambda looks at it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// Its ARN.
    pub(crate) arn: String,
    /// Who may assume it: a policy document, as it was given to IAM.
    pub(crate) trust: String,
}

/// GetRole, by the name without the path.
pub(crate) async fn role(session: &Session<'_>, name: &str) -> Result<Role, Fault> {
    let fields = [("RoleName".to_owned(), name)];
    let answer: GetRole = query::call(session, "iam", ("GetRole", "2010-05-08"), &fields).await?;
    let Found { arn, assume_role_policy_document: trust } = answer.get_role_result.role;
    Ok(Role { arn, trust: percent_decode_str(&trust).decode_utf8_lossy().into_owned() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRole {
    get_role_result: GetRoleResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetRoleResult {
    role: Found,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    arn: String,
    #[serde(default)]
    assume_role_policy_document: String,
}
