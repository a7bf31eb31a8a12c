//! Changes of a function's record: conditional on what was read, so that two callers never undo each other's work. Never
//! decides what changes.

use lambent_core::lambda::function::Function;
use lambent_store::{Record, Transaction, WriteError, tables};

use super::Error;
use super::names::Target;
use crate::Server;

/// The function's record.
pub(super) async fn read(server: &Server, target: &Target) -> Result<Record<Function>, Error> {
    let record = server.store.get(&tables::FUNCTIONS, &tables::function_key(&target.id)).await?;
    record.ok_or_else(|| target.not_found())
}

/// Changes a function; looks again as often as others change it at the same moment.
pub(super) async fn function<T>(
    server: &Server,
    target: &Target,
    mut change: impl FnMut(&mut Function) -> Result<T, Error>,
) -> Result<T, Error> {
    together(server, target, |function, transaction| Ok((change(function)?, transaction))).await
}

/// The same together with other writes, which happen with it or not at all.
pub(super) async fn together<T>(
    server: &Server,
    target: &Target,
    mut change: impl FnMut(&mut Function, Transaction) -> Result<(T, Transaction), Error>,
) -> Result<T, Error> {
    loop {
        let mut record = read(server, target).await?;
        let (changed, transaction) = change(&mut record.value, Transaction::new())?;
        record.value.settings.retain(|_, settings| !settings.is_empty());
        match server.store.write(transaction.update(&tables::FUNCTIONS, &record)).await {
            Ok(_) => return Ok(changed),
            Err(WriteError::Conflict { .. }) => {}
            Err(fault @ WriteError::Store(_)) => return Err(fault.into()),
        }
    }
}
