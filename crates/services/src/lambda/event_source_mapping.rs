//! The operations on event source mappings: create, get, list, update, delete. Mappings of queues are read by
//! [`polling`]; nothing polls sources of other kinds, and a mapping that is enabled says so in `StateTransitionReason`.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>

mod asked;
mod check;
mod keep;
mod list;
mod lookup;
mod target;
mod view;

use std::sync::Arc;

use lambent_core::lambda::event_source_mapping::{Change, EventSourceMapping, Kind, MappingId, State};
use lambent_wire::lambda::event_source_mapping::{
    CreateEventSourceMappingRequest, DeleteEventSourceMappingRequest, GetEventSourceMappingRequest,
    UpdateEventSourceMappingRequest,
};

use super::attempts::Attempts;
use super::{Error, lookups, tags};
use crate::caller::{Caller, Context};
use crate::{Reply, Server, polling};

pub use list::list_event_source_mappings;

/// CreateEventSourceMapping.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn create_event_source_mapping(
    server: &Arc<Server>,
    context: &Context,
    request: CreateEventSourceMappingRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    let kind = check::kind(&request)?;
    check::create(kind, &request)?;
    let (account, region) = (caller.account.clone(), caller.region.clone());
    let mut mapping = EventSourceMapping {
        id: MappingId { account, region, uuid: server.dice.uuid() },
        function_arn: String::new(),
        source: asked::source(kind, &request),
        settings: asked::created(&request),
        enabled: request.enabled.unwrap_or(true),
        change: Change::Create,
        changed: server.clock.now(),
        tags: request.tags.clone().unwrap_or_default(),
    };
    tags::check(&mapping.tags)?;
    check::settings(kind, &mapping.settings)?;
    let (target, configuration) = target::find(server, caller, &request.function_name).await?;
    mapping.function_arn = target.arn();
    lookups::role_reads(server, &target.id, &configuration.role, &mapping.source)?;
    lookup::source(server, caller, &mapping.source, configuration.timeout_s).await?;
    keep::add(server, &mapping).await?;
    polling::changed(server, &mapping);
    Ok(Reply::of(view::mapping(server, &mapping, mapping.changing().as_str())))
}

/// GetEventSourceMapping.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_event_source_mapping(
    server: &Arc<Server>,
    context: &Context,
    request: GetEventSourceMappingRequest,
) -> Result<Reply, Error> {
    let mapping = keep::read(server, &context.caller, &request.uuid).await?.value;
    Ok(Reply::of(view::mapping(server, &mapping, state(server, &mapping).as_str())))
}

/// UpdateEventSourceMapping: what is not given stays.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn update_event_source_mapping(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateEventSourceMappingRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    let before = keep::read(server, caller, &request.uuid).await?.value;
    check::update(before.source.kind, &request)?;
    let target = match &request.function_name {
        Some(name) => {
            let (target, configuration) = target::find(server, caller, name).await?;
            lookups::role_reads(server, &target.id, &configuration.role, &before.source)?;
            Some(target)
        }
        None => None,
    };
    let changed = keep::change(server, caller, &request.uuid, |mapping| {
        if !is_settled(state(server, mapping)) {
            return Err(in_use("update"));
        }
        asked::update(&mut mapping.settings, &request);
        check::settings(mapping.source.kind, &mapping.settings)?;
        if let Some(target) = &target {
            mapping.function_arn = target.arn();
        }
        mapping.change = match request.enabled {
            Some(true) if !mapping.enabled => Change::Enable,
            Some(false) if mapping.enabled => Change::Disable,
            Some(_) | None => Change::Update,
        };
        mapping.enabled = request.enabled.unwrap_or(mapping.enabled);
        mapping.changed = server.clock.now();
        Ok(())
    })
    .await?;
    polling::changed(server, &changed);
    Ok(Reply::of(view::mapping(server, &changed, changed.changing().as_str())))
}

/// DeleteEventSourceMapping. It is gone at once: what was received still runs, what comes is given back.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_event_source_mapping(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteEventSourceMappingRequest,
) -> Result<Reply, Error> {
    let mut attempts = Attempts::new();
    loop {
        let record = keep::read(server, &context.caller, &request.uuid).await?;
        if !is_settled(state(server, &record.value)) {
            return Err(in_use("delete"));
        }
        if keep::remove(server, &record).await? {
            polling::changed(server, &record.value);
            return Ok(Reply::of(view::mapping(server, &record.value, "Deleting")));
        }
        attempts.lost()?;
    }
}

/// The tags of a mapping.
pub(super) async fn tags_of(server: &Server, caller: &Caller, arn: &str) -> Result<tags::Tags, Error> {
    Ok(keep::read(server, caller, &uuid_of(caller, arn)?).await?.value.tags)
}

/// Changes the tags of a mapping.
pub(super) async fn change_tags(
    server: &Server,
    caller: &Caller,
    arn: &str,
    mut tagged: impl FnMut(&mut tags::Tags) -> Result<(), Error>,
) -> Result<(), Error> {
    keep::change(server, caller, &uuid_of(caller, arn)?, |mapping| tagged(&mut mapping.tags)).await.map(drop)
}

/// The UUID in an ARN, which must be of the caller's account and region.
fn uuid_of(caller: &Caller, arn: &str) -> Result<String, Error> {
    let id = MappingId::read(arn).filter(|id| id.account == caller.account && id.region == caller.region);
    id.map(|id| id.uuid.to_string()).ok_or_else(keep::not_there)
}

fn state(server: &Server, mapping: &EventSourceMapping) -> State {
    mapping.state(server.clock.now(), server.options.transition_min)
}

fn is_settled(state: State) -> bool {
    match state {
        State::Enabled | State::Disabled => true,
        State::Creating | State::Updating | State::Enabling | State::Disabling => false,
    }
}

fn in_use(verb: &str) -> Error {
    Error::InUse(format!("Cannot {verb} the event source mapping because it is in use."))
}

/// Why the last change was made, in the words AWS has for each kind of source.
fn by_whom(kind: Kind) -> &'static str {
    if kind.is_stream() || kind == Kind::DocumentDb { "User action" } else { "USER_INITIATED" }
}
