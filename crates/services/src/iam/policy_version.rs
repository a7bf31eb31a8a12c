//! The operations on the versions of managed policies. Of a policy of AWS only the version in force is known.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>

use std::sync::Arc;

use lambent_core::iam::managed_policy::{ManagedPolicy, version_number};
use lambent_core::limits::IAM_POLICY_VERSIONS_MAX;
use lambent_wire::iam::policy_version::{
    CreatePolicyVersionRequest, CreatePolicyVersionResponse, DeletePolicyVersionRequest,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPolicyVersionsRequest, ListPolicyVersionsResponse,
    SetDefaultPolicyVersionRequest,
};

use super::find::Policy;
use super::page::Page;
use super::{Error, document, find, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// CreatePolicyVersion.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn create_policy_version(
    server: &Arc<Server>,
    context: &Context,
    request: CreatePolicyVersionRequest,
) -> Result<Reply, Error> {
    document::managed(&request.policy_document)?;
    let (realm, now) = (find::realm(&context.caller), server.clock.now());
    let in_force = request.set_as_default.unwrap_or(false);
    let mut made = 0;
    let changed = find::change_policy(server, &realm, &request.policy_arn, |policy| {
        if policy.versions.len() >= IAM_POLICY_VERSIONS_MAX {
            return Err(Error::Limit(format!(
                "A managed policy can have up to {IAM_POLICY_VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version."
            )));
        }
        made = policy.add(request.policy_document.clone(), now, in_force);
        Ok(())
    });
    let policy = changed.await?;
    let version = policy.version(made).map(|version| view::version(version, policy.default, false));
    Ok(Reply::of(CreatePolicyVersionResponse { policy_version: version }))
}

/// GetPolicyVersion.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_policy_version(
    server: &Arc<Server>,
    context: &Context,
    request: GetPolicyVersionRequest,
) -> Result<Reply, Error> {
    let GetPolicyVersionRequest { policy_arn: arn, version_id: version } = request;
    let (realm, number) = (find::realm(&context.caller), version_number(&version));
    let shown = match find::policy(server, &realm, &arn).await? {
        Some(Policy::Own(record)) => {
            let policy = &record.value;
            let found = number.and_then(|number| policy.version(number));
            found.map(|version| view::version(version, policy.default, true))
        }
        Some(Policy::Aws(policy)) => {
            (number == Some(policy.version)).then(|| view::aws_version(policy, &realm.partition, true))
        }
        None => return Err(Error::NoSuchPolicy(arn)),
    };
    let shown = shown.ok_or(Error::NoSuchVersion { arn, version })?;
    Ok(Reply::of(GetPolicyVersionResponse { policy_version: Some(shown) }))
}

/// DeletePolicyVersion: one that is not in force.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_policy_version(
    server: &Arc<Server>,
    context: &Context,
    request: DeletePolicyVersionRequest,
) -> Result<Reply, Error> {
    let DeletePolicyVersionRequest { policy_arn: arn, version_id } = request;
    let realm = find::realm(&context.caller);
    let changed = find::change_policy(server, &realm, &arn, |policy| {
        let number = existing(policy, &version_id)?;
        if number == policy.default {
            return Err(Error::DeleteConflict("Cannot delete the default version of a policy."));
        }
        policy.versions.retain(|version| version.number != number);
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}

fn existing(policy: &ManagedPolicy, given: &str) -> Result<u32, Error> {
    let number = version_number(given).filter(|number| policy.version(*number).is_some());
    number.ok_or_else(|| Error::NoSuchVersion { arn: policy.arn(), version: given.to_owned() })
}

/// SetDefaultPolicyVersion.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn set_default_policy_version(
    server: &Arc<Server>,
    context: &Context,
    request: SetDefaultPolicyVersionRequest,
) -> Result<Reply, Error> {
    let (realm, now) = (find::realm(&context.caller), server.clock.now());
    let changed = find::change_policy(server, &realm, &request.policy_arn, |policy| {
        policy.default = existing(policy, &request.version_id)?;
        policy.updated = now;
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}

/// ListPolicyVersions: the newest first, without their documents.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_policy_versions(
    server: &Arc<Server>,
    context: &Context,
    request: ListPolicyVersionsRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let versions = match find::policy(server, &realm, &request.policy_arn).await? {
        Some(Policy::Own(record)) => {
            let policy = &record.value;
            policy
                .versions
                .iter()
                .rev()
                .map(|version| view::version(version, policy.default, false))
                .collect()
        }
        Some(Policy::Aws(policy)) => vec![view::aws_version(policy, &realm.partition, false)],
        None => return Err(Error::NoSuchPolicy(request.policy_arn)),
    };
    let page = Page::in_place(versions, request.marker.as_deref(), request.max_items)?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListPolicyVersionsResponse {
        versions: Some(page.items),
        is_truncated,
        marker: page.marker,
    }))
}
