//! The permissions boundaries of users and roles. The operations of each are in `user_policy` and `role_policy`.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html>

use lambent_core::iam::realm::Realm;
use lambent_core::limits::WRITE_ATTEMPTS_MAX;
use lambent_store::{StoreError, Transaction};

use super::find::Policy;
use super::holder::Holder;
use super::{Error, attached, find};
use crate::Server;

/// The policy that is to bound a new user or role, which must be there.
pub(super) async fn found(server: &Server, realm: &Realm, arn: &str) -> Result<Policy, Error> {
    let policy = find::policy(server, realm, arn).await?;
    policy.ok_or_else(|| Error::NoBoundary(arn.to_owned()))
}

/// Bounds a user or role by a managed policy.
pub(super) async fn put<H: Holder>(
    server: &Server,
    realm: &Realm,
    holder: &str,
    arn: &str,
) -> Result<(), Error> {
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let mut record = find::holder::<H>(server, realm, holder).await?;
        record.value.changeable()?;
        let policy = found(server, realm, arn).await?;
        record.value.held_mut().boundary = Some(arn.to_owned());
        let write = attached::touched(Transaction::new().update(&H::TABLE, &record), &policy)?;
        if find::written(server, write).await? {
            return Ok(());
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// Takes the boundary away; one that is not there is no error.
pub(super) async fn delete<H: Holder>(server: &Server, realm: &Realm, holder: &str) -> Result<(), Error> {
    let changed = find::change::<H>(server, realm, holder, |record| {
        record.held_mut().boundary = None;
        Ok(())
    });
    changed.await.map(drop)
}
