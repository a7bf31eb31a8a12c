//! Event source mappings: which source a function's events come from, and how they are to be read. The record and its
//! states; never reads a source.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>

pub mod filter;
pub mod source;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Region};
use crate::time::Timestamp;

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

/// How events are read: what can change. What is absent was not given and has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `BatchSize`: 1 to 10,000.
    pub batch_size: Option<i32>,
    /// `MaximumBatchingWindowInSeconds`: 0 to 300.
    pub window_s: Option<i32>,
    /// `FilterCriteria`: patterns, each a JSON text.
    pub filters: Option<Vec<String>>,
    /// `KMSKeyArn`: what encrypts the filters.
    pub kms_key_arn: Option<String>,
    /// `MetricsConfig`.
    pub metrics: Option<Vec<String>>,
    /// `LoggingConfig.SystemLogLevel`.
    pub log_level: Option<String>,
    /// `ScalingConfig.MaximumConcurrency`: 2 to 1,000.
    pub concurrency_max: Option<i32>,
    /// `ParallelizationFactor`: 1 to 10.
    pub parallelization: Option<i32>,
    /// `DestinationConfig.OnFailure.Destination`: an ARN.
    pub on_failure: Option<String>,
    /// `MaximumRecordAgeInSeconds`: −1 for ever, or up to 604,800.
    pub record_age_max_s: Option<i32>,
    /// `BisectBatchOnFunctionError`.
    pub bisect: Option<bool>,
    /// `MaximumRetryAttempts`: −1 for ever, or up to 10,000.
    pub retries_max: Option<i32>,
    /// `TumblingWindowInSeconds`: 0 to 900.
    pub tumbling_window_s: Option<i32>,
    /// `SourceAccessConfigurations`.
    pub access: Option<Vec<Access>>,
    /// `FunctionResponseTypes`.
    pub response_types: Option<Vec<String>>,
    /// `AmazonManagedKafkaEventSourceConfig` or `SelfManagedKafkaEventSourceConfig`.
    pub kafka: Option<Kafka>,
    /// `DocumentDBEventSourceConfig`.
    pub database: Option<Database>,
    /// `ProvisionedPollerConfig`.
    pub pollers: Option<Pollers>,
}

/// How a source lets its reader in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Such as `BASIC_AUTH`.
    pub kind: Option<String>,
    /// A secret, a subnet, a security group or a virtual host.
    pub uri: Option<String>,
}

/// What only Kafka has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kafka {
    /// The consumer group.
    pub group: Option<String>,
    /// Where schemas are kept.
    pub registry: Option<Registry>,
    /// `Stream` or `Queue`.
    pub mode: Option<String>,
}

/// A registry of schemas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// Where it is.
    pub uri: Option<String>,
    /// `JSON` or `SOURCE`.
    pub format: Option<String>,
    /// How it lets its reader in.
    pub access: Option<Vec<Access>>,
    /// What is validated: `KEY`, `VALUE`.
    pub validated: Option<Vec<Option<String>>>,
}

/// What only DocumentDB has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// The database.
    pub name: Option<String>,
    /// The collection; all of the database where none is named.
    pub collection: Option<String>,
    /// `UpdateLookup` or `Default`.
    pub full_document: Option<String>,
}

/// Pollers that are always there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pollers {
    /// At least so many.
    pub min: Option<i32>,
    /// At most so many.
    pub max: Option<i32>,
    /// Whom they are shared with.
    pub group: Option<String>,
}
