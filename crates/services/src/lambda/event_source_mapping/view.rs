//! How a mapping looks to a client: which members are there for which source, and what stands in them. Never changes one.

use lambent_core::lambda::event_source_mapping::{
    Access, EventSourceMapping, Kafka, Kind, Registry, Settings, Source, State,
};
use lambent_wire::lambda::event_invoke::{DestinationConfig, OnFailure};
use lambent_wire::lambda::event_source_mapping::{
    AmazonManagedKafkaEventSourceConfig, DocumentDBEventSourceConfig, EventSourceMappingConfiguration,
    EventSourceMappingLoggingConfig, EventSourceMappingMetricsConfig, Filter, FilterCriteria,
    KafkaSchemaRegistryAccessConfig, KafkaSchemaRegistryConfig, KafkaSchemaValidationConfig,
    ProvisionedPollerConfig, ScalingConfig, SelfManagedEventSource, SelfManagedKafkaEventSourceConfig,
    SourceAccessConfiguration,
};
use lambent_wire::timestamp::Timestamp;

use super::by_whom;
use crate::Server;

/// Why an enabled mapping of another source than a queue reads nothing.
const NOT_POLLED: &str = "Lambent does not poll this kind of source: no event reaches the function.";

/// Why one of a queue does not.
const NO_QUEUES: &str = "Lambent has no queues to poll (--upstream-endpoint): no event reaches the function.";

/// A mapping in this state.
pub(super) fn mapping(
    server: &Server,
    mapping: &EventSourceMapping,
    state: &str,
) -> EventSourceMappingConfiguration {
    let EventSourceMapping { id, source, settings, .. } = mapping;
    let is_enabled = state == State::Enabled.as_str();
    let reason = match source.kind.is_queue() {
        false if is_enabled => NOT_POLLED,
        true if is_enabled && server.upstream.is_none() => NO_QUEUES,
        true | false => by_whom(source.kind),
    };
    let mut view = EventSourceMappingConfiguration {
        uuid: Some(id.uuid.to_string()),
        event_source_mapping_arn: Some(id.arn()),
        event_source_arn: source.arn.clone(),
        function_arn: Some(mapping.function_arn.clone()),
        last_modified: Timestamp::from_millis(mapping.changed.as_millis()).ok(),
        last_processing_result: last_result(server, mapping),
        state: Some(state.to_owned()),
        state_transition_reason: Some(reason.to_owned()),
        starting_position: source.starting_position.clone(),
        starting_position_timestamp: source
            .starting_at
            .and_then(|at| Timestamp::from_millis(at.as_millis()).ok()),
        topics: source.topics.clone(),
        queues: source.queues.clone(),
        self_managed_event_source: source
            .endpoints
            .clone()
            .map(|endpoints| SelfManagedEventSource { endpoints: Some(endpoints) }),
        ..EventSourceMappingConfiguration::default()
    };
    reading(&mut view, source, settings);
    failing(&mut view, source, settings);
    configs(&mut view, settings);
    kafka(&mut view, mapping);
    view
}

/// How reading went. Queues of SQS do not say it on AWS; here they say what keeps them from being read.
fn last_result(
    server: &Server,
    EventSourceMapping { id, source, .. }: &EventSourceMapping,
) -> Option<String> {
    if source.kind.is_queue() {
        return server.pollers.problem(id).map(|problem| format!("PROBLEM: {problem}"));
    }
    Some("No records processed".to_owned())
}

/// In what batches events are read.
fn reading(view: &mut EventSourceMappingConfiguration, source: &Source, settings: &Settings) {
    let kind = source.kind;
    let at_once = kind.is_queue() || kind.is_stream();
    // Elsewhere it is half a second, which no whole number says.
    let window_s = at_once.then_some(0);
    let (one, none) = (kind.is_stream().then_some(1), kind.is_stream().then_some(0));
    let response_types = at_once.then(Vec::new);
    view.batch_size = Some(settings.batch_size.unwrap_or_else(|| kind.batch_size()));
    view.maximum_batching_window_in_seconds = settings.window_s.or(window_s);
    view.parallelization_factor = settings.parallelization.or(one);
    view.tumbling_window_in_seconds = settings.tumbling_window_s.or(none);
    view.function_response_types = settings.response_types.clone().or(response_types);
}

/// What becomes of events that a function fails on.
fn failing(view: &mut EventSourceMappingConfiguration, source: &Source, settings: &Settings) {
    let kind = source.kind;
    let (for_ever, whole) = (kind.is_stream().then_some(-1), kind.is_stream().then_some(false));
    view.maximum_record_age_in_seconds = settings.record_age_max_s.or(for_ever);
    view.maximum_retry_attempts = settings.retries_max.or(for_ever);
    view.bisect_batch_on_function_error = settings.bisect.or(whole);
    let on_failure = Some(OnFailure { destination: settings.on_failure.clone() });
    let destinations = DestinationConfig { on_success: None, on_failure };
    view.destination_config = kind.takes("DestinationConfig").then_some(destinations);
}

/// What is there only where it was given.
fn configs(view: &mut EventSourceMappingConfiguration, settings: &Settings) {
    let filter = |pattern: &String| Filter { pattern: Some(pattern.clone()) };
    view.filter_criteria = settings
        .filters
        .as_ref()
        .map(|patterns| FilterCriteria { filters: Some(patterns.iter().map(filter).collect()) });
    view.kms_key_arn.clone_from(&settings.kms_key_arn);
    view.metrics_config =
        settings.metrics.clone().map(|metrics| EventSourceMappingMetricsConfig { metrics: Some(metrics) });
    view.logging_config = settings
        .log_level
        .clone()
        .map(|level| EventSourceMappingLoggingConfig { system_log_level: Some(level) });
    view.scaling_config =
        settings.concurrency_max.map(|max| ScalingConfig { maximum_concurrency: Some(max) });
    let access = |one: &Access| SourceAccessConfiguration { r#type: one.kind.clone(), uri: one.uri.clone() };
    view.source_access_configurations = settings.access.as_ref().map(|all| all.iter().map(access).collect());
    view.document_db_event_source_config =
        settings.database.clone().map(|database| DocumentDBEventSourceConfig {
            database_name: database.name,
            collection_name: database.collection,
            full_document: Some(database.full_document.unwrap_or_else(|| "Default".to_owned())),
        });
    view.provisioned_poller_config = settings.pollers.clone().map(|pollers| ProvisionedPollerConfig {
        minimum_pollers: pollers.min,
        maximum_pollers: pollers.max,
        poller_group_name: pollers.group,
    });
}

/// Kafka's own part, under the name that its kind has for it. A group that nobody named bears the mapping's name.
fn kafka(view: &mut EventSourceMappingConfiguration, mapping: &EventSourceMapping) {
    let Kafka { group, registry, mode } = mapping.settings.kafka.clone().unwrap_or_default();
    let consumer_group_id = Some(group.unwrap_or_else(|| mapping.id.uuid.to_string()));
    let schema_registry_config = registry.map(self::registry);
    match mapping.source.kind {
        Kind::ManagedKafka => {
            view.amazon_managed_kafka_event_source_config =
                Some(AmazonManagedKafkaEventSourceConfig { consumer_group_id, schema_registry_config });
        }
        Kind::OwnKafka => {
            view.self_managed_kafka_event_source_config = Some(SelfManagedKafkaEventSourceConfig {
                consumer_group_id,
                schema_registry_config,
                consumption_mode: mode,
            });
        }
        Kind::Queue | Kind::FifoQueue | Kind::Kinesis | Kind::DynamoDb | Kind::Broker | Kind::DocumentDb => {}
    }
}

fn registry(registry: Registry) -> KafkaSchemaRegistryConfig {
    let access = |one: Access| KafkaSchemaRegistryAccessConfig { r#type: one.kind, uri: one.uri };
    let validated = |attribute| KafkaSchemaValidationConfig { attribute };
    KafkaSchemaRegistryConfig {
        schema_registry_uri: registry.uri,
        event_record_format: registry.format,
        access_configs: registry.access.map(|all| all.into_iter().map(access).collect()),
        schema_validation_configs: registry.validated.map(|all| all.into_iter().map(validated).collect()),
    }
}
