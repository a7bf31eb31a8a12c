//! The list of event source mappings, filtered and in pages. Never changes one.

use std::sync::Arc;

use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::event_source_mapping::EventSourceMapping;
use lambent_store::{Prefix, tables};
use lambent_wire::lambda::event_source_mapping::{
    ListEventSourceMappingsRequest, ListEventSourceMappingsResponse,
};

use super::super::names::Target;
use super::super::page::Wanted;
use super::super::{Error, every};
use super::{state, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// ListEventSourceMappings: all, or those of one function, one source or both. What is not there has none.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_event_source_mappings(
    server: &Arc<Server>,
    context: &Context,
    request: ListEventSourceMappingsRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    let function = match request.function_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => Some(Target::read(caller, name, None)?.arn()),
        None => None,
    };
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let all = all(server, &caller.account, &caller.region).await?;
    let matching = all.into_iter().filter(|mapping| {
        function.as_ref().is_none_or(|arn| mapping.function_arn == *arn)
            && request.event_source_arn.as_ref().is_none_or(|arn| mapping.source.arn.as_ref() == Some(arn))
    });
    let page = wanted.of(matching, |mapping| mapping.id.uuid.to_string())?;
    let mappings = page
        .items
        .iter()
        .map(|mapping| view::mapping(server, mapping, state(server, mapping).as_str()))
        .collect();
    Ok(Reply::of(ListEventSourceMappingsResponse {
        next_marker: page.next_marker,
        event_source_mappings: Some(mappings),
    }))
}

/// Every mapping of an account and region, in the order of the UUIDs.
async fn all(
    server: &Server,
    account: &AccountId,
    region: &Region,
) -> Result<Vec<EventSourceMapping>, Error> {
    let under = Prefix::under([account.as_str(), region.as_str()]);
    let mut all = Vec::new();
    every::under(server, &tables::EVENT_SOURCE_MAPPINGS, &under, |record| all.push(record.value)).await?;
    Ok(all)
}
