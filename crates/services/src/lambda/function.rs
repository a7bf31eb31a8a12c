//! The operations on functions: create, read, list, update, delete.
//!
//! Every write is conditional on what was read, so two callers never undo each other's work.

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::{Change, Deployment, Function};
use lambent_core::lambda::state::State;
use lambent_store::{Expect, Transaction, WriteError, tables};
use lambent_wire::lambda::function::{
    CreateFunctionRequest, DeleteFunctionRequest, DeleteFunctionResponse, FunctionCodeLocation,
    GetFunctionConfigurationRequest, GetFunctionRequest, GetFunctionResponse, ListFunctionsRequest,
    ListFunctionsResponse, UpdateFunctionCodeRequest, UpdateFunctionConfigurationRequest,
};

use super::names::Target;
use super::page::Wanted;
use super::source::Source;
use super::{
    Error, change, code, code_signing_use, concurrency, configuration, lookups, processor, reservations,
    resolve, settle, tags, view,
};
use crate::caller::Context;
use crate::{Reply, Server};

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
    let configuration = configuration::create(&target.id.name, &request)?;
    let source = Source::read(&request.code)?;
    let tags = request.tags.unwrap_or_default();
    tags::check(&tags)?;
    let key = tables::function_key(&target.id);
    let exists = || Error::AlreadyExists { name: target.id.name.clone() };
    if server.store.get(&tables::FUNCTIONS, &key).await?.is_some() {
        return Err(exists());
    }
    lookups::role(server, &context.caller, &request.role).await?;
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
    settle::later(server, function.id.clone());
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

/// UpdateFunctionCode.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn update_function_code(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateFunctionCodeRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    if request.publish == Some(true) || request.publish_to.is_some() {
        return Err(Error::NotThereYet("Publish".to_owned()));
    }
    let source = Source::read(&request)?;
    let (revision_id, api) = (request.revision_id.as_deref(), "GetFunction/GetAlias");
    let mut function = change::read(server, &target).await?.value;
    changeable(&function, revision_id, api)?;
    code_signing_use::verify_for(server, &function).await?;
    let asked = configuration::architecture(request.architectures.as_deref());
    let architecture = asked.unwrap_or(function.latest.configuration.architecture);
    if request.dry_run == Some(true) {
        function.latest.code = source.look_at(server, &context.caller).await?;
        function.latest.configuration.architecture = architecture;
        return Ok(Reply::of(view::configuration(&function, None)));
    }
    let taken_in = source.take_in(server, &context.caller).await?;
    let reply = update(server, &target, revision_id, api, |function| {
        let mut configuration = function.latest.configuration.clone();
        configuration.architecture = asked.unwrap_or(configuration.architecture);
        Change { configuration: Some(configuration), code: Some(taken_in.code.clone()) }
    })
    .await?;
    processor::compare(&target.id, architecture);
    Ok(reply)
}

/// UpdateFunctionConfiguration.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn update_function_configuration(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateFunctionConfigurationRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let asked = configuration::Update::read(&target.id.name, &request)?;
    update(server, &target, request.revision_id.as_deref(), "GetFunctionConfiguration/GetAlias", |function| {
        Change { configuration: Some(asked.of(&function.latest.configuration)), code: None }
    })
    .await
}

/// DeleteFunction.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_function(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFunctionRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    if target.qualifier == Some(Qualifier::Latest) {
        let words = "$LATEST version cannot be deleted without deleting the function.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    target.only_latest()?;
    let key = tables::function_key(&target.id);
    loop {
        let revision = change::read(server, &target).await?.revision;
        let expect = Expect::Revision(revision);
        let transaction = Transaction::new().delete(&tables::FUNCTIONS, key.clone(), expect);
        match server.store.write(reservations::forget(server, &target.id, transaction).await?).await {
            Ok(_) => return Ok(Reply::of(DeleteFunctionResponse { status_code: Some(204) })),
            Err(WriteError::Conflict { .. }) => {}
            Err(fault @ WriteError::Store(_)) => return Err(fault.into()),
        }
    }
}

fn changeable(function: &Function, revision_id: Option<&str>, api: &'static str) -> Result<(), Error> {
    function.can_change()?;
    match revision_id {
        Some(known) if known != function.revision_id.to_string() => Err(Error::StaleRevision { api }),
        Some(_) | None => Ok(()),
    }
}

/// Changes a function if nobody else does at the same moment; else looks again.
async fn update(
    server: &Arc<Server>,
    target: &Target,
    revision_id: Option<&str>,
    api: &'static str,
    change: impl Fn(&Function) -> Change,
) -> Result<Reply, Error> {
    let view = change::function(server, target, |function| {
        changeable(function, revision_id, api)?;
        let change = change(function);
        function.begin_update(change, server.dice.uuid(), server.clock.now());
        Ok(view::configuration(function, None))
    })
    .await?;
    settle::later(server, target.id.clone());
    Ok(Reply::of(view))
}
