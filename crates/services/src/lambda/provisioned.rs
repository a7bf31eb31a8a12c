//! Provisioned concurrency: how many environments of a version or alias are kept initialised. Never starts one; how many
//! there are the data plane tells.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>

use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::concurrency::Reservation;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::provisioned::may_have;
use lambent_core::lambda::settings::Provisioned;
use lambent_wire::lambda::provisioned::{
    DeleteProvisionedConcurrencyConfigRequest, GetProvisionedConcurrencyConfigRequest,
    ListProvisionedConcurrencyConfigsRequest, ListProvisionedConcurrencyConfigsResponse,
    PutProvisionedConcurrencyConfigRequest,
};

use super::attempts::Attempts;
use super::names::Target;
use super::page::Wanted;
use super::reservations::Draft;
use super::{Error, change, resolve};
use crate::caller::Context;
use crate::{Reply, Server};

mod view;

pub(super) const UNPUBLISHED: &str =
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";

/// PutProvisionedConcurrencyConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn put_provisioned_concurrency_config(
    server: &Arc<Server>,
    context: &Context,
    request: PutProvisionedConcurrencyConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, Some(&request.qualifier))?;
    let qualifier = Qualifier::read(&request.qualifier);
    if qualifier == Qualifier::Latest {
        return Err(Error::InvalidParameter(UNPUBLISHED.to_owned()));
    }
    let requested = u32::try_from(request.provisioned_concurrent_executions).unwrap_or(0);
    let mut attempts = Attempts::new();
    loop {
        // Whoever deletes the version after this changes the function too, so that the write fails.
        let mut draft = Draft::read(server, &target).await.map_err(|error| missing(&target, error))?;
        function(server, &target).await?;
        may_provision(server, &draft, &qualifier, requested)?;
        let now = server.clock.now();
        let provisioned = Provisioned { requested, last_modified: now, request: server.dice.uuid() };
        draft.function.settings_mut(&qualifier).provisioned = Some(provisioned.clone());
        let begun = view::begun(server, &draft.function, &qualifier, &provisioned);
        if draft.write(server).await? {
            return Ok(Reply::of(begun));
        }
        attempts.lost()?;
    }
}

/// GetProvisionedConcurrencyConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_provisioned_concurrency_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetProvisionedConcurrencyConfigRequest,
) -> Result<Reply, Error> {
    let (target, qualifier) = published(context, &request.function_name, &request.qualifier)?;
    let function = function(server, &target).await?;
    let provisioned = function.settings(&qualifier).and_then(|settings| settings.provisioned.as_ref());
    let provisioned = provisioned.ok_or(Error::NoProvisionedConcurrency)?;
    Ok(Reply::of(view::state(server, &function, &qualifier, provisioned)))
}

/// ListProvisionedConcurrencyConfigs: versions by number, then aliases by name.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_provisioned_concurrency_configs(
    server: &Arc<Server>,
    context: &Context,
    request: ListProvisionedConcurrencyConfigsRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, None)?;
    let unqualified = Target { qualifier: None, ..target };
    let function = change::read(server, &unqualified).await?.value;
    let all = function.settings.iter();
    let mut all: Vec<_> = all.filter_map(|(q, settings)| Some((q, settings.provisioned.as_ref()?))).collect();
    all.sort_by_key(|(qualifier, _)| place(qualifier));
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let page = wanted.of(all, |(qualifier, _)| place(qualifier))?;
    let items = page.items.into_iter().map(|(qualifier, one)| view::item(server, &function, qualifier, one));
    Ok(Reply::of(ListProvisionedConcurrencyConfigsResponse {
        provisioned_concurrency_configs: Some(items.collect()),
        next_marker: page.next_marker,
    }))
}

/// DeleteProvisionedConcurrencyConfig. A qualifier without provisioned concurrency is no error.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_provisioned_concurrency_config(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteProvisionedConcurrencyConfigRequest,
) -> Result<Reply, Error> {
    let (target, qualifier) = published(context, &request.function_name, &request.qualifier)?;
    function(server, &target).await?;
    change::function(server, &target, |function| {
        function.settings_mut(&qualifier).provisioned = None;
        Ok(())
    })
    .await?;
    Ok(Reply::of(()))
}

/// The version or alias that is meant.
fn published(context: &Context, name: &str, beside: &str) -> Result<(Target, Qualifier), Error> {
    let target = Target::read(&context.caller, name, Some(beside))?;
    match Qualifier::read(beside) {
        Qualifier::Latest => {
            let words = "The function resource provided must be an alias or a published version.";
            Err(Error::InvalidParameter(words.to_owned()))
        }
        qualifier @ (Qualifier::Version(_) | Qualifier::Alias(_)) => Ok((target, qualifier)),
    }
}

/// The function, where the version or alias is there.
async fn function(server: &Server, target: &Target) -> Result<Function, Error> {
    resolve::existing(server, target).await.map_err(|error| missing(target, error))
}

/// Who asks for an alias of a function that is not there is told of the alias.
fn missing(target: &Target, error: Error) -> Error {
    match (error, &target.qualifier) {
        (Error::FunctionNotFound { .. }, Some(Qualifier::Alias(_))) => resolve::no_alias(target),
        (error, _) => error,
    }
}

fn may_provision(server: &Server, draft: &Draft, qualifier: &Qualifier, requested: u32) -> Result<(), Error> {
    let function = &draft.function;
    if let Qualifier::Alias(name) = qualifier
        && let Some(alias) = function.aliases.get(name)
    {
        if alias.version.is_none() {
            return Err(Error::InvalidParameter(UNPUBLISHED.to_owned()));
        }
        if alias.routing.is_some() {
            let words = "Alias with weights can not be used with Provisioned Concurrency";
            return Err(Error::InvalidParameter(words.to_owned()));
        }
    }
    may_have(function, qualifier).map_err(|conflict| Error::Conflict(conflict.to_string()))?;
    let limit = server.dispatcher.concurrency(&function.id.account, &function.id.region);
    let others = Reservation::provisioned_beside(function, qualifier);
    let allowed = draft.reservations().may_provision(limit, function, others, requested);
    allowed.map_err(|refusal| Error::InvalidParameter(refusal.to_string()))
}

/// Where a configuration stands in a list.
fn place(qualifier: &Qualifier) -> String {
    match qualifier {
        Qualifier::Latest => "0".to_owned(),
        Qualifier::Version(number) => format!("1{number:0>20}"),
        Qualifier::Alias(name) => format!("2{name}"),
    }
}
