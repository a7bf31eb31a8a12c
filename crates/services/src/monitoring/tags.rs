//! The tags of alarms.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html>

use std::sync::Arc;

use lambent_core::limits::TAGS_MAX;
use lambent_core::monitoring::alarm::AlarmId;
use lambent_wire::monitoring::alarm::Tag;
use lambent_wire::monitoring::tags::{
    ListTagsForResourceInput, ListTagsForResourceOutput, TagResourceInput, TagResourceOutput,
    UntagResourceInput, UntagResourceOutput,
};

use super::{Error, alarm};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// TagResource: tags that are there and not given stay.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn tag_resource(
    server: &Arc<Server>,
    context: &Context,
    request: TagResourceInput,
) -> Result<Reply, Error> {
    let id = read(&context.caller, &request.resource_arn)?;
    let record = alarm::found(server, &id).await.map_err(missing)?;
    let mut tags = record.value.tags;
    tags.extend(request.tags.into_iter().map(|tag| (tag.key, tag.value)));
    if tags.len() > TAGS_MAX {
        return Err(Error::InvalidParameter(format!("A resource has {TAGS_MAX} tags at most.")));
    }
    alarm::change(server, &id, |alarm| std::mem::replace(&mut alarm.tags, tags.clone()) != tags)
        .await
        .map_err(missing)?;
    Ok(Reply::of(TagResourceOutput {}))
}

/// UntagResource: keys that are not there are no error.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn untag_resource(
    server: &Arc<Server>,
    context: &Context,
    request: UntagResourceInput,
) -> Result<Reply, Error> {
    let id = read(&context.caller, &request.resource_arn)?;
    let removed = alarm::change(server, &id, |alarm| {
        let before = alarm.tags.len();
        alarm.tags.retain(|key, _| !request.tag_keys.contains(key));
        alarm.tags.len() != before
    });
    removed.await.map_err(missing)?;
    Ok(Reply::of(UntagResourceOutput {}))
}

/// ListTagsForResource.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn list_tags_for_resource(
    server: &Arc<Server>,
    context: &Context,
    request: ListTagsForResourceInput,
) -> Result<Reply, Error> {
    let id = read(&context.caller, &request.resource_arn)?;
    let record = alarm::found(server, &id).await.map_err(missing)?;
    let tags = record.value.tags.into_iter().map(|(key, value)| Tag { key, value });
    Ok(Reply::of(ListTagsForResourceOutput { tags: Some(tags.collect()) }))
}

fn missing(error: Error) -> Error {
    if matches!(error, Error::NoAlarm(_)) { Error::NoResource } else { error }
}

/// The caller's own alarm of that ARN; there is nothing else with tags.
fn read(caller: &Caller, arn: &str) -> Result<AlarmId, Error> {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let [_, _, "cloudwatch", region, account, "alarm", name] = parts[..] else {
        return Err(Error::InvalidParameter(format!("Invalid arn syntax: {arn}")));
    };
    if account != caller.account.as_str() || region != caller.region.as_str() {
        return Err(Error::NoResource);
    }
    Ok(alarm::named(caller, name))
}
