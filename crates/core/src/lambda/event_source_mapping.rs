//! Event source mappings: which source a function's events come from, and how they are to be read. The record and its
//! states; never reads a source.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>

pub mod batch;
pub mod filter;
pub mod message;
pub mod pace;
mod settings;
pub mod source;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Region};
use crate::time::Timestamp;

pub use settings::{Access, Database, Kafka, Pollers, Registry, Settings};
pub use source::Kind;

/// Which mapping, in which account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MappingId {
    /// The owner.
    pub account: AccountId,
    /// Where it lives.
    pub region: Region,
    /// Its name.
    pub uuid: Uuid,
}

impl MappingId {
    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { account, region, uuid } = self;
        format!("arn:{}:lambda:{region}:{account}:event-source-mapping:{uuid}", region.partition())
    }

    /// The mapping that an ARN means; none for another form.
    #[must_use]
    pub fn read(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", _, "lambda", region, account, "event-source-mapping", uuid] = parts.as_slice() else {
            return None;
        };
        let account = AccountId::try_from((*account).to_owned()).ok()?;
        let region = Region::try_from((*region).to_owned()).ok()?;
        let id = Self { account, region, uuid: uuid.parse().ok()? };
        (id.arn() == arn).then_some(id)
    }
}

/// A source bound to a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventSourceMapping {
    /// Its name.
    pub id: MappingId,
    /// The function's ARN, qualified where a version or an alias was named.
    pub function_arn: String,
    /// Where events come from.
    pub source: Source,
    /// How they are read.
    pub settings: Settings,
    /// Whether they are to be read.
    pub enabled: bool,
    /// What was done last.
    pub change: Change,
    /// When.
    pub changed: Timestamp,
    /// At most 50.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// What is done to a mapping, which takes a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It was made.
    Create,
    /// It was changed, but not switched.
    Update,
    /// It was switched on.
    Enable,
    /// It was switched off.
    Disable,
}

/// What a mapping shows as its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being made.
    Creating,
    /// It is being changed.
    Updating,
    /// It is being switched on.
    Enabling,
    /// It is being switched off.
    Disabling,
    /// Events are to be read.
    Enabled,
    /// They are not.
    Disabled,
}

impl EventSourceMapping {
    /// The state, where changes take so long. It follows from the time, so that nothing has to be done for a change to
    /// end, and none is left half done by a crash.
    #[must_use]
    pub fn state(&self, now: Timestamp, change_takes: Duration) -> State {
        if now.since(self.changed) < change_takes {
            return self.changing();
        }
        if self.enabled { State::Enabled } else { State::Disabled }
    }

    /// The state that the answer to the last change shows.
    #[must_use]
    pub fn changing(&self) -> State {
        match self.change {
            Change::Create => State::Creating,
            Change::Update => State::Updating,
            Change::Enable => State::Enabling,
            Change::Disable => State::Disabling,
        }
    }
}

impl State {
    /// As AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::Enabling => "Enabling",
            Self::Disabling => "Disabling",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
        }
    }
}

/// Where events come from: what cannot change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What kind of source it is.
    pub kind: Kind,
    /// Its ARN; none for brokers of one's own.
    pub arn: Option<String>,
    /// Where reading begins: `TRIM_HORIZON`, `LATEST` or `AT_TIMESTAMP`.
    pub starting_position: Option<String>,
    /// The moment of `AT_TIMESTAMP`.
    pub starting_at: Option<Timestamp>,
    /// Topics of Kafka.
    pub topics: Option<Vec<String>>,
    /// Queues of a broker.
    pub queues: Option<Vec<String>>,
    /// Brokers of one's own, by the kind of endpoint.
    pub endpoints: Option<BTreeMap<String, Vec<String>>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(change: Change, enabled: bool) -> EventSourceMapping {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        EventSourceMapping {
            id: MappingId { account, region, uuid: Uuid::from_u128(7) },
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
            source: Source {
                kind: Kind::Queue,
                arn: None,
                starting_position: None,
                starting_at: None,
                topics: None,
                queues: None,
                endpoints: None,
            },
            settings: Settings::default(),
            enabled,
            change,
            changed: Timestamp::from_millis(1000),
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn a_change_ends_by_itself() {
        for (change, enabled, during, after) in [
            (Change::Create, true, State::Creating, State::Enabled),
            (Change::Create, false, State::Creating, State::Disabled),
            (Change::Update, true, State::Updating, State::Enabled),
            (Change::Enable, true, State::Enabling, State::Enabled),
            (Change::Disable, false, State::Disabling, State::Disabled),
        ] {
            let mapping = mapping(change, enabled);
            let takes = Duration::from_millis(500);
            assert_eq!(mapping.state(Timestamp::from_millis(1499), takes), during);
            assert_eq!(mapping.state(Timestamp::from_millis(1500), takes), after);
            assert_eq!(mapping.state(Timestamp::from_millis(1000), Duration::ZERO), after);
        }
    }

    #[test]
    fn a_mapping_is_named_by_its_arn() {
        let id = mapping(Change::Create, true).id;
        assert_eq!(MappingId::read(&id.arn()), Some(id.clone()));
        assert_eq!(MappingId::read(&id.arn().replace("us-east-1", "cn-north-1")), None);
        assert_eq!(MappingId::read(&id.uuid.to_string()), None);
    }

    #[test]
    fn settings_of_an_older_server_are_read() {
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    }
}
