//! Topics of SNS: whether one is there, and messages to it. Never subscribes to one.
//!
//! Sources: <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>,
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Attribute, Fault, Session, query};

const VERSION: &str = "2010-03-31";

/// Whether a topic is there, by its ARN.
pub(crate) async fn topic(session: &Session<'_>, arn: &str) -> Result<(), Fault> {
    let fields = [("TopicArn".to_owned(), arn)];
    query::call::<IgnoredAny>(session, "sns", ("GetTopicAttributes", VERSION), &fields).await.map(drop)
}

/// Publishes a message to a topic, by its ARN.
pub(crate) async fn publish(
    session: &Session<'_>,
    arn: &str,
    message: &str,
    attributes: &[Attribute],
) -> Result<(), Fault> {
    publish_with_subject(session, arn, message, None, attributes).await
}

/// The same with the subject that mails have.
pub(crate) async fn publish_with_subject(
    session: &Session<'_>,
    arn: &str,
    message: &str,
    subject: Option<&str>,
    attributes: &[Attribute],
) -> Result<(), Fault> {
    let mut fields = vec![("TopicArn".to_owned(), arn), ("Message".to_owned(), message)];
    fields.extend(subject.map(|subject| ("Subject".to_owned(), subject)));
    for (number, (name, kind, value)) in (1..).zip(attributes) {
        let entry = format!("MessageAttributes.entry.{number}");
        fields.push((format!("{entry}.Name"), name));
        fields.push((format!("{entry}.Value.DataType"), kind));
        fields.push((format!("{entry}.Value.StringValue"), value));
    }
    let _publishing = session.publishing();
    let answer: Answer = query::call(session, "sns", ("Publish", VERSION), &fields).await?;
    if let Some(id) = answer.publish_result.and_then(|result| result.message_id) {
        session.published(&id);
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    publish_result: Option<PublishResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishResult {
    message_id: Option<String>,
}
