//! ListFunctions: functions by name, and with `ALL` each with its versions behind it. Never shows states.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>

use std::sync::Arc;

use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::version::{Version, VersionNumber};
use lambent_store::{Key, Prefix, tables};
use lambent_wire::lambda::function::{FunctionConfiguration, ListFunctionsRequest, ListFunctionsResponse};

use super::super::page::{Page, Wanted, cut, unmark};
use super::super::{Error, view};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// ListFunctions.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_functions(
    server: &Arc<Server>,
    context: &Context,
    request: ListFunctionsRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    // No function is replicated from another region, so those with a master there are none.
    let elsewhere =
        request.master_region.as_deref().is_some_and(|r| r != "ALL" && r != caller.region.as_str());
    if elsewhere {
        return Ok(Reply::of(ListFunctionsResponse { next_marker: None, functions: Some(Vec::new()) }));
    }
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let page = match request.function_version.as_deref() {
        Some("ALL") => all(server, caller, wanted).await?,
        _ => latest(server, caller, wanted).await?,
    };
    Ok(Reply::of(ListFunctionsResponse { next_marker: page.next_marker, functions: Some(page.items) }))
}

async fn latest(
    server: &Server,
    caller: &Caller,
    wanted: Wanted<'_>,
) -> Result<Page<FunctionConfiguration>, Error> {
    let page = wanted.stored(server, &tables::FUNCTIONS, &prefix(caller)).await?;
    let items = page.items.iter().map(|record| view::listed(&record.value, None)).collect();
    Ok(Page { items, next_marker: page.next_marker })
}

fn prefix(caller: &Caller) -> [&str; 2] {
    [caller.account.as_str(), caller.region.as_str()]
}

/// One entry, and the place that a marker names: the function, and the version behind it.
type Entry = (String, FunctionConfiguration);

/// Each function's `$LATEST` and then its versions.
async fn all(
    server: &Server,
    caller: &Caller,
    wanted: Wanted<'_>,
) -> Result<Page<FunctionConfiguration>, Error> {
    let room = wanted.limit() + 1;
    let mut entries = Vec::new();
    let mut after = None;
    if let Some(marker) = wanted.marker.map(unmark).transpose()? {
        let (name, number) = marker.split_once(':').unwrap_or((&marker, "0"));
        let (account, region) = (caller.account.clone(), caller.region.clone());
        let id = FunctionId { account, region, name: name.to_owned() };
        let number = VersionNumber(number.parse().unwrap_or(0));
        entries = versions(server, &id, number, room).await?;
        after = Some(tables::function_key(&id));
    }
    while entries.len() < room {
        let under = Prefix::under(prefix(caller));
        let functions =
            server.store.list(&tables::FUNCTIONS, &under, after.as_ref(), room - entries.len()).await?;
        let Some(last) = functions.last() else { break };
        after = Some(last.key.clone());
        for record in functions {
            let function = record.value;
            entries.push((function.id.name.clone(), view::listed(&function, Some(&Qualifier::Latest))));
            entries.extend(versions(server, &function.id, VersionNumber(0), room).await?);
            if entries.len() >= room {
                break;
            }
        }
    }
    entries.truncate(room);
    let page = cut(entries, wanted.limit(), |entry| entry.0.clone());
    Ok(Page { items: page.items.into_iter().map(|entry| entry.1).collect(), next_marker: page.next_marker })
}

/// The versions of a function above a number.
async fn versions(
    server: &Server,
    id: &FunctionId,
    above: VersionNumber,
    room: usize,
) -> Result<Vec<Entry>, Error> {
    let after: Key = tables::version_key(id, above);
    let records = server.store.list(&tables::VERSIONS, &tables::versions_of(id), Some(&after), room).await?;
    let entry =
        |version: &Version| (format!("{}:{}", id.name, version.number), view::listed_version(version));
    Ok(records.iter().map(|record| entry(&record.value)).collect())
}
