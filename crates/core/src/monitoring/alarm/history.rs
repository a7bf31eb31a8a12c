//! What is remembered of an alarm, in AWS's words. Never how long.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AlarmId, Standing, Transition};
use crate::time::Timestamp;

/// What an item is about: `HistoryItemType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryKind {
    /// The alarm was created, changed or deleted.
    ConfigurationUpdate,
    /// It has another state.
    StateUpdate,
    /// Something was done about that.
    Action,
}

impl HistoryKind {
    /// AWS's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigurationUpdate => "ConfigurationUpdate",
            Self::StateUpdate => "StateUpdate",
            Self::Action => "Action",
        }
    }
}

/// One thing that happened to an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryItem {
    /// Which alarm, which may be gone.
    pub alarm: AlarmId,
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub kind: HistoryKind,
    /// In words.
    pub summary: String,
    /// In JSON.
    pub data: String,
}

impl HistoryItem {
    /// The alarm was `created`, `updated` or `deleted`.
    #[must_use]
    pub fn configured(alarm: &AlarmId, how: &str, at: Timestamp) -> Self {
        let kind = match how {
            "created" => "Create",
            "deleted" => "Delete",
            _ => "Update",
        };
        Self {
            alarm: alarm.clone(),
            at,
            kind: HistoryKind::ConfigurationUpdate,
            summary: format!("Alarm \"{}\" {how}", alarm.name),
            data: json!({ "version": "1.0", "type": kind, "alarmArn": alarm.arn() }).to_string(),
        }
    }

    /// It has another state.
    #[must_use]
    pub fn moved(alarm: &AlarmId, Transition { old, new }: &Transition) -> Self {
        Self {
            alarm: alarm.clone(),
            at: new.updated,
            kind: HistoryKind::StateUpdate,
            summary: format!("Alarm updated from {} to {}", old.state.as_str(), new.state.as_str()),
            data: json!({ "version": "1.0", "oldState": shown(old), "newState": shown(new) }).to_string(),
        }
    }

    /// An action was done for a state, or not: then why.
    #[must_use]
    pub fn acted(
        alarm: &AlarmId,
        state: &Standing,
        action: &str,
        outcome: Result<String, String>,
        at: Timestamp,
    ) -> Self {
        let (how, summary) = match &outcome {
            Ok(_) => ("Succeeded", format!("Successfully executed action {action}")),
            Err(_) => ("Failed", format!("Failed to execute action {action}")),
        };
        let (message, error) = match outcome {
            Ok(message) => (Some(message), None),
            Err(error) => (None, Some(error)),
        };
        let data = json!({
            "actionState": how,
            "stateUpdateTimestamp": state.updated.as_millis(),
            "notificationResource": action,
            "publishedMessage": message,
            "error": error,
        });
        Self { alarm: alarm.clone(), at, kind: HistoryKind::Action, summary, data: data.to_string() }
    }
}

fn shown(state: &Standing) -> Value {
    let mut shown = json!({ "stateValue": state.state.as_str(), "stateReason": state.reason });
    let data = state.data.as_ref().and_then(|data| serde_json::from_str::<Value>(data).ok());
    if let Some(data) = data {
        shown["stateReasonData"] = data;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountId, Region};
    use crate::monitoring::alarm::State;

    #[test]
    fn what_happened_is_told_in_the_words_of_aws() {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        let id = AlarmId { account, region, name: "errors".into() };
        let at = Timestamp::from_millis(7);
        let old = Standing::initial(at);
        let new = old.then(State::Alarm, "why".into(), Some("{\"period\":60}".into()), at);
        let moved = HistoryItem::moved(&id, &Transition { old, new: new.clone() });
        assert_eq!(moved.summary, "Alarm updated from INSUFFICIENT_DATA to ALARM");
        assert!(moved.data.contains("\"stateReasonData\":{\"period\":60}"), "{}", moved.data);
        assert_eq!(HistoryItem::configured(&id, "created", at).summary, "Alarm \"errors\" created");
        let failed = HistoryItem::acted(&id, &new, "arn:x", Err("gone".into()), at);
        assert_eq!(failed.summary, "Failed to execute action arn:x");
        assert!(failed.data.contains("\"error\":\"gone\""), "{}", failed.data);
    }
}
