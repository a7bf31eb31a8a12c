//! Alarms: put, deleted, set to a state, their actions turned on and off.
//!
//! Sources: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>

use std::sync::Arc;

use lambent_core::monitoring::alarm::{Alarm, AlarmId, HistoryItem, State};
use lambent_store::{Expect, Record, Transaction, WriteError, tables};
use lambent_wire::monitoring::alarm::{
    DeleteAlarmsInput, DisableAlarmActionsInput, EnableAlarmActionsInput, PutMetricAlarmInput,
    SetAlarmStateInput,
};

use super::{Error, alarm_put, alarms};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// How often somebody else may change an alarm at the same moment.
const TRIES_MAX: u32 = 10;

/// The alarm of that name where the caller is.
pub(super) fn named(caller: &Caller, name: &str) -> AlarmId {
    AlarmId { account: caller.account.clone(), region: caller.region.clone(), name: name.to_owned() }
}

/// PutMetricAlarm: a new alarm has too little data; one that is there keeps its state and its tags.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn put_metric_alarm(
    server: &Arc<Server>,
    context: &Context,
    request: PutMetricAlarmInput,
) -> Result<Reply, Error> {
    let id = named(&context.caller, &request.alarm_name);
    let alarm = alarm_put::read(id, request, server.clock.now())?;
    let key = tables::alarm_key(&alarm.id);
    for _ in 0..TRIES_MAX {
        let old: Option<Record<Alarm>> = server.store.get(&tables::ALARMS, &key).await?;
        let how = if old.is_some() { "updated" } else { "created" };
        let item = HistoryItem::configured(&alarm.id, how, alarm.configured);
        let transaction = match old {
            Some(mut record) => {
                let Alarm { standing, tags, .. } = record.value;
                record.value = Alarm { standing, tags, ..alarm.clone() };
                Transaction::new().update(&tables::ALARMS, &record)
            }
            None => Transaction::new().put(&tables::ALARMS, key.clone(), &alarm, Expect::Absent),
        };
        if written(server, transaction, &item).await? {
            alarms::changed(server);
            return Ok(Reply::of(()));
        }
    }
    Err(busy())
}

/// DeleteAlarms: those that are not there are no error.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn delete_alarms(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteAlarmsInput,
) -> Result<Reply, Error> {
    for name in &request.alarm_names {
        let id = named(&context.caller, name);
        let key = tables::alarm_key(&id);
        let transaction = Transaction::new().delete(&tables::ALARMS, key, Expect::Present);
        // False: it is gone already.
        written(server, transaction, &HistoryItem::configured(&id, "deleted", server.clock.now())).await?;
    }
    alarms::changed(server);
    Ok(Reply::of(()))
}

/// SetAlarmState: until the next evaluation finds another.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn set_alarm_state(
    server: &Arc<Server>,
    context: &Context,
    request: SetAlarmStateInput,
) -> Result<Reply, Error> {
    let SetAlarmStateInput { alarm_name, state_value, state_reason, state_reason_data } = request;
    let state = State::read(&state_value)
        .ok_or_else(|| Error::Validation(format!("{state_value} is no state of an alarm.")))?;
    let is_json = |data: &String| serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok();
    if !state_reason_data.as_ref().is_none_or(is_json) {
        return Err(Error::Format("StateReasonData is not valid JSON.".to_owned()));
    }
    let id = named(&context.caller, &alarm_name);
    for _ in 0..TRIES_MAX {
        let mut record = found(server, &id).await?;
        let (reason, data, now) = (state_reason.clone(), state_reason_data.clone(), server.clock.now());
        let transition = record.value.become_another(state, reason, data, now);
        if alarms::keep(server, &record, &transition).await? {
            return Ok(Reply::of(()));
        }
    }
    Err(busy())
}

/// EnableAlarmActions. Names that are none are passed over, as AWS does.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn enable_alarm_actions(
    server: &Arc<Server>,
    context: &Context,
    request: EnableAlarmActionsInput,
) -> Result<Reply, Error> {
    turn_actions(server, &context.caller, &request.alarm_names, true).await
}

/// DisableAlarmActions.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn disable_alarm_actions(
    server: &Arc<Server>,
    context: &Context,
    request: DisableAlarmActionsInput,
) -> Result<Reply, Error> {
    turn_actions(server, &context.caller, &request.alarm_names, false).await
}

async fn turn_actions(
    server: &Server,
    caller: &Caller,
    names: &[String],
    enabled: bool,
) -> Result<Reply, Error> {
    for name in names {
        change(server, &named(caller, name), |alarm| {
            let changed = alarm.actions.enabled != enabled;
            alarm.actions.enabled = enabled;
            alarm.configured = server.clock.now();
            changed
        })
        .await
        .or_else(|error| if matches!(error, Error::NoAlarm(_)) { Ok(()) } else { Err(error) })?;
    }
    Ok(Reply::of(()))
}

/// Changes an alarm, if `change` says that it did.
pub(super) async fn change(
    server: &Server,
    id: &AlarmId,
    change: impl Fn(&mut Alarm) -> bool,
) -> Result<(), Error> {
    for _ in 0..TRIES_MAX {
        let mut record = found(server, id).await?;
        if !change(&mut record.value) {
            return Ok(());
        }
        let item = HistoryItem::configured(id, "updated", server.clock.now());
        if written(server, Transaction::new().update(&tables::ALARMS, &record), &item).await? {
            return Ok(());
        }
    }
    Err(busy())
}

/// The alarm, which must be there.
pub(super) async fn found(server: &Server, id: &AlarmId) -> Result<Record<Alarm>, Error> {
    let record = server.store.get(&tables::ALARMS, &tables::alarm_key(id)).await?;
    record.ok_or_else(|| Error::NoAlarm(format!("The alarm {} does not exist.", id.name)))
}

/// Writes what was changed and that it was; false if somebody else changed it meanwhile.
pub(super) async fn written(
    server: &Server,
    transaction: Transaction,
    item: &HistoryItem,
) -> Result<bool, Error> {
    let key = tables::alarm_history_key(&item.alarm, item.at, server.dice.uuid());
    match server.store.write(transaction.put(&tables::ALARM_HISTORY, key, item, Expect::Any)).await {
        Ok(_) => Ok(true),
        Err(WriteError::Conflict { .. }) => Ok(false),
        Err(WriteError::Store(fault)) => Err(fault.into()),
    }
}

fn busy() -> Error {
    Error::LimitExceeded("Others changed the same alarm all the while. Please try again.".to_owned())
}
