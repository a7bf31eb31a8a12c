//! What SNS says of topics. Never publishes to one.
//!
//! Source: <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>

use serde::de::IgnoredAny;

use super::{Fault, Session, query};

/// Whether a topic is there, by its ARN.
pub(crate) async fn topic(session: &Session<'_>, arn: &str) -> Result<(), Fault> {
    let fields = [("TopicArn".to_owned(), arn)];
    let action = ("GetTopicAttributes", "2010-03-31");
    query::call::<IgnoredAny>(session, "sns", action, &fields).await.map(drop)
}
