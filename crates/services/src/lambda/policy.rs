//! The resource policies of functions, versions and aliases: permission by permission, or the whole document. Never
//! decides a request: see `pipeline/authorise`.
//!
//! A policy shows the revision of what it stands on, and a change of the one is a change of the other.

mod document;
mod stand;

use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::policy::{Permission, Policy, PolicyError, is_of_functions, principal};
use lambent_wire::lambda::policy::{
    AddPermissionRequest, AddPermissionResponse, GetPolicyRequest, GetPolicyResponse, RemovePermissionRequest,
};

use super::Error;
use super::names::Target;
use crate::caller::Context;
use crate::{Reply, Server};
pub use document::{delete_resource_policy, get_resource_policy, put_resource_policy};
use stand::Stand;

/// What shows the revision that a change of a policy is conditional on.
const STALE: &str = "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id";

/// AddPermission.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn add_permission(
    server: &Arc<Server>,
    context: &Context,
    request: AddPermissionRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    if target.qualifier == Some(Qualifier::Latest) {
        return Err(invalid("We currently do not support adding policies for $LATEST."));
    }
    let resource = target.arn();
    let permission = permission(&target, &request, &resource)?;
    let statement = stand::change(server, &target, |stand, revision_id| {
        current(stand, request.revision_id.as_deref())?;
        let policy = stand.policy().get_or_insert_with(|| Policy::new(revision_id));
        Ok(policy.add(&permission, revision_id)?)
    })
    .await?;
    Ok(Reply::of(AddPermissionResponse { statement: Some(statement.to_string()) }))
}

fn permission<'a>(
    target: &Target,
    request: &'a AddPermissionRequest,
    resource: &'a str,
) -> Result<Permission<'a>, Error> {
    if !is_of_functions(&request.action) {
        return Err(invalid("The provided action was invalid. Please check the action and try again."));
    }
    let of_urls = request.action == "lambda:InvokeFunctionUrl";
    if request.function_url_auth_type.is_some() && !of_urls {
        return Err(invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"));
    }
    let principal = principal(&request.principal, target.id.region.partition());
    Ok(Permission {
        sid: &request.statement_id,
        action: &request.action,
        principal: principal.ok_or_else(|| {
            invalid("The provided principal was invalid. Please check the principal and try again.")
        })?,
        resource,
        function_url_auth_type: request.function_url_auth_type.as_deref(),
        organization: request.principal_org_id.as_deref(),
        source_account: request.source_account.as_deref(),
        event_source_token: request.event_source_token.as_deref(),
        source_arn: request.source_arn.as_deref(),
        invoked_via_function_url: request.invoked_via_function_url,
    })
}

/// GetPolicy.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_policy(
    server: &Arc<Server>,
    context: &Context,
    request: GetPolicyRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let (policy, revision_id) = stand::read(server, &target).await?.ok_or_else(nothing)?;
    Ok(Reply::of(GetPolicyResponse {
        policy: Some(policy.text()),
        revision_id: Some(revision_id.to_string()),
    }))
}

/// RemovePermission.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn remove_permission(
    server: &Arc<Server>,
    context: &Context,
    request: RemovePermissionRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let no_function = |error| {
        let arn = target.id.arn();
        let missing = matches!(&error, Error::FunctionNotFound { arn: missing } if *missing == arn);
        if missing { Error::NotFound(format!("No policy found for: {arn}")) } else { error }
    };
    stand::change(server, &target, |stand, revision_id| {
        if stand.policy().is_none() {
            return Err(Error::NotFound("No policy is associated with the given resource.".to_owned()));
        }
        let sid = request.statement_id.as_str();
        if !stand.policy().as_ref().is_some_and(|policy| policy.has(sid)) {
            return Err(PolicyError::NoStatement { sid: sid.to_owned() }.into());
        }
        current(stand, request.revision_id.as_deref())?;
        if let Some(policy) = stand.policy() {
            policy.remove(sid, revision_id)?;
        }
        stand.policy().take_if(|policy| policy.is_empty());
        Ok(())
    })
    .await
    .map_err(no_function)?;
    Ok(Reply::of(()))
}

/// Refuses a change that is conditional on another revision.
fn current(stand: &Stand<'_>, known: Option<&str>) -> Result<(), Error> {
    match known {
        Some(known) if known != stand.revision_id().to_string() => Err(Error::Precondition(STALE.to_owned())),
        Some(_) | None => Ok(()),
    }
}

fn invalid(words: &str) -> Error {
    Error::InvalidParameter(words.to_owned())
}

fn nothing() -> Error {
    Error::NotFound("The resource you requested does not exist.".to_owned())
}

impl From<PolicyError> for Error {
    fn from(error: PolicyError) -> Self {
        let words = error.to_string();
        match error {
            PolicyError::DuplicateSid { .. } => Self::Conflict(words),
            PolicyError::NoStatement { .. } => Self::NotFound(words),
            PolicyError::TooLong { .. } => Self::PolicyLengthExceeded(words),
            PolicyError::Document(_) | PolicyError::Content(_) => Self::InvalidParameter(words),
        }
    }
}
