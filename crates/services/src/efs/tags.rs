//! The tags of file systems and access points, by the operations of today and by those they replaced. The model has
//! checked what each key and value looks like.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_TagResource.html>

use std::sync::Arc;

use lambent_core::efs::{self, Tag};
use lambent_core::limits::{EFS_TAGS_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{StoreError, Transaction, tables};
use lambent_wire::efs::file_system::Tag as WireTag;
use lambent_wire::efs::tags::{
    CreateTagsRequest, DeleteTagsRequest, DescribeTagsRequest, DescribeTagsResponse,
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest, UntagResourceRequest,
};

use super::{Error, find, page, view};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// TagResource: tags that are there and not given stay.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn tag_resource(
    server: &Arc<Server>,
    context: &Context,
    request: TagResourceRequest,
) -> Result<Reply, Error> {
    let new = given(Some(request.tags))?;
    change(server, &context.caller, &request.resource_id, |tags| efs::set_tags(tags, new.clone())).await
}

/// UntagResource: keys that are not there are no error.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn untag_resource(
    server: &Arc<Server>,
    context: &Context,
    request: UntagResourceRequest,
) -> Result<Reply, Error> {
    let keys = request.tag_keys;
    change(server, &context.caller, &request.resource_id, |tags| tags.retain(|tag| !keys.contains(&tag.key)))
        .await
}

/// ListTagsForResource.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn list_tags_for_resource(
    server: &Arc<Server>,
    context: &Context,
    request: ListTagsForResourceRequest,
) -> Result<Reply, Error> {
    let tags = of(server, &context.caller, &request.resource_id).await?;
    let (tags, next_token) = paged(tags, request.next_token.as_deref(), request.max_results)?;
    Ok(Reply::of(ListTagsForResourceResponse { tags: Some(tags), next_token }))
}

/// CreateTags, which TagResource replaced.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn create_tags(
    server: &Arc<Server>,
    context: &Context,
    request: CreateTagsRequest,
) -> Result<Reply, Error> {
    let new = given(Some(request.tags))?;
    change(server, &context.caller, &request.file_system_id, |tags| efs::set_tags(tags, new.clone())).await
}

/// DeleteTags, which UntagResource replaced.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn delete_tags(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteTagsRequest,
) -> Result<Reply, Error> {
    let keys = request.tag_keys;
    let id = &request.file_system_id;
    change(server, &context.caller, id, |tags| tags.retain(|tag| !keys.contains(&tag.key))).await
}

/// DescribeTags, which ListTagsForResource replaced.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_tags(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeTagsRequest,
) -> Result<Reply, Error> {
    let tags = of(server, &context.caller, &request.file_system_id).await?;
    let (tags, next_marker) = paged(tags, request.marker.as_deref(), request.max_items)?;
    Ok(Reply::of(DescribeTagsResponse { marker: request.marker, tags, next_marker }))
}

/// The tags of a request, at most as many as a thing may have.
pub(super) fn given(tags: Option<Vec<WireTag>>) -> Result<Vec<Tag>, Error> {
    let mut read = Vec::new();
    let one = |tag: WireTag| Tag { key: tag.key, value: tag.value };
    efs::set_tags(&mut read, tags.into_iter().flatten().map(one).collect());
    check(&read).map(|()| read)
}

fn check(tags: &[Tag]) -> Result<(), Error> {
    if tags.len() > EFS_TAGS_MAX {
        return Err(Error::BadRequest(format!("The number of tags exceeds the limit of {EFS_TAGS_MAX}.")));
    }
    Ok(())
}

/// In the order they were given: the key of an item is its place.
fn paged(
    tags: Vec<Tag>,
    marker: Option<&str>,
    max: Option<i32>,
) -> Result<(Vec<WireTag>, Option<String>), Error> {
    let placed = tags.into_iter().enumerate().map(|(at, tag)| (format!("{at:03}"), tag)).collect();
    let (page, next) = page::of(placed, |(place, _): &(String, Tag)| place, marker, max)?;
    let tags: Vec<Tag> = page.into_iter().map(|(_, tag)| tag).collect();
    Ok((view::wire_tags(&tags), next))
}

fn is_access_point(id: &str) -> bool {
    id.rsplit('/').next().is_some_and(|id| id.starts_with("fsap-"))
}

async fn of(server: &Server, caller: &Caller, id: &str) -> Result<Vec<Tag>, Error> {
    if is_access_point(id) {
        return Ok(find::access_point(server, caller, id).await?.value.tags);
    }
    Ok(find::file_system(server, caller, id).await?.value.tags)
}

async fn change(
    server: &Server,
    caller: &Caller,
    id: &str,
    mut change: impl FnMut(&mut Vec<Tag>),
) -> Result<Reply, Error> {
    if !is_access_point(id) {
        let changed = find::change_file_system(server, caller, id, |file_system| {
            change(&mut file_system.tags);
            check(&file_system.tags)
        });
        return changed.await.map(|_| Reply::of(()));
    }
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let mut record = find::access_point(server, caller, id).await?;
        change(&mut record.value.tags);
        check(&record.value.tags)?;
        if find::written(server, Transaction::new().update(&tables::ACCESS_POINTS, &record)).await? {
            return Ok(Reply::of(()));
        }
    }
    Err(Error::Store(StoreError::Closed))
}
