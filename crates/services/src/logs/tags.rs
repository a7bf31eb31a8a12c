//! The tags of log groups, by ARN and, as older clients ask, by name.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::limits::TAGS_MAX;
use lambent_core::logs::group::GroupId;
use lambent_wire::logs::tags::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, ListTagsLogGroupRequest,
    ListTagsLogGroupResponse, TagLogGroupRequest, TagResourceRequest, UntagLogGroupRequest,
    UntagResourceRequest,
};

use super::{Error, lookup};
use crate::caller::Context;
use crate::{Reply, Server};

type Tags = BTreeMap<String, String>;

/// TagResource: tags that are there and not given stay.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn tag_resource(
    server: &Arc<Server>,
    _context: &Context,
    request: TagResourceRequest,
) -> Result<Reply, Error> {
    add(server, &read(&request.resource_arn)?, &request.tags).await
}

/// TagLogGroup: the same by name.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn tag_log_group(
    server: &Arc<Server>,
    context: &Context,
    request: TagLogGroupRequest,
) -> Result<Reply, Error> {
    add(server, &lookup::named(&context.caller, &request.log_group_name), &request.tags).await
}

/// UntagResource: keys that are not there are no error.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn untag_resource(
    server: &Arc<Server>,
    _context: &Context,
    request: UntagResourceRequest,
) -> Result<Reply, Error> {
    remove(server, &read(&request.resource_arn)?, &request.tag_keys).await
}

/// UntagLogGroup: the same by name.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn untag_log_group(
    server: &Arc<Server>,
    context: &Context,
    request: UntagLogGroupRequest,
) -> Result<Reply, Error> {
    remove(server, &lookup::named(&context.caller, &request.log_group_name), &request.tags).await
}

/// ListTagsForResource.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn list_tags_for_resource(
    server: &Arc<Server>,
    _context: &Context,
    request: ListTagsForResourceRequest,
) -> Result<Reply, Error> {
    let tags = lookup::read(server, &read(&request.resource_arn)?).await?.value.tags;
    Ok(Reply::of(ListTagsForResourceResponse { tags: Some(tags) }))
}

/// ListTagsLogGroup: the same by name.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn list_tags_log_group(
    server: &Arc<Server>,
    context: &Context,
    request: ListTagsLogGroupRequest,
) -> Result<Reply, Error> {
    let id = lookup::named(&context.caller, &request.log_group_name);
    let tags = lookup::read(server, &id).await?.value.tags;
    Ok(Reply::of(ListTagsLogGroupResponse { tags: Some(tags) }))
}

/// Checks all tags a group will have together. The model has checked each by itself.
pub(super) fn check(id: &GroupId, tags: &Tags) -> Result<(), Error> {
    let is_reserved = |key: &&String| key.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("aws:"));
    if tags.keys().any(|key| is_reserved(&key)) {
        let words = "User-defined tag keys can't start with aws:";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    if tags.len() > TAGS_MAX {
        return Err(Error::TooManyTags { arn: id.arn() });
    }
    Ok(())
}

fn read(arn: &str) -> Result<GroupId, Error> {
    let words = || Error::InvalidParameter(format!("The specified resource ARN is not valid: {arn}"));
    GroupId::read(arn).ok_or_else(words)
}

async fn add(server: &Server, id: &GroupId, tags: &Tags) -> Result<Reply, Error> {
    lookup::change(server, id, |group| {
        group.tags.extend(tags.clone());
        check(id, &group.tags)
    })
    .await?;
    Ok(Reply::of(()))
}

async fn remove(server: &Server, id: &GroupId, keys: &[String]) -> Result<Reply, Error> {
    lookup::change(server, id, |group| {
        group.tags.retain(|key, _| !keys.contains(key));
        Ok(())
    })
    .await?;
    Ok(Reply::of(()))
}
