//! Where alarms and what happened to them stand: by account, region and name.

use lambent_core::account::{AccountId, Region};
use lambent_core::monitoring::alarm::{Alarm, AlarmId, HistoryItem};
use lambent_core::time::Timestamp;
use uuid::Uuid;

use crate::{Key, Prefix, Table};

/// Metric alarms.
pub const ALARMS: Table<Alarm> = Table::new("alarms");

/// What happened to alarms, also to those that are gone, in the order of time.
pub const ALARM_HISTORY: Table<HistoryItem> = Table::new("alarm_history");

/// Where an alarm stands in [`ALARMS`].
#[must_use]
pub fn alarm_key(id: &AlarmId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name])
}

/// All alarms, or all that happened to alarms, of an account and region.
#[must_use]
pub fn alarms_of(account: &AccountId, region: &Region) -> Prefix {
    Prefix::under([account.as_str(), region.as_str()])
}

/// Where something stands that happened to an alarm; `number` tells it from others of the same moment.
#[must_use]
pub fn alarm_history_key(id: &AlarmId, at: Timestamp, number: Uuid) -> Key {
    let at = super::digits(u64::try_from(at.as_millis()).unwrap_or_default());
    Key::of([id.account.as_str(), id.region.as_str(), &id.name, &at, &number.to_string()])
}

/// All that happened to one alarm.
#[must_use]
pub fn alarm_history_of(id: &AlarmId) -> Prefix {
    Prefix::under([id.account.as_str(), id.region.as_str(), &id.name])
}
