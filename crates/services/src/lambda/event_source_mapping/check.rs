//! What a mapping must be like, by the kind of its source. The model has checked each member by itself. Never looks
//! anything up.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>

use lambent_core::lambda::event_source_mapping::{Kind, Settings, filter};
use lambent_core::limits::{BATCH_WITHOUT_WINDOW_MAX, FILTERS_MAX, RECORD_AGE_MIN_S};
use lambent_wire::lambda::event_source_mapping::{
    CreateEventSourceMappingRequest, UpdateEventSourceMappingRequest,
};

use super::super::Error;

/// The kind of the source that a request names, which must be exactly one.
pub(super) fn kind(request: &CreateEventSourceMappingRequest) -> Result<Kind, Error> {
    match (&request.event_source_arn, &request.self_managed_event_source) {
        (None, Some(_)) => Ok(Kind::OwnKafka),
        (Some(arn), None) => Kind::of(arn).ok_or_else(|| invalid("Unrecognized event source.")),
        (None, None) | (Some(_), Some(_)) => Err(invalid("Unrecognized event source.")),
    }
}

/// Which members a request has, by their names in the model.
macro_rules! given {
    ($request:expr, [$($member:ident => $name:literal,)*]) => {
        [$(($name, $request.$member.is_some())),*].into_iter().filter(|(_, given)| *given).map(|(name, _)| name)
    };
    ($request:expr; $($more:tt)*) => {
        given!($request, [
            parallelization_factor => "ParallelizationFactor",
            tumbling_window_in_seconds => "TumblingWindowInSeconds",
            bisect_batch_on_function_error => "BisectBatchOnFunctionError",
            maximum_record_age_in_seconds => "MaximumRecordAgeInSeconds",
            maximum_retry_attempts => "MaximumRetryAttempts",
            destination_config => "DestinationConfig",
            function_response_types => "FunctionResponseTypes",
            scaling_config => "ScalingConfig",
            source_access_configurations => "SourceAccessConfigurations",
            amazon_managed_kafka_event_source_config => "AmazonManagedKafkaEventSourceConfig",
            self_managed_kafka_event_source_config => "SelfManagedKafkaEventSourceConfig",
            document_db_event_source_config => "DocumentDBEventSourceConfig",
            provisioned_poller_config => "ProvisionedPollerConfig",
            logging_config => "LoggingConfig",
            $($more)*
        ])
    };
}

/// Refuses members that the source does not have, and the absence of those that it must have.
pub(super) fn create(kind: Kind, request: &CreateEventSourceMappingRequest) -> Result<(), Error> {
    let success = request.destination_config.as_ref().and_then(|config| config.on_success.as_ref());
    let members = given!(request;
        starting_position => "StartingPosition",
        starting_position_timestamp => "StartingPositionTimestamp",
        topics => "Topics",
        queues => "Queues",
    );
    taken(kind, success.is_some(), members)?;
    let missing = |name: &str| invalid(&format!("Required '{name}' parameter is missing."));
    if (kind == Kind::OwnKafka || kind == Kind::Broker) && request.source_access_configurations.is_none() {
        return Err(missing("sourceAccessConfigurations"));
    }
    if kind.is_kafka() && request.topics.is_none() {
        return Err(missing("topics"));
    }
    if kind == Kind::Broker && request.queues.is_none() {
        return Err(missing("queues"));
    }
    let database = request.document_db_event_source_config.as_ref().and_then(|c| c.database_name.as_ref());
    if kind == Kind::DocumentDb && database.is_none() {
        return Err(missing("databaseName"));
    }
    position(kind, request)
}

/// Refuses members that the source does not have.
pub(super) fn update(kind: Kind, request: &UpdateEventSourceMappingRequest) -> Result<(), Error> {
    let success = request.destination_config.as_ref().and_then(|config| config.on_success.as_ref());
    taken(kind, success.is_some(), given!(request;))
}

fn taken(kind: Kind, success: bool, mut members: impl Iterator<Item = &'static str>) -> Result<(), Error> {
    let unsupported =
        |name: &str| invalid(&format!("Unsupported {name} parameter for given event source mapping type."));
    match members.find(|name| !kind.takes(name)) {
        Some(name) => Err(unsupported(name)),
        // A source of events has no use for results.
        None if success => Err(unsupported("DestinationConfig")),
        None => Ok(()),
    }
}

fn position(kind: Kind, request: &CreateEventSourceMappingRequest) -> Result<(), Error> {
    let null = |member: &str| {
        invalid(&format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null."
        ))
    };
    if !kind.has_position() {
        return Ok(());
    }
    match request.starting_position.as_deref() {
        None if kind.position().is_none() => Err(null("startingPosition")),
        Some("AT_TIMESTAMP") if kind == Kind::DynamoDb => {
            let arn = request.event_source_arn.as_deref().unwrap_or_default();
            Err(invalid(&format!("Unsupported starting position for arn type: {arn}")))
        }
        Some("AT_TIMESTAMP") if request.starting_position_timestamp.is_none() => {
            Err(null("startingPositionTimestamp"))
        }
        None | Some(_) => Ok(()),
    }
}

/// Checks what the settings are together.
pub(super) fn settings(kind: Kind, settings: &Settings) -> Result<(), Error> {
    let batch = settings.batch_size.unwrap_or_else(|| kind.batch_size());
    let max = kind.batch_size_max();
    if batch > max {
        return Err(invalid(&format!("BatchSize {batch} exceeds the max of {max}")));
    }
    let window_s = settings.window_s.unwrap_or_default();
    if kind == Kind::FifoQueue && window_s > 0 {
        return Err(invalid("Batching window is not supported for FIFO queues."));
    }
    if kind.is_queue() && batch > BATCH_WITHOUT_WINDOW_MAX && window_s == 0 {
        return Err(invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ));
    }
    if settings.record_age_max_s.is_some_and(|age_s| (0..RECORD_AGE_MIN_S).contains(&age_s)) {
        return Err(invalid(&format!(
            "Maximum record age in seconds must be -1 or at least {RECORD_AGE_MIN_S}."
        )));
    }
    let pollers = settings.pollers.as_ref().and_then(|pollers| pollers.min.zip(pollers.max));
    if pollers.is_some_and(|(min, max)| min > max) {
        return Err(invalid("Minimum pollers must not be greater than maximum pollers."));
    }
    filters(settings.filters.as_deref().unwrap_or_default())
}

fn filters(patterns: &[String]) -> Result<(), Error> {
    if patterns.len() > FILTERS_MAX {
        return Err(invalid(&format!("Cannot have more than {FILTERS_MAX} filters.")));
    }
    match patterns.iter().all(|pattern| filter::is_pattern(pattern)) {
        true => Ok(()),
        false => Err(invalid("Invalid filter pattern definition.")),
    }
}

fn invalid(words: &str) -> Error {
    Error::InvalidParameter(words.to_owned())
}
