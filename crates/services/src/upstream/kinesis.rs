//! What Kinesis says of streams. Never reads one.
//!
//! Source: <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html>

use serde_json::json;

use super::json::{Speaks, call};
use super::{Fault, Session};

/// Whether a stream is there, by its name.
pub(crate) async fn stream(session: &Session<'_>, name: &str) -> Result<(), Fault> {
    let speaks = Speaks { service: "kinesis", content_type: "application/x-amz-json-1.1" };
    let input = json!({ "StreamName": name });
    call(session, speaks, "Kinesis_20131202.DescribeStreamSummary", &input).await.map(drop)
}
