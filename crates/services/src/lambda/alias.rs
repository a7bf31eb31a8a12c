//! The operations on aliases: create, read, list, update, delete. What an alias does to traffic is the dispatcher's.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>

mod asked;

use std::sync::Arc;

use lambent_core::lambda::alias::Alias;
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::function::Function;
use lambent_core::lambda::provisioned::may_have;
use lambent_core::limits::ALIASES_MAX;
use lambent_wire::lambda::alias::{
    AliasConfiguration, AliasRoutingConfiguration, CreateAliasRequest, DeleteAliasRequest, GetAliasRequest,
    ListAliasesRequest, ListAliasesResponse, UpdateAliasRequest,
};

use self::asked::Asked;
use super::names::Target;
use super::page::Wanted;
use super::{Error, change, provisioned, resolve};
use crate::caller::Context;
use crate::{Reply, Server};

/// CreateAlias.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn create_alias(
    server: &Arc<Server>,
    context: &Context,
    request: CreateAliasRequest,
) -> Result<Reply, Error> {
    let named = function(context, &request.function_name)?;
    let asked = Asked::read(&named, Some(&request.function_version), request.routing_config.as_ref());
    let target = target_of(named, &request.name);
    // Whoever names a function that is not there is told of the version it was to have.
    let pointed = asked.pointed.clone().unwrap_or_else(|| target.clone());
    let needed = |_: &Function| asked.needed(None);
    let alias = change::with_versions(server, &pointed, needed, |function, versions, transaction| {
        let version = asked.version(None, versions)?;
        if function.aliases.contains_key(&request.name) {
            return Err(Error::Conflict(format!("Alias already exists: {}", target.arn())));
        }
        if function.aliases.len() >= ALIASES_MAX {
            let words = format!("A function cannot have more than {ALIASES_MAX} aliases.");
            return Err(Error::AliasLimitExceeded(words));
        }
        let description = request.description.clone().unwrap_or_default();
        let alias = Alias { version, description, routing: None, revision_id: server.dice.uuid() };
        let alias = asked.route(alias, versions)?;
        function.aliases.insert(request.name.clone(), alias.clone());
        Ok((alias, transaction))
    })
    .await?;
    Ok(Reply::of(shown(&target.id, &request.name, &alias)))
}

/// GetAlias.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_alias(
    server: &Arc<Server>,
    context: &Context,
    request: GetAliasRequest,
) -> Result<Reply, Error> {
    let named = function(context, &request.function_name)?;
    let function = change::read(server, &named).await?.value;
    match function.aliases.get(&request.name) {
        Some(alias) => Ok(Reply::of(shown(&function.id, &request.name, alias))),
        None => Err(resolve::no_alias(&target_of(named, &request.name))),
    }
}

/// ListAliases.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_aliases(
    server: &Arc<Server>,
    context: &Context,
    request: ListAliasesRequest,
) -> Result<Reply, Error> {
    let named = function(context, &request.function_name)?;
    let function = change::read(server, &named).await?.value;
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let version = request.function_version.as_ref();
    let fits = |alias: &Alias| version.is_none_or(|version| *version == pointed_to(alias));
    let aliases = function.aliases.iter().filter(|(_, alias)| fits(alias));
    let page = wanted.of(aliases, |(name, _)| (*name).clone())?;
    let aliases = page.items.into_iter().map(|(name, alias)| shown(&function.id, name, alias)).collect();
    Ok(Reply::of(ListAliasesResponse { next_marker: page.next_marker, aliases: Some(aliases) }))
}

/// UpdateAlias.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn update_alias(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateAliasRequest,
) -> Result<Reply, Error> {
    let named = function(context, &request.function_name)?;
    let asked = Asked::read(&named, request.function_version.as_deref(), request.routing_config.as_ref());
    let target = target_of(named.clone(), &request.name);
    let name = &request.name;
    let needed = |function: &Function| asked.needed(function.aliases.get(name));
    let alias = change::with_versions(server, &named, needed, |function, versions, transaction| {
        let missing = || Error::NotFound(format!("Alias not found: {}", target.arn()));
        let mut alias = function.aliases.get(name).cloned().ok_or_else(missing)?;
        check_revision(&alias, request.revision_id.as_deref())?;
        alias.version = asked.version(Some(&alias), versions)?;
        alias.description = request.description.clone().unwrap_or(alias.description);
        // Even an update that names nothing is a change.
        alias.revision_id = server.dice.uuid();
        let alias = asked.route(alias, versions)?;
        function.aliases.insert(name.clone(), alias.clone());
        check_provisioned(function, name)?;
        Ok((alias, transaction))
    })
    .await?;
    Ok(Reply::of(shown(&target.id, name, &alias)))
}

/// DeleteAlias. One that is not there is deleted already.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_alias(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteAliasRequest,
) -> Result<Reply, Error> {
    let named = function(context, &request.function_name)?;
    if change::read(server, &named).await?.value.aliases.contains_key(&request.name) {
        change::function(server, &named, |function| {
            function.aliases.remove(&request.name);
            function.settings.remove(&Qualifier::Alias(request.name.clone()));
            Ok(())
        })
        .await?;
    }
    Ok(Reply::of(()))
}

/// The function of an alias. A qualifier behind its name says nothing: people give the ARN that their function was called
/// by, which has the alias in it.
fn function(context: &Context, name: &str) -> Result<Target, Error> {
    Ok(Target { qualifier: None, ..Target::read(&context.caller, name, None)? })
}

fn target_of(function: Target, name: &str) -> Target {
    Target { qualifier: Some(Qualifier::Alias(name.to_owned())), ..function }
}

fn check_revision(alias: &Alias, known: Option<&str>) -> Result<(), Error> {
    match known {
        Some(known) if known != alias.revision_id.to_string() => Err(Error::Precondition(
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
                .to_owned(),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Provisioned concurrency goes with its alias, where the versions it comes to can have it.
fn check_provisioned(function: &Function, name: &str) -> Result<(), Error> {
    let qualifier = Qualifier::Alias(name.to_owned());
    if function.settings(&qualifier).is_none_or(|settings| settings.provisioned.is_none()) {
        return Ok(());
    }
    if function.aliases.get(name).is_some_and(|alias| alias.version.is_none()) {
        return Err(Error::InvalidParameter(provisioned::UNPUBLISHED.to_owned()));
    }
    may_have(function, &qualifier).map_err(|conflict| Error::Conflict(conflict.to_string()))
}

fn pointed_to(alias: &Alias) -> String {
    alias.version.map_or_else(|| Qualifier::Latest.to_string(), |number| number.to_string())
}

/// An alias as a client sees it.
fn shown(id: &FunctionId, name: &str, alias: &Alias) -> AliasConfiguration {
    AliasConfiguration {
        alias_arn: Some(id.qualified_arn(&Qualifier::Alias(name.to_owned()))),
        name: Some(name.to_owned()),
        function_version: Some(pointed_to(alias)),
        description: Some(alias.description.clone()),
        routing_config: alias.routing.map(|routing| AliasRoutingConfiguration {
            additional_version_weights: Some([(routing.version.to_string(), routing.weight)].into()),
        }),
        revision_id: Some(alias.revision_id.to_string()),
    }
}
