//! How a file system, an access point or a mount target is found by what a request calls it, and changed. An ARN of
//! another account or region means nothing here: there it is not found.

use lambent_core::efs::ResourceId;
use lambent_core::efs::access_point::AccessPoint;
use lambent_core::efs::file_system::FileSystem;
use lambent_core::limits::{STORE_PAGE_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{Prefix, Record, StoreError, Table, Transaction, WriteError, tables};
use serde::de::DeserializeOwned;

use super::Error;
use crate::Server;
use crate::caller::Caller;

/// The id that a request means, if it can be the caller's.
fn id(caller: &Caller, given: &str) -> Option<ResourceId> {
    let id = ResourceId::read(given, &caller.account, &caller.region)?;
    (id.account == caller.account && id.region == caller.region).then_some(id)
}

/// The file system of an id or ARN.
pub(super) async fn file_system(
    server: &Server,
    caller: &Caller,
    given: &str,
) -> Result<Record<FileSystem>, Error> {
    let missing = || Error::FileSystemNotFound(given.to_owned());
    let key = tables::efs_key(&id(caller, given).ok_or_else(missing)?);
    server.store.get(&tables::FILE_SYSTEMS, &key).await?.ok_or_else(missing)
}

/// The access point of an id or ARN.
pub(super) async fn access_point(
    server: &Server,
    caller: &Caller,
    given: &str,
) -> Result<Record<AccessPoint>, Error> {
    let missing = || Error::AccessPointNotFound(given.rsplit('/').next().unwrap_or(given).to_owned());
    let key = tables::efs_key(&id(caller, given).ok_or_else(missing)?);
    server.store.get(&tables::ACCESS_POINTS, &key).await?.ok_or_else(missing)
}

/// The file system behind the ARN of an access point.
pub(crate) async fn mountable(server: &Server, caller: &Caller, arn: &str) -> Result<FileSystem, Error> {
    let point = access_point(server, caller, arn).await?.value;
    Ok(file_system(server, caller, &point.file_system_id).await?.value)
}

/// The file system that has a mount target.
pub(super) async fn with_mount_target(
    server: &Server,
    caller: &Caller,
    id: &str,
) -> Result<Record<FileSystem>, Error> {
    let all = all(server, caller, &tables::FILE_SYSTEMS).await?;
    let found =
        all.into_iter().find(|record| record.value.mount_targets.iter().any(|target| target.id == id));
    found.ok_or_else(|| Error::MountTargetNotFound(id.to_owned()))
}

/// Every record of the caller's in a table whose keys begin with account and region, in the order of the keys.
pub(super) async fn all<T: DeserializeOwned>(
    server: &Server,
    caller: &Caller,
    table: &Table<T>,
) -> Result<Vec<Record<T>>, StoreError> {
    let prefix = Prefix::under([caller.account.as_str(), caller.region.as_str()]);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = server.store.list(table, &prefix, after.as_ref(), STORE_PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.key.clone());
        found.extend(page);
    }
}

/// Changes a file system; looks again as often as others change it at the same moment.
pub(super) async fn change_file_system(
    server: &Server,
    caller: &Caller,
    given: &str,
    mut change: impl FnMut(&mut FileSystem) -> Result<(), Error>,
) -> Result<FileSystem, Error> {
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let mut record = file_system(server, caller, given).await?;
        change(&mut record.value)?;
        if written(server, Transaction::new().update(&tables::FILE_SYSTEMS, &record)).await? {
            return Ok(record.value);
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// Writes, unless somebody changed meanwhile what was read; tells whether.
pub(super) async fn written(server: &Server, transaction: Transaction) -> Result<bool, Error> {
    match server.store.write(transaction).await {
        Ok(_) => Ok(true),
        Err(WriteError::Conflict { .. }) => Ok(false),
        Err(fault @ WriteError::Store(_)) => Err(fault.into()),
    }
}

/// A new id: the prefix and 17 hex digits, 68 of the 128 random bits.
pub(super) fn new_id(server: &Server, prefix: &str) -> String {
    let random = format!("{:032x}", server.dice.uuid().as_u128());
    format!("{prefix}-{}", &random[15..])
}
