//! What DynamoDB says of tables. Never reads one, nor a stream.
//!
//! Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html>

use serde_json::json;

use super::json::{Speaks, call};
use super::{Fault, Session};

/// Whether a table is there whose latest stream has this ARN.
pub(crate) async fn has_stream(session: &Session<'_>, table: &str, arn: &str) -> Result<bool, Fault> {
    let speaks = Speaks { service: "dynamodb", content_type: "application/x-amz-json-1.0" };
    let input = json!({ "TableName": table });
    let answer = call(session, speaks, "DynamoDB_20120810.DescribeTable", &input).await?;
    Ok(answer["Table"]["LatestStreamArn"] == *arn)
}
