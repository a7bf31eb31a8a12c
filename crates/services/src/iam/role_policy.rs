//! The operations on what a role holds: inline policies, attached ones, its boundary.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use std::sync::Arc;

use lambent_core::iam::role::Role;
use lambent_wire::iam::role_policy::{
    AttachRolePolicyRequest, DeleteRolePermissionsBoundaryRequest, DeleteRolePolicyRequest,
    DetachRolePolicyRequest, GetRolePolicyRequest, GetRolePolicyResponse, ListAttachedRolePoliciesRequest,
    ListAttachedRolePoliciesResponse, ListRolePoliciesRequest, ListRolePoliciesResponse,
    PutRolePermissionsBoundaryRequest, PutRolePolicyRequest,
};

use super::{Error, attached, bounds, find, inline, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutRolePolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn put_role_policy(
    server: &Arc<Server>,
    context: &Context,
    request: PutRolePolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let PutRolePolicyRequest { role_name, policy_name, policy_document } = &request;
    inline::put::<Role>(server, &realm, role_name, policy_name, policy_document).await?;
    Ok(Reply::of(()))
}

/// GetRolePolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_role_policy(
    server: &Arc<Server>,
    context: &Context,
    request: GetRolePolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let GetRolePolicyRequest { role_name, policy_name } = request;
    let text = inline::get::<Role>(server, &realm, &role_name, &policy_name).await?;
    Ok(Reply::of(GetRolePolicyResponse { role_name, policy_name, policy_document: view::document(&text) }))
}

/// DeleteRolePolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_role_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteRolePolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    inline::delete::<Role>(server, &realm, &request.role_name, &request.policy_name).await?;
    Ok(Reply::of(()))
}

/// ListRolePolicies.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_role_policies(
    server: &Arc<Server>,
    context: &Context,
    request: ListRolePoliciesRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let ListRolePoliciesRequest { role_name, marker, max_items } = &request;
    let page = inline::list::<Role>(server, &realm, role_name, marker.as_deref(), *max_items).await?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListRolePoliciesResponse { policy_names: page.items, is_truncated, marker: page.marker }))
}

/// AttachRolePolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn attach_role_policy(
    server: &Arc<Server>,
    context: &Context,
    request: AttachRolePolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    attached::attach::<Role>(server, &realm, &request.role_name, &request.policy_arn).await?;
    Ok(Reply::of(()))
}

/// DetachRolePolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn detach_role_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DetachRolePolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    attached::detach::<Role>(server, &realm, &request.role_name, &request.policy_arn).await?;
    Ok(Reply::of(()))
}

/// ListAttachedRolePolicies.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_attached_role_policies(
    server: &Arc<Server>,
    context: &Context,
    request: ListAttachedRolePoliciesRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let ListAttachedRolePoliciesRequest { role_name, path_prefix, marker, max_items } = &request;
    let (path, marker) = (path_prefix.as_deref(), marker.as_deref());
    let page = attached::list::<Role>(server, &realm, role_name, path, marker, *max_items).await?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListAttachedRolePoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated,
        marker: page.marker,
    }))
}

/// PutRolePermissionsBoundary.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn put_role_permissions_boundary(
    server: &Arc<Server>,
    context: &Context,
    request: PutRolePermissionsBoundaryRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    bounds::put::<Role>(server, &realm, &request.role_name, &request.permissions_boundary).await?;
    Ok(Reply::of(()))
}

/// DeleteRolePermissionsBoundary.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_role_permissions_boundary(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteRolePermissionsBoundaryRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    bounds::delete::<Role>(server, &realm, &request.role_name).await?;
    Ok(Reply::of(()))
}
