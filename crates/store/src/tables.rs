//! The whole keyspace of the server on one page: each table with the parts of its keys. Never holds logic beyond keys.

mod alarm;
mod iam;

use lambent_core::account::{AccountId, Region};
use lambent_core::efs::ResourceId;
use lambent_core::efs::access_point::AccessPoint;
use lambent_core::efs::file_system::FileSystem;
use lambent_core::iam::session::Session;
use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::code_signing::{CodeSigningConfig, CodeSigningId};
use lambent_core::lambda::concurrency::Reservations;
use lambent_core::lambda::event::{Event, Place};
use lambent_core::lambda::event_source_mapping::{EventSourceMapping, MappingId};
use lambent_core::lambda::function::Function;
use lambent_core::lambda::layer::{Layer, LayerId, LayerVersion};
use lambent_core::lambda::version::{Version, VersionNumber};
use lambent_core::logs::group::{Group as LogGroup, GroupId as LogGroupId};
use lambent_core::monitoring::bucket::Bucket;
use lambent_core::monitoring::metric::Series;
use lambent_core::time::Timestamp;

use crate::{Key, Prefix, Table};

pub use alarm::*;
pub use iam::*;

/// Functions by account, region and name.
pub const FUNCTIONS: Table<Function> = Table::new("functions");

/// Published versions by account, region, name of the function and number.
pub const VERSIONS: Table<Version> = Table::new("versions");

/// What functions have reserved of their account's concurrency, by account and region.
pub const RESERVATIONS: Table<Reservations> = Table::new("reservations");

/// Layers by account, region and name. They outlive their versions, so that no number is used twice.
pub const LAYERS: Table<Layer> = Table::new("layers");

/// Layer versions by account, region, name of the layer and number.
pub const LAYER_VERSIONS: Table<LayerVersion> = Table::new("layer_versions");

/// Code signing configurations by account, region and id.
pub const CODE_SIGNING_CONFIGS: Table<CodeSigningConfig> = Table::new("code_signing_configs");

/// Where a code signing configuration stands in [`CODE_SIGNING_CONFIGS`].
#[must_use]
pub fn code_signing_key(id: &CodeSigningId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.id])
}

/// File systems by account, region and id.
pub const FILE_SYSTEMS: Table<FileSystem> = Table::new("file_systems");

/// Access points by account, region and id.
pub const ACCESS_POINTS: Table<AccessPoint> = Table::new("access_points");

/// Which file system or access point a creation token made, by account, region, the file system or none, and token.
pub const EFS_TOKENS: Table<String> = Table::new("efs_tokens");

/// The kind of ids that an account's new file systems have, by account and region. AWS gives all the long one now.
pub const EFS_PREFERENCES: Table<String> = Table::new("efs_preferences");

/// Where a file system or an access point stands in its table.
#[must_use]
pub fn efs_key(id: &ResourceId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.id])
}

/// Where a token of an account stands in [`EFS_TOKENS`]: `of` is empty for file systems, else the file system's id.
#[must_use]
pub fn efs_token_key(account: &AccountId, region: &Region, of: &str, token: &str) -> Key {
    Key::of([account.as_str(), region.as_str(), of, token])
}

/// Event source mappings by account, region and UUID.
pub const EVENT_SOURCE_MAPPINGS: Table<EventSourceMapping> = Table::new("event_source_mappings");

/// Which mapping reads a source for a function, by account, region, function, source and what is read of it.
pub const MAPPED_SOURCES: Table<MappingId> = Table::new("mapped_sources");

/// Where what a mapping reads stands in [`MAPPED_SOURCES`]; nothing for brokers without an ARN.
#[must_use]
pub fn mapped_source_key(mapping: &EventSourceMapping) -> Option<Key> {
    let EventSourceMapping { id, function_arn, source, .. } = mapping;
    let of_broker = source.topics.iter().chain(&source.queues).flatten().map(String::as_str);
    let parts = [id.account.as_str(), id.region.as_str(), function_arn, source.arn.as_ref()?];
    Some(Key::of(parts.into_iter().chain(of_broker)))
}

/// Where an event source mapping stands in [`EVENT_SOURCE_MAPPINGS`].
#[must_use]
pub fn mapping_key(id: &MappingId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.uuid.to_string()])
}

/// Where a version stands in [`VERSIONS`].
#[must_use]
pub fn version_key(id: &FunctionId, number: VersionNumber) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name, &digits(number.0)])
}

/// The version that stands under a key of [`VERSIONS`]; nothing for a key of another form.
#[must_use]
pub fn version_id(key: &Key) -> Option<(FunctionId, VersionNumber)> {
    let [account, region, name, number] = <[String; 4]>::try_from(key.parts()).ok()?;
    let id = FunctionId { account: account.try_into().ok()?, region: region.try_into().ok()?, name };
    Some((id, VersionNumber(number.parse().ok()?)))
}

/// All versions of a function.
#[must_use]
pub fn versions_of(id: &FunctionId) -> Prefix {
    Prefix::under([id.account.as_str(), id.region.as_str(), &id.name])
}

/// Where the reservations of an account and region stand in [`RESERVATIONS`].
#[must_use]
pub fn reservations_key(account: &AccountId, region: &Region) -> Key {
    Key::of([account.as_str(), region.as_str()])
}

/// Where a layer stands in [`LAYERS`].
#[must_use]
pub fn layer_key(id: &LayerId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name])
}

/// Where a layer version stands in [`LAYER_VERSIONS`].
#[must_use]
pub fn layer_version_key(id: &LayerId, number: u64) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name, &digits(number)])
}

/// All versions of a layer.
#[must_use]
pub fn layer_versions_of(id: &LayerId) -> Prefix {
    Prefix::under([id.account.as_str(), id.region.as_str(), &id.name])
}

/// Asynchronous invocations by account, region and name of the function, when they are due, and id.
pub const EVENTS: Table<Event> = Table::new("events");

/// The same for who wants to know only that they are there.
pub const EVENT_PLACES: Table<serde::de::IgnoredAny> = Table::new("events");

/// The same for who goes on where one of them cannot be read.
pub const EVENTS_IF_READABLE: Table<Seen> = Table::new("events");

/// What stands in the place of an event.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(untagged)]
pub enum Seen {
    /// An event.
    Event(Box<Event>),
    /// Something else.
    Unreadable(serde::de::IgnoredAny),
}

/// Where an event stands in [`EVENTS`].
#[must_use]
pub fn event_key(id: &FunctionId, place: Place) -> Key {
    let due = digits(u64::try_from(place.due.as_millis()).unwrap_or(0));
    Key::of([id.account.as_str(), id.region.as_str(), &id.name, &due, &place.id.to_string()])
}

/// The event that stands under a key of [`EVENTS`]; nothing for a key of another form.
#[must_use]
pub fn event_place(key: &Key) -> Option<(FunctionId, Place)> {
    let [account, region, name, due, event] = <[String; 5]>::try_from(key.parts()).ok()?;
    let id = FunctionId { account: account.try_into().ok()?, region: region.try_into().ok()?, name };
    let due = Timestamp::from_millis(due.parse().ok()?);
    Some((id, Place { due, id: event.parse().ok()? }))
}

/// All events of a function, who is due first before the others.
#[must_use]
pub fn events_of(id: &FunctionId) -> Prefix {
    Prefix::under([id.account.as_str(), id.region.as_str(), &id.name])
}

/// Behind all events of a function and before those of any other.
#[must_use]
pub fn behind_events_of(id: &FunctionId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name, "~"])
}

/// Sessions that STS gave out, by access key id. Those of environments are not kept.
pub const SESSIONS: Table<Session> = Table::new("sessions");

/// Where a session stands in [`SESSIONS`].
#[must_use]
pub fn session_key(access_key_id: &str) -> Key {
    Key::of([access_key_id])
}

/// Log groups by account, region and name. Their events lie in files: see [`crate::logs`].
pub const LOG_GROUPS: Table<LogGroup> = Table::new("log_groups");

/// Where a log group stands in [`LOG_GROUPS`].
#[must_use]
pub fn log_group_key(id: &LogGroupId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name])
}

/// Metrics by account, region and id, in a store of their own: see [`crate::metrics`].
pub const METRICS: Table<Series> = Table::new("metrics");

/// Their values by account, region, id, how long each bucket is, and where the block of them begins.
pub const METRIC_BLOCKS: Table<Vec<(i64, Bucket)>> = Table::new("metric_blocks");

/// A number whose text sorts as it does.
fn digits(number: u64) -> String {
    format!("{number:020}")
}

/// Where a function stands in [`FUNCTIONS`].
#[must_use]
pub fn function_key(id: &FunctionId) -> Key {
    Key::of([id.account.as_str(), id.region.as_str(), &id.name])
}

/// The function that stands under a key of [`FUNCTIONS`]; nothing for a key of another form.
#[must_use]
pub fn function_id(key: &Key) -> Option<FunctionId> {
    let [account, region, name] = <[String; 3]>::try_from(key.parts()).ok()?;
    Some(FunctionId { account: account.try_into().ok()?, region: region.try_into().ok()?, name })
}

#[cfg(test)]
mod tests {
    use lambent_core::account::{AccountId, Region};

    use super::*;

    #[test]
    fn a_function_is_found_again_from_its_key() {
        let id = FunctionId {
            account: AccountId::default_account(),
            region: Region::default_region(),
            name: "hello".into(),
        };
        assert_eq!(function_id(&function_key(&id)), Some(id.clone()));
        assert_eq!(function_id(&Key::of(["x"])), None);
        let version = (id, VersionNumber(7));
        assert_eq!(version_id(&version_key(&version.0, version.1)), Some(version));
    }

    #[test]
    fn events_stand_in_the_order_they_are_due_before_the_next_function() {
        let name = |name: &str| FunctionId {
            account: AccountId::default_account(),
            region: Region::default_region(),
            name: name.into(),
        };
        let place = |ms| Place {
            due: Timestamp::from_millis(ms),
            id: "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap(),
        };
        let key = event_key(&name("a"), place(9));
        assert_eq!(event_place(&key), Some((name("a"), place(9))));
        assert!(key < event_key(&name("a"), place(10)));
        let behind = behind_events_of(&name("a"));
        assert!(event_key(&name("a"), place(i64::MAX)) < behind && behind < event_key(&name("a-"), place(0)));
    }
}
