//! The end of every creation and update: Pending becomes Active, InProgress becomes Successful. Never blocks the answer
//! of the operation that began it, and goes on after a crash.

use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::function::{LastUpdate, State};
use lambent_store::{Prefix, StoreError, Transaction, WriteError, tables};
use tracing::error;

use crate::Server;

/// Functions read at once when the server starts.
const PAGE: usize = 1000;

/// Ends what was begun, in the background.
pub(super) fn later(server: &Arc<Server>, id: FunctionId) {
    let task = Arc::clone(server);
    server.tasks.spawn(async move {
        if let Err(fault) = settle(&task, &id).await {
            error!(function = id.arn(), %fault, "a state change was not written: it is taken up at the next start");
        }
    });
}

/// Ends what an earlier server began and did not live to end.
///
/// # Errors
/// [`StoreError`] if the functions cannot be read.
pub async fn resume(server: &Arc<Server>) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = server.store.list(&tables::FUNCTIONS, &Prefix::all(), after.as_ref(), PAGE).await?;
        for record in &page {
            let function = &record.value;
            if function.state == State::Pending || function.last_update == Some(LastUpdate::InProgress) {
                later(server, function.id.clone());
            }
        }
        match page.into_iter().last() {
            Some(record) => after = Some(record.key),
            None => return Ok(()),
        }
    }
}

async fn settle(server: &Server, id: &FunctionId) -> Result<(), StoreError> {
    loop {
        let Some(mut record) = server.store.get(&tables::FUNCTIONS, &tables::function_key(id)).await? else {
            return Ok(());
        };
        if !record.value.settle(server.dice.uuid()) {
            return Ok(());
        }
        match server.store.write(Transaction::new().update(&tables::FUNCTIONS, &record)).await {
            Ok(_) => return Ok(()),
            // Somebody changed the function meanwhile: look again.
            Err(WriteError::Conflict { .. }) => {}
            Err(WriteError::Store(fault)) => return Err(fault),
        }
    }
}
