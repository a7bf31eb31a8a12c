//! The operations on the tags of users, roles and managed policies.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html>

use std::sync::Arc;

use lambent_core::iam::managed_policy::ManagedPolicy;
use lambent_core::iam::role::Role;
use lambent_core::iam::tag::{self, Tag};
use lambent_core::iam::user::User;
use lambent_core::limits::IAM_TAGS_MAX;
use lambent_wire::iam::tags::{
    ListPolicyTagsRequest, ListPolicyTagsResponse, ListRoleTagsRequest, ListRoleTagsResponse,
    ListUserTagsRequest, ListUserTagsResponse, TagPolicyRequest, TagRoleRequest, TagUserRequest,
    UntagPolicyRequest, UntagRoleRequest, UntagUserRequest,
};
use lambent_wire::iam::user::Tag as WireTag;

use super::find::Policy;
use super::holder::Holder;
use super::page::Page;
use super::{Error, find, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// The tags of a request: each key once.
pub(super) fn given(tags: Option<Vec<WireTag>>) -> Result<Vec<Tag>, Error> {
    let one = |tag: WireTag| Tag { key: tag.key, value: tag.value };
    let tags: Vec<Tag> = tags.into_iter().flatten().map(one).collect();
    if tag::has_duplicates(&tags) {
        return Err(Error::InvalidInput(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.".to_owned(),
        ));
    }
    set(&mut Vec::new(), tags.clone())?;
    let mut sorted = Vec::new();
    tag::set(&mut sorted, tags);
    Ok(sorted)
}

fn set(tags: &mut Vec<Tag>, new: Vec<Tag>) -> Result<(), Error> {
    tag::set(tags, new);
    if tags.len() > IAM_TAGS_MAX {
        return Err(Error::Limit(format!(
            "The number of tags has reached the maximum limit of {IAM_TAGS_MAX}."
        )));
    }
    Ok(())
}

async fn tag_holder<H: Holder>(
    server: &Server,
    context: &Context,
    name: &str,
    tags: Vec<WireTag>,
) -> Result<Reply, Error> {
    let new = given(Some(tags))?;
    let realm = find::realm(&context.caller);
    let changed =
        find::change::<H>(server, &realm, name, |record| set(&mut record.held_mut().tags, new.clone()));
    changed.await.map(|_| Reply::of(()))
}

async fn untag_holder<H: Holder>(
    server: &Server,
    context: &Context,
    name: &str,
    keys: &[String],
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let changed = find::change::<H>(server, &realm, name, |record| {
        tag::unset(&mut record.held_mut().tags, keys);
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}

async fn list_of<H: Holder>(
    server: &Server,
    context: &Context,
    name: &str,
    marker: Option<&str>,
    max: Option<i32>,
) -> Result<Page<WireTag>, Error> {
    let found = find::holder::<H>(server, &find::realm(&context.caller), name).await?.value;
    Page::in_place(view::tags(&found.held().tags), marker, max)
}

/// TagUser.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn tag_user(
    server: &Arc<Server>,
    context: &Context,
    request: TagUserRequest,
) -> Result<Reply, Error> {
    tag_holder::<User>(server, context, &request.user_name, request.tags).await
}

/// UntagUser: keys that are not there are no error.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn untag_user(
    server: &Arc<Server>,
    context: &Context,
    request: UntagUserRequest,
) -> Result<Reply, Error> {
    untag_holder::<User>(server, context, &request.user_name, &request.tag_keys).await
}

/// ListUserTags.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_user_tags(
    server: &Arc<Server>,
    context: &Context,
    request: ListUserTagsRequest,
) -> Result<Reply, Error> {
    let ListUserTagsRequest { user_name, marker, max_items } = &request;
    let page = list_of::<User>(server, context, user_name, marker.as_deref(), *max_items).await?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListUserTagsResponse { tags: page.items, is_truncated, marker: page.marker }))
}

/// TagRole.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn tag_role(
    server: &Arc<Server>,
    context: &Context,
    request: TagRoleRequest,
) -> Result<Reply, Error> {
    tag_holder::<Role>(server, context, &request.role_name, request.tags).await
}

/// UntagRole: keys that are not there are no error.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn untag_role(
    server: &Arc<Server>,
    context: &Context,
    request: UntagRoleRequest,
) -> Result<Reply, Error> {
    untag_holder::<Role>(server, context, &request.role_name, &request.tag_keys).await
}

/// ListRoleTags.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_role_tags(
    server: &Arc<Server>,
    context: &Context,
    request: ListRoleTagsRequest,
) -> Result<Reply, Error> {
    let ListRoleTagsRequest { role_name, marker, max_items } = &request;
    let page = list_of::<Role>(server, context, role_name, marker.as_deref(), *max_items).await?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListRoleTagsResponse { tags: page.items, is_truncated, marker: page.marker }))
}

/// TagPolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn tag_policy(
    server: &Arc<Server>,
    context: &Context,
    request: TagPolicyRequest,
) -> Result<Reply, Error> {
    let new = given(Some(request.tags))?;
    let realm = find::realm(&context.caller);
    let change = |policy: &mut ManagedPolicy| set(&mut policy.tags, new.clone());
    find::change_policy(server, &realm, &request.policy_arn, change).await.map(|_| Reply::of(()))
}

/// UntagPolicy: keys that are not there are no error.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn untag_policy(
    server: &Arc<Server>,
    context: &Context,
    request: UntagPolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let change = |policy: &mut ManagedPolicy| {
        tag::unset(&mut policy.tags, &request.tag_keys);
        Ok(())
    };
    find::change_policy(server, &realm, &request.policy_arn, change).await.map(|_| Reply::of(()))
}

/// ListPolicyTags: those of AWS have none.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_policy_tags(
    server: &Arc<Server>,
    context: &Context,
    request: ListPolicyTagsRequest,
) -> Result<Reply, Error> {
    let arn = &request.policy_arn;
    let tags = match find::policy(server, &find::realm(&context.caller), arn).await? {
        Some(Policy::Own(record)) => view::tags(&record.value.tags),
        Some(Policy::Aws(_)) => Vec::new(),
        None => return Err(Error::NoSuchPolicy(arn.clone())),
    };
    let page = Page::in_place(tags, request.marker.as_deref(), request.max_items)?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListPolicyTagsResponse { tags: page.items, is_truncated, marker: page.marker }))
}
