//! The operations on what a user holds: inline policies, attached ones, its boundary.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>

use std::sync::Arc;

use lambent_core::iam::user::User;
use lambent_wire::iam::user_policy::{
    AttachUserPolicyRequest, DeleteUserPermissionsBoundaryRequest, DeleteUserPolicyRequest,
    DetachUserPolicyRequest, GetUserPolicyRequest, GetUserPolicyResponse, ListAttachedUserPoliciesRequest,
    ListAttachedUserPoliciesResponse, ListUserPoliciesRequest, ListUserPoliciesResponse,
    PutUserPermissionsBoundaryRequest, PutUserPolicyRequest,
};

use super::{Error, attached, bounds, find, inline, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutUserPolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn put_user_policy(
    server: &Arc<Server>,
    context: &Context,
    request: PutUserPolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let PutUserPolicyRequest { user_name, policy_name, policy_document } = &request;
    inline::put::<User>(server, &realm, user_name, policy_name, policy_document).await?;
    Ok(Reply::of(()))
}

/// GetUserPolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_user_policy(
    server: &Arc<Server>,
    context: &Context,
    request: GetUserPolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let GetUserPolicyRequest { user_name, policy_name } = request;
    let text = inline::get::<User>(server, &realm, &user_name, &policy_name).await?;
    Ok(Reply::of(GetUserPolicyResponse { user_name, policy_name, policy_document: view::document(&text) }))
}

/// DeleteUserPolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_user_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteUserPolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    inline::delete::<User>(server, &realm, &request.user_name, &request.policy_name).await?;
    Ok(Reply::of(()))
}

/// ListUserPolicies.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_user_policies(
    server: &Arc<Server>,
    context: &Context,
    request: ListUserPoliciesRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let ListUserPoliciesRequest { user_name, marker, max_items } = &request;
    let page = inline::list::<User>(server, &realm, user_name, marker.as_deref(), *max_items).await?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListUserPoliciesResponse { policy_names: page.items, is_truncated, marker: page.marker }))
}

/// AttachUserPolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn attach_user_policy(
    server: &Arc<Server>,
    context: &Context,
    request: AttachUserPolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    attached::attach::<User>(server, &realm, &request.user_name, &request.policy_arn).await?;
    Ok(Reply::of(()))
}

/// DetachUserPolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn detach_user_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DetachUserPolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    attached::detach::<User>(server, &realm, &request.user_name, &request.policy_arn).await?;
    Ok(Reply::of(()))
}

/// ListAttachedUserPolicies.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_attached_user_policies(
    server: &Arc<Server>,
    context: &Context,
    request: ListAttachedUserPoliciesRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let ListAttachedUserPoliciesRequest { user_name, path_prefix, marker, max_items } = &request;
    let (path, marker) = (path_prefix.as_deref(), marker.as_deref());
    let page = attached::list::<User>(server, &realm, user_name, path, marker, *max_items).await?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListAttachedUserPoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated,
        marker: page.marker,
    }))
}

/// PutUserPermissionsBoundary.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn put_user_permissions_boundary(
    server: &Arc<Server>,
    context: &Context,
    request: PutUserPermissionsBoundaryRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    bounds::put::<User>(server, &realm, &request.user_name, &request.permissions_boundary).await?;
    Ok(Reply::of(()))
}

/// DeleteUserPermissionsBoundary.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_user_permissions_boundary(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteUserPermissionsBoundaryRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    bounds::delete::<User>(server, &realm, &request.user_name).await?;
    Ok(Reply::of(()))
}
