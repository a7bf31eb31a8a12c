//! What KMS says of keys. Never uses one.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>

use serde_json::json;

use super::json::{Speaks, call};
use super::{Fault, Session};

/// The state of a key, such as `Enabled`, by the ARN of the key or of an alias of it.
pub(crate) async fn key_state(session: &Session<'_>, arn: &str) -> Result<String, Fault> {
    let speaks = Speaks { service: "kms", content_type: "application/x-amz-json-1.1" };
    let answer = call(session, speaks, "TrentService.DescribeKey", &json!({ "KeyId": arn })).await?;
    Ok(answer["KeyMetadata"]["KeyState"].as_str().unwrap_or_default().to_owned())
}
