//! How a user, a role or a managed policy is found by its name or ARN, and changed. Never in another account's realm.

use lambent_core::iam::aws_managed::{self, AwsManaged};
use lambent_core::iam::managed_policy::ManagedPolicy;
use lambent_core::iam::realm::Realm;
use lambent_core::limits::{STORE_PAGE_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{Record, StoreError, Table, Transaction, WriteError, tables};
use serde::de::DeserializeOwned;

use super::holder::Holder;
use super::{Error, document};
use crate::Server;
use crate::caller::Caller;

/// What a caller sees: its account in its partition.
pub(super) fn realm(caller: &Caller) -> Realm {
    Realm::of(&caller.account, &caller.region)
}

/// The user or role of a name.
pub(super) async fn holder<H: Holder>(
    server: &Server,
    realm: &Realm,
    name: &str,
) -> Result<Record<H>, Error> {
    let found = server.store.get(&H::TABLE, &tables::iam_key(realm, name)).await?;
    found.ok_or_else(|| H::missing(name))
}

/// Changes a user or role; looks again as often as others change it at the same moment.
pub(super) async fn change<H: Holder>(
    server: &Server,
    realm: &Realm,
    name: &str,
    mut change: impl FnMut(&mut H) -> Result<(), Error>,
) -> Result<H, Error> {
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let mut record = holder::<H>(server, realm, name).await?;
        record.value.changeable()?;
        change(&mut record.value)?;
        if written(server, Transaction::new().update(&H::TABLE, &record)).await? {
            return Ok(record.value);
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// A managed policy.
pub(super) enum Policy {
    /// Of the account.
    Own(Box<Record<ManagedPolicy>>),
    /// Of AWS.
    Aws(&'static AwsManaged),
}

/// The managed policy of an ARN, as a caller of this realm sees it.
pub(super) async fn policy(server: &Server, realm: &Realm, arn: &str) -> Result<Option<Policy>, Error> {
    document::check_arn(arn)?;
    if let Some((policy, partition)) = aws_managed::find(arn) {
        return Ok((partition == realm.partition).then_some(Policy::Aws(policy)));
    }
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let found = server.store.get(&tables::IAM_POLICIES, &tables::iam_key(realm, name)).await?;
    Ok(found.filter(|record| record.value.arn() == arn).map(|record| Policy::Own(Box::new(record))))
}

/// The managed policy of an ARN that must be the account's own.
pub(super) async fn own_policy(
    server: &Server,
    realm: &Realm,
    arn: &str,
) -> Result<Record<ManagedPolicy>, Error> {
    match policy(server, realm, arn).await? {
        Some(Policy::Own(record)) => Ok(*record),
        Some(Policy::Aws(_)) => Err(Error::AwsManaged),
        None => Err(Error::NoSuchPolicy(arn.to_owned())),
    }
}

/// Changes a managed policy; looks again as often as others change it at the same moment.
pub(super) async fn change_policy(
    server: &Server,
    realm: &Realm,
    arn: &str,
    mut change: impl FnMut(&mut ManagedPolicy) -> Result<(), Error>,
) -> Result<ManagedPolicy, Error> {
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let mut record = own_policy(server, realm, arn).await?;
        change(&mut record.value)?;
        if written(server, Transaction::new().update(&tables::IAM_POLICIES, &record)).await? {
            return Ok(record.value);
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// Every record of a realm, in the order of the names.
pub(super) async fn all<T: DeserializeOwned>(
    server: &Server,
    realm: &Realm,
    table: &Table<T>,
) -> Result<Vec<T>, StoreError> {
    let prefix = tables::iam_of(realm);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = server.store.list(table, &prefix, after.as_ref(), STORE_PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.key.clone());
        found.extend(page.into_iter().map(|record| record.value));
    }
}

/// Writes, unless somebody changed meanwhile what was read; tells whether.
pub(super) async fn written(server: &Server, transaction: Transaction) -> Result<bool, Error> {
    match server.store.write(transaction).await {
        Ok(_) => Ok(true),
        Err(WriteError::Conflict { .. }) => Ok(false),
        Err(fault @ WriteError::Store(_)) => Err(fault.into()),
    }
}
