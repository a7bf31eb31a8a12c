//! From what a request names to the record of a log group, and changes of it. Never touches an event.

use lambent_core::limits::WRITE_ATTEMPTS_MAX;
use lambent_core::logs::group::{Group, GroupId};
use lambent_store::{Expect, Record, Transaction, WriteError, tables};

use super::Error;
use crate::Server;
use crate::caller::Caller;

/// The caller's group of that name.
pub(super) fn named(caller: &Caller, name: &str) -> GroupId {
    GroupId { account: caller.account.clone(), region: caller.region.clone(), name: name.to_owned() }
}

/// The group of `logGroupName` or `logGroupIdentifier`, of which exactly one must be given.
pub(super) fn either(
    caller: &Caller,
    name: Option<&String>,
    identifier: Option<&String>,
) -> Result<GroupId, Error> {
    match (name, identifier) {
        (Some(name), None) => Ok(named(caller, name)),
        (None, Some(arn)) if arn.starts_with("arn:") => GroupId::read(arn)
            .ok_or_else(|| Error::InvalidParameter("The specified log group ARN is not valid.".to_owned())),
        (None, Some(name)) => Ok(named(caller, name)),
        (None, None) | (Some(_), Some(_)) => Err(Error::InvalidParameter(
            "Exactly one of logGroupName and logGroupIdentifier must be specified.".to_owned(),
        )),
    }
}

/// The record of a group.
pub(super) async fn read(server: &Server, id: &GroupId) -> Result<Record<Group>, Error> {
    let record = server.store.get(&tables::LOG_GROUPS, &tables::log_group_key(id)).await?;
    if record.is_none() {
        // The first lines of a function make its group: they may still wait to be written.
        server.logs.written().await;
    }
    match record {
        Some(record) => Ok(record),
        None => server
            .store
            .get(&tables::LOG_GROUPS, &tables::log_group_key(id))
            .await?
            .ok_or(Error::GroupNotFound),
    }
}

/// Changes a group; looks again as often as others change it at the same moment.
pub(super) async fn change(
    server: &Server,
    id: &GroupId,
    mut change: impl FnMut(&mut Group) -> Result<(), Error>,
) -> Result<(), Error> {
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let Record { key, revision, value: mut group } = read(server, id).await?;
        change(&mut group)?;
        let expect = Expect::Revision(revision);
        let written = Transaction::new().put(&tables::LOG_GROUPS, key, &group, expect);
        match server.store.write(written).await {
            Ok(_) => return Ok(()),
            Err(WriteError::Conflict { .. }) => {}
            Err(WriteError::Store(fault)) => return Err(fault.into()),
        }
    }
    Err(Error::Aborted)
}
