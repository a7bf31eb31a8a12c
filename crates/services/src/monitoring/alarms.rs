//! The driver of alarms: evaluates each when it is due, in AWS's time, keeps what changed, and has its actions done. Never
//! decides what a state is: the machine in `core` does.
//!
//! Where the clock was moved, the evaluations that were missed are made up for, as far as [`ALARM_EVALUATIONS_MAX`].

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lambent_core::account::{AccountId, Region};
use lambent_core::limits::{ALARM_EVALUATIONS_MAX, ROUND_MIN, STORE_PAGE_MAX};
use lambent_core::monitoring::alarm::{Alarm, AlarmId, HistoryItem, State, Transition};
use lambent_core::time::Timestamp;
use lambent_store::{Prefix, Record, StoreError, Transaction, tables};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use super::{Error, alarm, alarm_action, alarm_history, alarm_seen};
use crate::Server;

/// How often what is too old is forgotten.
const FORGET_ROUND: Duration = Duration::from_secs(3600);

/// How long the driver rests after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What is known of alarms besides what is kept.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    /// The driver runs.
    driven: AtomicBool,
    /// Wakes it: there is another alarm, or one fewer.
    changed: Notify,
}

/// Takes up the alarms that an earlier server left.
///
/// # Errors
/// [`StoreError`] if they cannot be read.
pub async fn resume(server: &Arc<Server>) -> Result<(), StoreError> {
    if !server.store.list(&tables::ALARMS, &Prefix::all(), None, 1).await?.is_empty() {
        changed(server);
    }
    Ok(())
}

/// An alarm was put or deleted. A server that never had one has no driver.
pub(super) fn changed(server: &Arc<Server>) {
    server.alarms.changed.notify_one();
    if !server.alarms.driven.swap(true, Ordering::SeqCst) {
        let (driver, began) = (Arc::clone(server), server.clock.now());
        server.tasks.spawn(async move {
            let closing = driver.closing.clone();
            closing.run_until_cancelled(drive(&driver, began)).await;
        });
    }
}

impl Server {
    /// The state of an alarm; none where there is none of that name.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn alarm_state(&self, id: &AlarmId) -> Result<Option<State>, StoreError> {
        let record = self.store.get(&tables::ALARMS, &tables::alarm_key(id)).await?;
        Ok(record.map(|record: Record<Alarm>| record.value.standing.state))
    }
}

/// The alarms of an account and region by name.
pub(super) async fn all(
    server: &Server,
    account: &AccountId,
    region: &Region,
) -> Result<Vec<Alarm>, StoreError> {
    let records = records(server, &tables::alarms_of(account, region)).await?;
    Ok(records.into_iter().map(|record| record.value).collect())
}

async fn records(server: &Server, under: &Prefix) -> Result<Vec<Record<Alarm>>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = server.store.list(&tables::ALARMS, under, after.as_ref(), STORE_PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.key.clone());
        found.extend(page);
    }
}

/// Evaluates alarms when they are due, for ever.
async fn drive(server: &Arc<Server>, began: Timestamp) {
    let mut evaluated = BTreeMap::new();
    let mut forgotten = Timestamp::from_millis(0);
    loop {
        let mut changed = pin!(server.alarms.changed.notified());
        let now = server.clock.now();
        let next = match round(server, &mut evaluated, (began, now)).await {
            Ok(next) => next,
            Err(fault) => {
                error!(%fault, "alarms were not evaluated: tried again");
                tokio::time::sleep(STORE_PAUSE).await;
                continue;
            }
        };
        if now.since(forgotten) > FORGET_ROUND {
            forgotten = now;
            if let Err(fault) = alarm_history::forget(server, now).await {
                warn!(%fault, "the oldest of what happened to alarms was not forgotten");
            }
        }
        match next {
            // However fast the clock, the server does other things too.
            Some(next) => {
                let rest = async {
                    server.waiter().until(next).await;
                    let real = server.clock.real(Duration::from_secs(10));
                    tokio::time::sleep(ROUND_MIN.saturating_sub(real)).await;
                };
                tokio::select! {
                    () = rest => {}
                    () = changed.as_mut() => {}
                }
            }
            None => changed.await,
        }
    }
}

/// Evaluates what is due. Says when the next is; none where there is no alarm.
async fn round(
    server: &Arc<Server>,
    evaluated: &mut BTreeMap<AlarmId, Timestamp>,
    (began, now): (Timestamp, Timestamp),
) -> Result<Option<Timestamp>, StoreError> {
    let records = records(server, &Prefix::all()).await?;
    evaluated.retain(|id, _| records.iter().any(|record| record.value.id == *id));
    let mut next: Option<Timestamp> = None;
    for record in records {
        let id = record.value.id.clone();
        let last = evaluated.get(&id).copied().unwrap_or(began).max(record.value.configured);
        let due = record.value.due(last);
        let (due, last) = if due <= now { evaluate(server, record, due, now).await? } else { (due, last) };
        evaluated.insert(id, last);
        next = Some(next.map_or(due, |next| next.min(due)));
    }
    Ok(next)
}

/// Evaluates one alarm, at each moment it was due until now. Says when it is due next, and the last moment.
async fn evaluate(
    server: &Arc<Server>,
    mut record: Record<Alarm>,
    due: Timestamp,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), StoreError> {
    let earliest = now.minus(record.value.every() * ALARM_EVALUATIONS_MAX);
    let (mut due, mut last) = (due.max(record.value.due(earliest)), due);
    while due <= now {
        let periods = alarm_seen::periods(server, &record.value, due).await?;
        let says_little = alarm_seen::says_little(server, &record.value, due).await?;
        let transition = if says_little { None } else { record.value.step(&periods, due) };
        if let Some(transition) = transition {
            match keep(server, &record, &transition).await {
                Ok(true) => {}
                // Somebody changed it meanwhile: the next round looks at what it is now.
                Ok(false) => return Ok((due, last.min(due.minus(Duration::from_millis(1))))),
                Err(Error::Store(fault)) => return Err(fault),
                Err(fault) => {
                    warn!(alarm = record.value.id.name, %fault, "the state of an alarm was not kept")
                }
            }
            let id = tables::alarm_key(&record.value.id);
            let Some(fresh) = server.store.get(&tables::ALARMS, &id).await? else { return Ok((now, due)) };
            record = fresh;
        }
        last = due;
        due = record.value.due(due);
    }
    Ok((due, last))
}

/// Keeps the new state of an alarm, and has its actions done where it is another. False if somebody else changed it.
pub(super) async fn keep(
    server: &Arc<Server>,
    record: &Record<Alarm>,
    transition: &Transition,
) -> Result<bool, Error> {
    let (alarm, Transition { old, new }) = (&record.value, transition);
    let transaction = Transaction::new().update(&tables::ALARMS, record);
    if old.state == new.state {
        return match server.store.write(transaction).await {
            Ok(_) => Ok(true),
            Err(lambent_store::WriteError::Conflict { .. }) => Ok(false),
            Err(lambent_store::WriteError::Store(fault)) => Err(fault.into()),
        };
    }
    if !alarm::written(server, transaction, &HistoryItem::moved(&alarm.id, transition)).await? {
        return Ok(false);
    }
    info!(
        alarm = alarm.id.name,
        region = alarm.id.region.as_str(),
        from = old.state.as_str(),
        to = new.state.as_str(),
        reason = new.reason,
        "alarm changed"
    );
    for action in alarm.actions.of(new.state).iter().filter(|_| alarm.actions.enabled) {
        let act = alarm_action::act(Arc::clone(server), alarm.clone(), transition.clone(), action.clone());
        server.tasks.spawn(act);
    }
    Ok(true)
}
