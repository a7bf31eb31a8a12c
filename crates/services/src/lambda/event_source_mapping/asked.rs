//! From the requests to what a mapping keeps. Never judges it.

use lambent_core::lambda::event_source_mapping::{
    Access, Database, Kafka, Kind, Pollers, Registry, Settings, Source,
};
use lambent_core::time::Timestamp;
use lambent_wire::lambda::event_source_mapping::{
    CreateEventSourceMappingRequest, KafkaSchemaRegistryConfig, UpdateEventSourceMappingRequest,
};

/// What a creation says of the source.
pub(super) fn source(kind: Kind, request: &CreateEventSourceMappingRequest) -> Source {
    let endpoints = request.self_managed_event_source.as_ref().and_then(|own| own.endpoints.clone());
    Source {
        kind,
        arn: request.event_source_arn.clone(),
        starting_position: request.starting_position.clone().or_else(|| kind.position().map(str::to_owned)),
        starting_at: request.starting_position_timestamp.map(|at| Timestamp::from_millis(at.as_millis())),
        topics: request.topics.clone(),
        queues: request.queues.clone(),
        endpoints,
    }
}

/// Both requests name what can change alike. What is absent stays; what is empty goes.
macro_rules! settings_of {
    ($name:ident, $request:ident) => {
        fn $name(settings: &mut Settings, request: &$request) {
            set(&mut settings.batch_size, request.batch_size);
            set(&mut settings.window_s, request.maximum_batching_window_in_seconds);
            set(&mut settings.parallelization, request.parallelization_factor);
            set(&mut settings.record_age_max_s, request.maximum_record_age_in_seconds);
            set(&mut settings.bisect, request.bisect_batch_on_function_error);
            set(&mut settings.retries_max, request.maximum_retry_attempts);
            set(&mut settings.tumbling_window_s, request.tumbling_window_in_seconds);
            set(&mut settings.response_types, request.function_response_types.clone());
            if let Some(criteria) = &request.filter_criteria {
                let patterns = criteria.filters.iter().flatten();
                let patterns = patterns.map(|filter| filter.pattern.clone().unwrap_or_default());
                settings.filters = Some(patterns.collect()).filter(|all: &Vec<String>| !all.is_empty());
            }
            if let Some(key) = &request.kms_key_arn {
                settings.kms_key_arn = Some(key.clone()).filter(|key| !key.is_empty());
            }
            if let Some(config) = &request.metrics_config {
                settings.metrics = config.metrics.clone().filter(|metrics| !metrics.is_empty());
            }
            if let Some(config) = &request.logging_config {
                settings.log_level.clone_from(&config.system_log_level);
            }
            if let Some(config) = &request.scaling_config {
                settings.concurrency_max = config.maximum_concurrency;
            }
            if let Some(config) = &request.destination_config {
                let failure = config.on_failure.as_ref().and_then(|on| on.destination.clone());
                settings.on_failure = failure.filter(|arn| !arn.is_empty());
            }
            if let Some(given) = &request.source_access_configurations {
                let one = |a: &lambent_wire::lambda::event_source_mapping::SourceAccessConfiguration| {
                    Access { kind: a.r#type.clone(), uri: a.uri.clone() }
                };
                settings.access = Some(given.iter().map(one).collect());
            }
            if let Some(given) = &request.amazon_managed_kafka_event_source_config {
                let registry = given.schema_registry_config.as_ref().map(registry);
                kafka(settings, given.consumer_group_id.clone(), registry, None);
            }
            if let Some(given) = &request.self_managed_kafka_event_source_config {
                let registry = given.schema_registry_config.as_ref().map(registry);
                kafka(settings, given.consumer_group_id.clone(), registry, given.consumption_mode.clone());
            }
            if let Some(given) = &request.document_db_event_source_config {
                settings.database = Some(Database {
                    name: given.database_name.clone(),
                    collection: given.collection_name.clone(),
                    full_document: given.full_document.clone(),
                });
            }
            if let Some(given) = &request.provisioned_poller_config {
                let (min, max) = (given.minimum_pollers, given.maximum_pollers);
                let pollers = Pollers { min, max, group: given.poller_group_name.clone() };
                settings.pollers = Some(pollers).filter(|p| p.min.is_some() || p.max.is_some());
            }
        }
    };
}

settings_of!(of_create, CreateEventSourceMappingRequest);
settings_of!(of_update, UpdateEventSourceMappingRequest);

/// What a creation says of how the source is read.
pub(super) fn created(request: &CreateEventSourceMappingRequest) -> Settings {
    let mut settings = Settings::default();
    of_create(&mut settings, request);
    settings
}

/// Changes what an update names.
pub(super) fn update(settings: &mut Settings, request: &UpdateEventSourceMappingRequest) {
    of_update(settings, request);
}

fn set<T>(member: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *member = given;
    }
}

/// The group of consumers stays what it was, whatever an update says: offsets are kept under it.
fn kafka(settings: &mut Settings, group: Option<String>, registry: Option<Registry>, mode: Option<String>) {
    let kafka = settings.kafka.get_or_insert_with(Kafka::default);
    kafka.group = kafka.group.take().or(group);
    kafka.registry = registry;
    set(&mut kafka.mode, mode);
}

fn registry(given: &KafkaSchemaRegistryConfig) -> Registry {
    let access = given
        .access_configs
        .as_ref()
        .map(|all| all.iter().map(|one| Access { kind: one.r#type.clone(), uri: one.uri.clone() }).collect());
    let validated = given.schema_validation_configs.as_ref();
    Registry {
        uri: given.schema_registry_uri.clone(),
        format: given.event_record_format.clone(),
        access,
        validated: validated.map(|all| all.iter().map(|one| one.attribute.clone()).collect()),
    }
}
