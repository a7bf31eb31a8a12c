//! How the events of a source are read: all of a mapping that can change. Never checks it.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>

use serde::{Deserialize, Serialize};

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
