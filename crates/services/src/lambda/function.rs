//! The operations on functions: create, read and list here, update and delete in files of their own.
//!
//! Every write is conditional on what was read, so two callers never undo each other's work.

mod delete;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::{Deployment, Function};
use lambent_core::lambda::state::State;
use lambent_store::{Expect, Transaction, WriteError, tables};
use lambent_wire::lambda::function::{
    CreateFunctionRequest, FunctionCodeLocation, GetFunctionConfigurationRequest, GetFunctionRequest,
    GetFunctionResponse, ListFunctionsRequest, ListFunctionsResponse,
};

use super::configuration::Creation;
use super::names::Target;
use super::page::Wanted;
use super::source::Source;
use super::{Error, change, code, concurrency, lookups, processor, resolve, settle, tags, view};
use crate::caller::Context;
use crate::{Reply, Server};

pub use delete::delete_function;
pub use update::{update_function_code, update_function_configuration};

/// CreateFunction.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn create_function(
    server: &Arc<Server>,
    context: &Context,
    request: CreateFunctionRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let creation = Creation::read(&request)?;
    let source = Source::read(&request.code)?;
    let tags = request.tags.unwrap_or_default();
    tags::check(&tags)?;
    let key = tables::function_key(&target.id);
    let exists = || Error::AlreadyExists { name: target.id.name.clone() };
    if server.store.get(&tables::FUNCTIONS, &key).await?.is_some() {
        return Err(exists());
    }
    lookups::role(server, &context.caller, &request.role).await?;
    let configuration = creation.look_up(server, &context.caller).await?;
    let taken_in = source.take_in(server, &context.caller).await?;
    let function = Function {
        id: target.id.clone(),
        incarnation: server.dice.uuid(),
        latest: Deployment { configuration, code: taken_in.code.clone(), number: 0 },
        serving: None,
        state: State::Pending,
        last_update: None,
        revision_id: server.dice.uuid(),
        last_modified: server.clock.now(),
        tags,
        next_version: 1,
        aliases: BTreeMap::new(),
        settings: BTreeMap::new(),
        reserved_concurrency: None,
        recursion_allowed: false,
        code_signing_config: None,
    };
    let transaction = Transaction::new().put(&tables::FUNCTIONS, key, &function, Expect::Absent);
    match server.store.write(transaction).await {
        Ok(_) => {}
        Err(WriteError::Conflict { .. }) => return Err(exists()),
        Err(fault @ WriteError::Store(_)) => return Err(fault.into()),
    }
    drop(taken_in);
    processor::compare(&function.id, function.latest.configuration.architecture);
    settle::function(server, &function);
    Ok(Reply::of(view::configuration(&function, None)))
}

/// GetFunction.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_function(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let found = resolve::find(server, &target).await?;
    let Function { id, tags, .. } = &found.function;
    let location = code::location(server, &context.host, id, &found.deployment().code);
    let tags = (target.qualifier.is_none() && !tags.is_empty()).then(|| tags.clone());
    Ok(Reply::of(GetFunctionResponse {
        configuration: Some(view::found(&found, target.qualifier.as_ref())),
        code: Some(FunctionCodeLocation {
            repository_type: Some("S3".to_owned()),
            location: Some(location),
            source_kms_key_arn: found.deployment().code.source_kms_key_arn.clone(),
            ..FunctionCodeLocation::default()
        }),
        tags,
        concurrency: target.qualifier.is_none().then(|| concurrency::of(&found.function)).flatten(),
        ..GetFunctionResponse::default()
    }))
}

/// GetFunctionConfiguration.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_function_configuration(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionConfigurationRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let found = resolve::find(server, &target).await?;
    Ok(Reply::of(view::found(&found, target.qualifier.as_ref())))
}

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
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let prefix = [caller.account.as_str(), caller.region.as_str()];
    let page = wanted.stored(server, &tables::FUNCTIONS, &prefix).await?;
    let qualifier = (request.function_version.as_deref() == Some("ALL")).then_some(Qualifier::Latest);
    let functions = page.items.iter().map(|record| view::listed(&record.value, qualifier.as_ref())).collect();
    Ok(Reply::of(ListFunctionsResponse { next_marker: page.next_marker, functions: Some(functions) }))
}
