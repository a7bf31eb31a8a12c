//! The end of every creation and update, of functions and versions: Pending becomes Active, InProgress becomes
//! Successful. Never blocks the answer of the operation that began it, is tried again while the store fails, and goes on
//! after a crash.

use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::state::{LastUpdate, State};
use lambent_core::lambda::version::{Version, VersionNumber};
use lambent_core::limits::{SETTLE_PAUSE_MAX, SETTLE_PAUSE_MIN, SETTLE_WAIT_MAX};
use lambent_store::{Key, Record, StoreError, Table, Transaction, WriteError, tables};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::futures::Notified;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use super::{Error, every};
use crate::Server;
use crate::monitoring::alarms;
use crate::polling;

/// One state change that is going on. It names what began it, so that it never ends another one that came later.
#[derive(Debug, Clone)]
enum Settling {
    /// A function is created or updated to this deployment.
    Function { id: FunctionId, incarnation: Uuid, deployment: u64 },
    /// A version is created.
    Version { id: FunctionId, incarnation: Uuid, number: VersionNumber },
}

/// Ends the creation or the update of a function, in the background.
pub(super) fn function(server: &Arc<Server>, function: &Function) {
    later(server, of_function(function));
}

/// Ends the creation of a version, in the background.
pub(super) fn version(server: &Arc<Server>, version: &Version) {
    later(server, of_version(version));
}

fn of_function(function: &Function) -> Settling {
    let Function { id, incarnation, latest, .. } = function;
    Settling::Function { id: id.clone(), incarnation: *incarnation, deployment: latest.number }
}

fn of_version(version: &Version) -> Settling {
    let Version { id, incarnation, number, .. } = version;
    Settling::Version { id: id.clone(), incarnation: *incarnation, number: *number }
}

/// Ends what was begun: not before the least time that a state change takes here has passed.
fn later(server: &Arc<Server>, what: Settling) {
    let task = Arc::clone(server);
    server.tasks.spawn(async move {
        let held = task.closing.run_until_cancelled(task.waiter().sleep(task.options.transition_min)).await;
        // A server that closes meanwhile leaves it to the next start.
        if held.is_none() && !task.options.transition_min.is_zero() {
            return;
        }
        let arn = what.arn();
        if let Err(fault) = until_written(&arn, &task.closing, || settle(&task, &what)).await {
            error!(function = arn, %fault, "a state change was not written: it is taken up at the next start");
        }
        task.settled.notify_waiters();
    });
}

/// Patience with state changes that are going on. Where they take no longer than their work, whoever wants to change the
/// same function waits for them, since programs create and update in one breath; after a while it is refused all the
/// same.
pub(super) struct Patience<'a> {
    server: &'a Server,
    until: Instant,
}

impl<'a> Patience<'a> {
    /// Patience from now on.
    pub(super) fn new(server: &'a Server) -> Self {
        Self { server, until: Instant::now() + SETTLE_WAIT_MAX }
    }

    /// Watches from this moment on; to be called before the function is read.
    pub(super) fn watch(&self) -> Notified<'a> {
        self.server.settled.notified()
    }

    /// Waits until a state change has ended; the refusal `busy` if none does in time, or none will.
    pub(super) async fn wait(&self, settled: Notified<'a>, busy: Error) -> Result<(), Error> {
        let waits = self.server.options.transition_min.is_zero();
        let ended = waits && tokio::time::timeout_at(self.until, settled).await.is_ok();
        if ended { Ok(()) } else { Err(busy) }
    }
}

/// Tries until it works, with pauses that grow; gives up when the server closes.
async fn until_written<F>(
    arn: &str,
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
                warn!(function = arn, %fault, ?pause, "a state change was not written: it is tried again");
                if closing.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return Err(fault);
                }
                pause = (pause * 2).min(SETTLE_PAUSE_MAX);
            }
        }
    }
}

/// Ends what an earlier server began and did not live to end, and takes in what is kept in memory of what is there.
///
/// # Errors
/// [`StoreError`] if the functions cannot be read.
pub async fn resume(server: &Arc<Server>) -> Result<(), StoreError> {
    alarms::resume(server).await?;
    every::record(server, &tables::FUNCTIONS, |record| {
        server.policies.take_in(record);
        server.urls.take_in(record);
        let key = tables::function_key(&record.id);
        server.usage.take_in(&tables::FUNCTIONS, &key, record.latest.code.size_bytes);
        if record.state == State::Pending || record.last_update == Some(LastUpdate::InProgress) {
            function(server, record);
        }
    })
    .await?;
    every::record(server, &tables::EVENT_SOURCE_MAPPINGS, |mapping| polling::changed(server, mapping))
        .await?;
    every::record(server, &tables::LAYER_VERSIONS, |record| {
        let key = tables::layer_version_key(&record.id, record.number);
        server.usage.take_in(&tables::LAYER_VERSIONS, &key, record.code.size_bytes);
    })
    .await?;
    every::record(server, &tables::VERSIONS, |record| {
        let key = tables::version_key(&record.id, record.number);
        server.usage.take_in(&tables::VERSIONS, &key, record.deployment.code.size_bytes);
        if record.state == State::Pending {
            version(server, record);
        }
    })
    .await
}

impl Settling {
    fn arn(&self) -> String {
        match self {
            Self::Function { id, .. } => id.arn(),
            Self::Version { id, number, .. } => format!("{}:{number}", id.arn()),
        }
    }
}

async fn settle(server: &Server, what: &Settling) -> Result<(), StoreError> {
    let revision = || server.dice.uuid();
    match what {
        Settling::Function { id, incarnation, deployment } => {
            let meant = |f: &Function| f.incarnation == *incarnation && f.latest.number == *deployment;
            let end = |f: &mut Function| meant(f) && f.settle(revision());
            change(server, &tables::FUNCTIONS, &tables::function_key(id), end).await
        }
        Settling::Version { id, incarnation, number } => {
            let end = |v: &mut Version| v.incarnation == *incarnation && v.settle(revision());
            change(server, &tables::VERSIONS, &tables::version_key(id, *number), end).await
        }
    }
}

/// Changes a record, if it is there and there is something to change.
async fn change<T: Serialize + DeserializeOwned>(
    server: &Server,
    table: &Table<T>,
    key: &Key,
    end: impl Fn(&mut T) -> bool,
) -> Result<(), StoreError> {
    loop {
        let Some(mut record): Option<Record<T>> = server.store.get(table, key).await? else {
            return Ok(());
        };
        if !end(&mut record.value) {
            return Ok(());
        }
        match server.store.write(Transaction::new().update(table, &record)).await {
            Ok(_) => return Ok(()),
            // Somebody changed it meanwhile: look again. There is no limit to it, for nobody else ends this state, and each
            // loss is the success of another.
            Err(WriteError::Conflict { .. }) => {}
            Err(WriteError::Store(fault)) => return Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The moments at which it is tried, in milliseconds of a clock that does not run by itself.
    async fn tries(works_at: usize, fault: StoreError, closing: &CancellationToken) -> (Vec<u128>, bool) {
        let (start, mut tries) = (Instant::now(), Vec::new());
        let attempt = || {
            tries.push(start.elapsed().as_millis());
            let outcome = if tries.len() == works_at { Ok(()) } else { Err(fault.clone()) };
            std::future::ready(outcome)
        };
        let written = until_written("f", closing, attempt).await.is_ok();
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
