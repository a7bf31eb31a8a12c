//! Managed policies attached to users and roles. The operations of each are in `user_policy` and `role_policy`.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>

use lambent_core::iam::realm::Realm;
use lambent_core::limits::{IAM_ATTACHED_POLICIES_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{StoreError, Transaction, tables};
use lambent_wire::iam::user_policy::AttachedPolicy;

use super::find::Policy;
use super::holder::Holder;
use super::page::Page;
use super::{Error, document, find};
use crate::Server;

/// Attaches a managed policy; one that is attached stays so.
pub(super) async fn attach<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    arn: &str,
) -> Result<(), Error> {
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let mut record = find::holder::<H>(server, realm, holder).await?;
        record.value.changeable()?;
        let policy = find::policy(server, realm, arn).await?;
        let policy = policy.ok_or_else(|| Error::NoneToAttach(arn.to_owned()))?;
        let held = record.value.held_mut();
        if held.has(arn) {
            return Ok(());
        }
        if held.attached.len() >= IAM_ATTACHED_POLICIES_MAX {
            let quota = H::ATTACHED_QUOTA;
            return Err(Error::Limit(format!(
                "Cannot exceed quota for {quota}: {IAM_ATTACHED_POLICIES_MAX}"
            )));
        }
        held.attach(arn);
        let write = touched(Transaction::new().update(&H::TABLE, &record), &policy)?;
        if find::written(server, write).await? {
            return Ok(());
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// Writes the policy along as it is, so that nobody deletes it at the same moment for want of holders.
pub(super) fn touched(write: Transaction, policy: &Policy) -> Result<Transaction, Error> {
    match policy {
        Policy::Own(policy) => Ok(write.update(&tables::IAM_POLICIES, policy)),
        Policy::Aws(policy) if policy.is_for_services() => Err(Error::PolicyNotAttachable),
        Policy::Aws(_) => Ok(write),
    }
}

/// Detaches a managed policy.
pub(super) async fn detach<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    arn: &str,
) -> Result<(), Error> {
    document::check_arn(arn)?;
    let changed = find::change::<H>(server, realm, holder, |record| {
        let was = record.held_mut().detach(arn);
        if was { Ok(()) } else { Err(Error::NoSuchPolicy(arn.to_owned())) }
    });
    changed.await.map(drop)
}

/// What is attached to a user or role, below a path.
pub(super) async fn list<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    path: Option<&str>,
    marker: Option<&str>,
    max: Option<i32>,
) -> Result<Page<AttachedPolicy>, Error> {
    let found = find::holder::<H>(server, realm, holder).await?.value;
    let below = |arn: &&String| {
        let resource = arn.split_once(":policy").map_or("", |(_, resource)| resource);
        path.is_none_or(|path| resource.starts_with(path))
    };
    let attached = found.held().attached.iter().filter(below).map(|arn| shown(arn));
    Page::in_place(attached.collect(), marker, max)
}

/// A policy as lists of what is attached show it.
pub(super) fn shown(arn: &str) -> AttachedPolicy {
    AttachedPolicy {
        policy_name: arn.rsplit('/').next().map(str::to_owned),
        policy_arn: Some(arn.to_owned()),
    }
}
