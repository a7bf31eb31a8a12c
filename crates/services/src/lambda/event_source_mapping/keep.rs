//! The records of mappings: found, added, changed, removed. With each goes a record of what it reads for whom, so that of
//! two requests at the same moment only one binds a source to a function. Never judges a mapping.

use lambent_core::lambda::event_source_mapping::{EventSourceMapping, MappingId};
use lambent_store::{Expect, Record, Transaction, tables};

use super::super::Error;
use super::super::attempts::{Attempts, written};
use crate::Server;
use crate::caller::Caller;

/// The mapping of a UUID, of the caller's account and region.
pub(super) async fn read(
    server: &Server,
    caller: &Caller,
    uuid: &str,
) -> Result<Record<EventSourceMapping>, Error> {
    let uuid = uuid.parse().map_err(|_not_one| not_there())?;
    let (account, region) = (caller.account.clone(), caller.region.clone());
    let key = tables::mapping_key(&MappingId { account, region, uuid });
    server.store.get(&tables::EVENT_SOURCE_MAPPINGS, &key).await?.ok_or_else(not_there)
}

/// The refusal for a mapping that is not there.
pub(super) fn not_there() -> Error {
    Error::NotFound("The resource you requested does not exist.".to_owned())
}

/// Adds a mapping.
///
/// # Errors
/// [`Error::Conflict`] if another one has the source and the function.
pub(super) async fn add(server: &Server, mapping: &EventSourceMapping) -> Result<(), Error> {
    let key = tables::mapping_key(&mapping.id);
    let mut attempts = Attempts::new();
    loop {
        check_free(server, mapping).await?;
        let transaction =
            Transaction::new().put(&tables::EVENT_SOURCE_MAPPINGS, key.clone(), mapping, Expect::Absent);
        if attempts.write(server, bind(transaction, mapping)).await? {
            return Ok(());
        }
    }
}

/// Changes a mapping; looks again as often as others change it at the same moment.
///
/// # Errors
/// [`Error::Conflict`] if another one has the source and the function by now.
pub(super) async fn change(
    server: &Server,
    caller: &Caller,
    uuid: &str,
    mut change: impl FnMut(&mut EventSourceMapping) -> Result<(), Error>,
) -> Result<EventSourceMapping, Error> {
    let mut attempts = Attempts::new();
    loop {
        let before = read(server, caller, uuid).await?;
        let mut after = before.clone();
        change(&mut after.value)?;
        let mut transaction = Transaction::new().update(&tables::EVENT_SOURCE_MAPPINGS, &after);
        if tables::mapped_source_key(&before.value) != tables::mapped_source_key(&after.value) {
            check_free(server, &after.value).await?;
            transaction = bind(release(transaction, &before.value), &after.value);
        }
        if attempts.write(server, transaction).await? {
            return Ok(after.value);
        }
    }
}

/// Removes a mapping; says whether it was still as it was read.
pub(super) async fn remove(server: &Server, record: &Record<EventSourceMapping>) -> Result<bool, Error> {
    let expected = Expect::Revision(record.revision);
    let gone = Transaction::new().delete(&tables::EVENT_SOURCE_MAPPINGS, record.key.clone(), expected);
    written(server, release(gone, &record.value)).await
}

fn bind(transaction: Transaction, mapping: &EventSourceMapping) -> Transaction {
    match tables::mapped_source_key(mapping) {
        Some(key) => transaction.put(&tables::MAPPED_SOURCES, key, &mapping.id, Expect::Absent),
        None => transaction,
    }
}

fn release(transaction: Transaction, mapping: &EventSourceMapping) -> Transaction {
    match tables::mapped_source_key(mapping) {
        Some(key) => transaction.delete(&tables::MAPPED_SOURCES, key, Expect::Any),
        None => transaction,
    }
}

/// Refuses a second mapping of the same source to the same function.
async fn check_free(server: &Server, mapping: &EventSourceMapping) -> Result<(), Error> {
    let (Some(key), Some(arn)) = (tables::mapped_source_key(mapping), &mapping.source.arn) else {
        return Ok(());
    };
    let Some(other) = server.store.get(&tables::MAPPED_SOURCES, &key).await? else { return Ok(()) };
    let uuid = other.value.uuid;
    let name = mapping.function_arn.split(':').nth(6).unwrap_or_default();
    let words = if mapping.source.kind.is_queue() {
        format!(
            "An event source mapping with SQS arn (\" {arn} \") and function (\" {name} \") already exists. Please update or delete the existing mapping with UUID {uuid}"
        )
    } else {
        format!(
            "The event source arn (\" {arn} \") and function (\" {name} \") provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}"
        )
    };
    Err(Error::Conflict(words))
}
