//! The end of every creation and update: Pending becomes Active, InProgress becomes Successful. Never blocks the answer
//! of the operation that began it, is tried again while the store fails, and goes on after a crash.

use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::state::{LastUpdate, State};
use lambent_core::lambda::version::VersionNumber;
use lambent_core::limits::{SETTLE_PAUSE_MAX, SETTLE_PAUSE_MIN};
use lambent_store::{StoreError, Transaction, WriteError, tables};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::every;
use crate::Server;

/// Ends what was begun on a function, in the background.
pub(super) fn later(server: &Arc<Server>, id: FunctionId) {
    let task = Arc::clone(server);
    server.tasks.spawn(async move {
        told(&id, until_written(&id, &task.closing, || settle(&task, &id)).await);
    });
}

/// The same for a version.
pub(super) fn version_later(server: &Arc<Server>, id: FunctionId, number: VersionNumber) {
    let task = Arc::clone(server);
    server.tasks.spawn(async move {
        told(&id, until_written(&id, &task.closing, || settle_version(&task, &id, number)).await);
    });
}

fn told(id: &FunctionId, written: Result<(), StoreError>) {
    if let Err(fault) = written {
        error!(function = id.arn(), %fault, "a state change was not written: it is taken up at the next start");
    }
}

/// Tries until it works, with pauses that grow; gives up when the server closes.
async fn until_written<F>(
    id: &FunctionId,
    closing: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let mut pause = SETTLE_PAUSE_MIN;
    loop {
        match attempt().await {
            Ok(()) => return Ok(()),
            // It never opens again.
            Err(fault @ StoreError::Closed) => return Err(fault),
            Err(fault) => {
                warn!(function = id.arn(), %fault, ?pause, "a state change was not written: it is tried again");
                if closing.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return Err(fault);
                }
                pause = (pause * 2).min(SETTLE_PAUSE_MAX);
            }
        }
    }
}

/// Ends what an earlier server began and did not live to end.
///
/// # Errors
/// [`StoreError`] if the functions cannot be read.
pub async fn resume(server: &Arc<Server>) -> Result<(), StoreError> {
    every::record(server, &tables::FUNCTIONS, |function| {
        server.policies.take_in(function);
        if function.state == State::Pending || function.last_update == Some(LastUpdate::InProgress) {
            later(server, function.id.clone());
        }
    })
    .await?;
    every::record(server, &tables::VERSIONS, |version| {
        if version.state == State::Pending {
            version_later(server, version.id.clone(), version.number);
        }
    })
    .await
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

async fn settle_version(server: &Server, id: &FunctionId, number: VersionNumber) -> Result<(), StoreError> {
    loop {
        let Some(mut record) = server.store.get(&tables::VERSIONS, &tables::version_key(id, number)).await?
        else {
            return Ok(());
        };
        if !record.value.settle(server.dice.uuid()) {
            return Ok(());
        }
        match server.store.write(Transaction::new().update(&tables::VERSIONS, &record)).await {
            Ok(_) => return Ok(()),
            Err(WriteError::Conflict { .. }) => {}
            Err(WriteError::Store(fault)) => return Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lambent_core::account::{AccountId, Region};
    use tokio::time::Instant;

    use super::*;

    fn id() -> FunctionId {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        FunctionId { account, region, name: "f".to_owned() }
    }

    /// The moments at which it is tried, in milliseconds of a clock that does not run by itself.
    async fn tries(works_at: usize, fault: StoreError, closing: &CancellationToken) -> (Vec<u128>, bool) {
        let (start, mut tries) = (Instant::now(), Vec::new());
        let attempt = || {
            tries.push(start.elapsed().as_millis());
            let outcome = if tries.len() == works_at { Ok(()) } else { Err(fault.clone()) };
            std::future::ready(outcome)
        };
        let written = until_written(&id(), closing, attempt).await.is_ok();
        (tries, written)
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_disk_is_waited_for_with_growing_pauses() {
        let (tries, written) = tries(15, StoreError::Full, &CancellationToken::new()).await;
        assert_eq!((tries.len(), written), (15, true));
        assert_eq!(tries[..5], [0, 100, 300, 700, 1500]);
        assert_eq!(tries[14] - tries[13], 60_000, "no pause is longer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_closes_does_not_wait_for_the_disk() {
        let (start, closing) = (Instant::now(), CancellationToken::new());
        let close = async {
            tokio::time::sleep(Duration::from_millis(250)).await;
            closing.cancel();
        };
        let ((tries, written), ()) = tokio::join!(tries(usize::MAX, StoreError::Full, &closing), close);
        assert_eq!((tries, written), (vec![0, 100], false));
        assert_eq!(start.elapsed().as_millis(), 250);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_store_is_not_tried_again() {
        let closed = tries(usize::MAX, StoreError::Closed, &CancellationToken::new()).await;
        assert_eq!(closed, (vec![0], false));
    }
}
