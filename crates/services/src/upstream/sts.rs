//! What STS gives: temporary credentials of roles. Never keeps them.
//!
//! Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use lambent_core::time::Timestamp;
use lambent_wire::timestamp::Timestamp as Written;
use serde::Deserialize;

use super::{Credentials, Fault, Session, UpstreamError, query};

/// Temporary credentials.
#[derive(Debug)]
pub(crate) struct Assumed {
    pub(crate) credentials: Credentials,
    /// Until then.
    pub(crate) expires: Timestamp,
}

/// AssumeRole.
pub(crate) async fn assume_role(
    session: &Session<'_>,
    role_arn: &str,
    session_name: &str,
) -> Result<Assumed, Fault> {
    let fields = [("RoleArn".to_owned(), role_arn), ("RoleSessionName".to_owned(), session_name)];
    let answer: AssumeRole = query::call(session, "sts", ("AssumeRole", "2011-06-15"), &fields).await?;
    let Given { access_key_id, secret_access_key: secret, session_token, expiration } =
        answer.assume_role_result.credentials;
    let unreadable = |_| UpstreamError::Unreadable { service: "sts", detail: expiration.clone() };
    let expires = Timestamp::from_millis(Written::parse(&expiration).map_err(unreadable)?.as_millis());
    let credentials = Credentials { access_key_id, secret, session_token: Some(session_token) };
    Ok(Assumed { credentials, expires })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRole {
    assume_role_result: AssumeRoleResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRoleResult {
    credentials: Given,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}
