//! CreateFunction: the function, and its first version where that is asked for, in one write.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::configuration::Configuration;
use lambent_core::lambda::function::{Code, Deployment, Function};
use lambent_core::lambda::state::State;
use lambent_core::lambda::version::Version;
use lambent_store::{Expect, Transaction, WriteError, tables};
use lambent_wire::lambda::function::{CreateFunctionRequest, FunctionConfiguration};

use super::super::attempts::Attempts;
use super::super::change::Versions;
use super::super::configuration::Creation;
use super::super::names::Target;
use super::super::source::Source;
use super::super::{
    Error, code_signing_use, event_permits, layer, lookups, processor, settle, tags, usage, version, view,
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
    mut request: CreateFunctionRequest,
) -> Result<Reply, Error> {
    let target = Target::read_new(&context.caller, &request.function_name)?;
    let creation = Creation::read(&request)?;
    let tags = request.tags.take().unwrap_or_default();
    let source = Source::read(&request.code)?;
    tags::check(&tags)?;
    if server.store.get(&tables::FUNCTIONS, &tables::function_key(&target.id)).await?.is_some() {
        return Err(exists(&target.id));
    }
    lookups::role(server, &context.caller, &request.role).await?;
    let taken_in = source.take_in(server, &context.caller).await?;
    let configuration = creation.look_up(server, &context.caller).await?;
    if let Some(arn) = &configuration.dead_letter {
        event_permits::dead_letter(server, &configuration.role, &target.id, arn)?;
    }
    lookups::role_joins(server, &target.id, None, &configuration)?;
    layer::check_size(&taken_in.code, &configuration.layers)?;
    let publish = request.publish == Some(true);
    let uses = taken_in.code.size_bytes * if publish { 2 } else { 1 };
    usage::check(server, &target.id.account, &target.id.region, uses)?;
    let mut function = fresh(server, target.id, configuration, &taken_in.code);
    function.tags = tags;
    function.code_signing_config = request.code_signing_config_arn.clone();
    let version = write(server, &mut function, publish).await?;
    processor::compare(&function.id, function.latest.configuration.architecture);
    settle::function(server, &function);
    if let Some(version) = &version {
        settle::version(server, version);
    }
    Ok(Reply::of(shown(&function, version.as_ref())))
}

/// The answer is the version's where one was published, but for the ARN, which is the function's.
fn shown(function: &Function, version: Option<&Version>) -> FunctionConfiguration {
    let Some(version) = version else { return view::configuration(function, None) };
    let view = view::version(version, &version.qualifier());
    FunctionConfiguration { function_arn: Some(function.id.arn()), ..view }
}

/// Writes the function and its first version, if the code signing configuration it is to use lets its code pass and is
/// still there; looks at that again as often as others begin to use it at the same moment.
async fn write(server: &Server, function: &mut Function, publish: bool) -> Result<Option<Version>, Error> {
    let mut transaction = Transaction::new();
    let mut version = None;
    if publish {
        let (published, with_version) =
            version::publish(server, function, &Versions::new(), None, transaction);
        (version, transaction) = (Some(published), with_version);
    }
    let key = tables::function_key(&function.id);
    let transaction = transaction.put(&tables::FUNCTIONS, key, function, Expect::Absent);
    let mut attempts = Attempts::new();
    loop {
        let mut transaction = transaction.clone();
        if let Some(arn) = &function.code_signing_config {
            let config = code_signing_use::find(server, &function.id, arn).await?;
            code_signing_use::verify(&config.value, &function.id)?;
            transaction = code_signing_use::used(transaction, &config);
        }
        match server.store.write(transaction).await {
            Ok(_) => return Ok(version),
            Err(WriteError::Conflict { table, .. }) if table == tables::CODE_SIGNING_CONFIGS.name() => {
                attempts.lost()?;
            }
            Err(WriteError::Conflict { .. }) => return Err(exists(&function.id)),
            Err(fault @ WriteError::Store(_)) => return Err(fault.into()),
        }
    }
}

fn fresh(server: &Server, id: FunctionId, configuration: Configuration, code: &Code) -> Function {
    Function {
        id,
        incarnation: server.dice.uuid(),
        latest: Deployment { configuration, code: code.clone(), number: 0 },
        serving: None,
        state: State::Pending,
        last_update: None,
        revision_id: server.dice.uuid(),
        last_modified: server.clock.now(),
        tags: BTreeMap::new(),
        next_version: 1,
        aliases: BTreeMap::new(),
        settings: BTreeMap::new(),
        reserved_concurrency: None,
        recursion_allowed: false,
        code_signing_config: None,
    }
}

fn exists(id: &FunctionId) -> Error {
    Error::AlreadyExists { name: id.name.clone() }
}
