//! The whole policy of a function, version or alias in one piece. It is the same policy that AddPermission adds to.
//!
//! Not built: block public access, which has no operation in the model, so a public policy is never refused.

use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::policy::Policy;
use lambent_wire::lambda::policy::{
    DeleteResourcePolicyRequest, GetResourcePolicyRequest, GetResourcePolicyResponse,
    PutResourcePolicyRequest, PutResourcePolicyResponse,
};

use super::super::Error;
use super::super::names::Target;
use super::{current, invalid, nothing, stand};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// PutResourcePolicy.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn put_resource_policy(
    server: &Arc<Server>,
    context: &Context,
    request: PutResourcePolicyRequest,
) -> Result<Reply, Error> {
    let target = target(&context.caller, &request.resource_arn)?;
    if target.qualifier == Some(Qualifier::Latest) {
        return Err(invalid("We currently do not support adding policies for $LATEST."));
    }
    let (text, revision_id) = stand::change(server, &target, |stand, revision_id| {
        current(stand, request.revision_id.as_deref())?;
        let policy = Policy::put(&request.policy, &target.arn(), revision_id)?;
        let text = policy.text();
        *stand.policy() = Some(policy);
        Ok((text, revision_id))
    })
    .await?;
    let (policy, revision_id) = (Some(text), Some(revision_id.to_string()));
    Ok(Reply::of(PutResourcePolicyResponse { policy, revision_id }))
}

/// GetResourcePolicy.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_resource_policy(
    server: &Arc<Server>,
    context: &Context,
    request: GetResourcePolicyRequest,
) -> Result<Reply, Error> {
    let target = target(&context.caller, &request.resource_arn)?;
    let (policy, revision_id) = stand::read(server, &target).await?.ok_or_else(nothing)?;
    let (policy, revision_id) = (Some(policy.text()), Some(revision_id.to_string()));
    Ok(Reply::of(GetResourcePolicyResponse { policy, revision_id }))
}

/// DeleteResourcePolicy.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_resource_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteResourcePolicyRequest,
) -> Result<Reply, Error> {
    let target = target(&context.caller, &request.resource_arn)?;
    stand::change(server, &target, |stand, _| {
        if stand.policy().is_none() {
            return Err(nothing());
        }
        current(stand, request.revision_id.as_deref())?;
        *stand.policy() = None;
        Ok(())
    })
    .await?;
    Ok(Reply::of(()))
}

/// The function a resource's ARN names; runtimes have policies too, but none of them is a resource here.
fn target(caller: &Caller, arn: &str) -> Result<Target, Error> {
    if arn.contains(":runtime/") {
        return Err(Error::NotThereYet("The resource policy of a runtime".to_owned()));
    }
    Target::read(caller, arn, None)
}
