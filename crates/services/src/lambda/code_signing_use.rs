//! Which function's code must be signed, and what that means for a package. A signature is never verified: there is no AWS
//! Signer here, so that every package counts as unsigned.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>

use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::code_signing::{CodeSigningConfig, CodeSigningId, Untrusted};
use lambent_core::lambda::function::Function;
use lambent_store::{Prefix, Record, Transaction, tables};
use lambent_wire::lambda::code_signing::{
    DeleteFunctionCodeSigningConfigRequest, GetFunctionCodeSigningConfigRequest,
    GetFunctionCodeSigningConfigResponse, ListFunctionsByCodeSigningConfigRequest,
    ListFunctionsByCodeSigningConfigResponse, PutFunctionCodeSigningConfigRequest,
    PutFunctionCodeSigningConfigResponse,
};
use lambent_wire::value::{Structure, Value};
use tracing::warn;

use super::attempts::Attempts;
use super::names::Target;
use super::page::Wanted;
use super::{Error, change, code_signing, every};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutFunctionCodeSigningConfig: from the next deployment on.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn put_function_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: PutFunctionCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let arn = request.code_signing_config_arn;
    let mut attempts = Attempts::new();
    loop {
        let config = find(server, &target.id, &arn).await?;
        let mut function = change::read(server, &target).await?;
        function.value.code_signing_config = Some(arn.clone());
        let transaction = used(Transaction::new().update(&tables::FUNCTIONS, &function), &config);
        if attempts.write(server, transaction).await? {
            break;
        }
    }
    let function_name = target.id.name;
    Ok(Reply::of(PutFunctionCodeSigningConfigResponse { code_signing_config_arn: arn, function_name }))
}

/// GetFunctionCodeSigningConfig: an empty answer where there is none.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_function_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let function = change::read(server, &target).await?.value;
    let Some(code_signing_config_arn) = function.code_signing_config else {
        // The model requires both members, AWS sends neither.
        return Ok(Reply {
            output: Value::Structure(Structure::new()),
            headers: http::HeaderMap::new(),
            stream: None,
        });
    };
    let function_name = target.id.name;
    Ok(Reply::of(GetFunctionCodeSigningConfigResponse { code_signing_config_arn, function_name }))
}

/// DeleteFunctionCodeSigningConfig: none to delete is no error.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_function_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFunctionCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    change::function(server, &target, |function| {
        function.code_signing_config = None;
        Ok(())
    })
    .await?;
    Ok(Reply::of(()))
}

/// ListFunctionsByCodeSigningConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_functions_by_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: ListFunctionsByCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let config = code_signing::read(server, &context.caller, &request.code_signing_config_arn).await?;
    let page = wanted.of(users(server, &config.value.id).await?, |id| id.name.clone())?;
    let function_arns = Some(page.items.iter().map(FunctionId::arn).collect());
    Ok(Reply::of(ListFunctionsByCodeSigningConfigResponse { next_marker: page.next_marker, function_arns }))
}

/// The functions that use a configuration, by name.
pub(super) async fn users(server: &Server, id: &CodeSigningId) -> Result<Vec<FunctionId>, Error> {
    let arn = id.arn();
    let prefix = Prefix::under([id.account.as_str(), id.region.as_str()]);
    let mut found = Vec::new();
    every::under(server, &tables::FUNCTIONS, &prefix, |Record { value: function, .. }| {
        found.extend((function.code_signing_config.as_ref() == Some(&arn)).then_some(function.id));
    })
    .await?;
    Ok(found)
}

/// The configuration a function is to use, which is one of its account and region.
///
/// # Errors
/// [`Error::CodeSigningConfigNotFound`] where there is none.
pub(super) async fn find(
    server: &Server,
    function: &FunctionId,
    arn: &str,
) -> Result<Record<CodeSigningConfig>, Error> {
    let missing = || {
        Error::CodeSigningConfigNotFound(format!(
            "The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}."
        ))
    };
    let near = |id: &CodeSigningId| id.account == function.account && id.region == function.region;
    let id = CodeSigningId::read(arn).filter(near).ok_or_else(missing)?;
    let record = server.store.get(&tables::CODE_SIGNING_CONFIGS, &tables::code_signing_key(&id)).await?;
    record.ok_or_else(missing)
}

/// Adds to a transaction that a function begins to use the configuration: it then happens only if nobody has deleted or
/// changed that since it was read.
pub(super) fn used(transaction: Transaction, config: &Record<CodeSigningConfig>) -> Transaction {
    transaction.update(&tables::CODE_SIGNING_CONFIGS, config)
}

/// Whether a package may become the code of a function as it is now.
///
/// # Errors
/// [`Error::CodeVerificationFailed`] where its configuration says `Enforce`.
pub(super) async fn verify_for(server: &Server, function: &Function) -> Result<(), Error> {
    let Some(id) = function.code_signing_config.as_deref().and_then(CodeSigningId::read) else {
        return Ok(());
    };
    let record = server.store.get(&tables::CODE_SIGNING_CONFIGS, &tables::code_signing_key(&id)).await?;
    record.map_or(Ok(()), |record| verify(&record.value, &function.id))
}

/// Whether a package may become the code of a function that uses the configuration. Every package counts as unsigned.
///
/// # Errors
/// [`Error::CodeVerificationFailed`] where the configuration says `Enforce`.
pub(super) fn verify(config: &CodeSigningConfig, function: &FunctionId) -> Result<(), Error> {
    match config.untrusted {
        Untrusted::Warn => {
            warn!(function = function.arn(), config = config.id.arn(), "unsigned code was deployed");
            Ok(())
        }
        Untrusted::Enforce => Err(Error::CodeVerificationFailed(format!(
            "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for {}.",
            function.name
        ))),
    }
}
