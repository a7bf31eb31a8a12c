//! The operations on code signing configurations themselves: create, get, list, update, delete. Which function uses one is
//! in `code_signing_use.rs`. Never looks whether a signing profile exists: AWS Signer is not here.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>

use std::sync::Arc;

use lambent_core::lambda::code_signing::{CodeSigningConfig, CodeSigningId, Untrusted};
use lambent_store::{Expect, Record, Transaction, tables};
use lambent_wire::lambda::code_signing::{
    AllowedPublishers, CodeSigningConfig as View, CodeSigningPolicies, CreateCodeSigningConfigRequest,
    CreateCodeSigningConfigResponse, DeleteCodeSigningConfigRequest, GetCodeSigningConfigRequest,
    GetCodeSigningConfigResponse, ListCodeSigningConfigsRequest, ListCodeSigningConfigsResponse,
    UpdateCodeSigningConfigRequest, UpdateCodeSigningConfigResponse,
};

use super::attempts::Attempts;
use super::page::Wanted;
use super::{Error, code_signing_use, tags};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// CreateCodeSigningConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn create_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: CreateCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let tags = request.tags.unwrap_or_default();
    tags::check(&tags)?;
    let Caller { account, region, .. } = context.caller.clone();
    // 68 of the 128 bits: as many as AWS's 17 hex digits hold.
    let random = format!("{:032x}", server.dice.uuid().as_u128());
    let id = CodeSigningId { account, region, id: format!("csc-{}", &random[15..]) };
    let config = CodeSigningConfig {
        id,
        description: request.description,
        publishers: request.allowed_publishers.signing_profile_version_arns,
        untrusted: policy(request.code_signing_policies.as_ref()).unwrap_or_default(),
        last_modified: server.clock.now(),
        tags,
    };
    let key = tables::code_signing_key(&config.id);
    let written = Transaction::new().put(&tables::CODE_SIGNING_CONFIGS, key, &config, Expect::Absent);
    server.store.write(written).await?;
    Ok(Reply::of(CreateCodeSigningConfigResponse { code_signing_config: view(&config) }))
}

/// GetCodeSigningConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let found = read(server, &context.caller, &request.code_signing_config_arn).await?;
    Ok(Reply::of(GetCodeSigningConfigResponse { code_signing_config: view(&found.value) }))
}

/// ListCodeSigningConfigs.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_code_signing_configs(
    server: &Arc<Server>,
    context: &Context,
    request: ListCodeSigningConfigsRequest,
) -> Result<Reply, Error> {
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let prefix = [context.caller.account.as_str(), context.caller.region.as_str()];
    let page = wanted.stored(server, &tables::CODE_SIGNING_CONFIGS, &prefix).await?;
    let configs = page.items.iter().map(|record| view(&record.value)).collect();
    let next_marker = page.next_marker;
    Ok(Reply::of(ListCodeSigningConfigsResponse { next_marker, code_signing_configs: Some(configs) }))
}

/// UpdateCodeSigningConfig: what is not given stays.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn update_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let changed = change(server, &context.caller, &request.code_signing_config_arn, |config| {
        if request.description.is_some() {
            config.description.clone_from(&request.description);
        }
        if let Some(AllowedPublishers { signing_profile_version_arns }) = &request.allowed_publishers {
            config.publishers.clone_from(signing_profile_version_arns);
        }
        config.untrusted = policy(request.code_signing_policies.as_ref()).unwrap_or(config.untrusted);
        config.last_modified = server.clock.now();
        Ok(())
    })
    .await?;
    Ok(Reply::of(UpdateCodeSigningConfigResponse { code_signing_config: view(&changed) }))
}

/// DeleteCodeSigningConfig: only where no function uses it.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_code_signing_config(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteCodeSigningConfigRequest,
) -> Result<Reply, Error> {
    let arn = &request.code_signing_config_arn;
    let mut attempts = Attempts::new();
    loop {
        let record = read(server, &context.caller, arn).await?;
        let users = code_signing_use::users(server, &record.value.id).await?;
        if let Some(user) = users.first() {
            return Err(Error::Conflict(format!(
                "The code signing configuration {arn} is in use by {} and cannot be deleted.",
                user.arn()
            )));
        }
        // Whoever begins to use it writes it too, so that nobody can have begun since the look around.
        let expected = Expect::Revision(record.revision);
        let gone = Transaction::new().delete(&tables::CODE_SIGNING_CONFIGS, record.key, expected);
        if attempts.write(server, gone).await? {
            return Ok(Reply::of(()));
        }
    }
}

/// The configuration of an ARN; whether the caller may see it is decided before.
pub(super) async fn read(
    server: &Server,
    caller: &Caller,
    arn: &str,
) -> Result<Record<CodeSigningConfig>, Error> {
    let missing =
        || Error::NotFound(format!("The Lambda code signing configuration {arn} can not be found."));
    let id = CodeSigningId::read(arn).filter(|id| id.region == caller.region).ok_or_else(missing)?;
    let record = server.store.get(&tables::CODE_SIGNING_CONFIGS, &tables::code_signing_key(&id)).await?;
    record.ok_or_else(missing)
}

/// Changes a configuration; looks again as often as others change it at the same moment.
pub(super) async fn change(
    server: &Server,
    caller: &Caller,
    arn: &str,
    mut change: impl FnMut(&mut CodeSigningConfig) -> Result<(), Error>,
) -> Result<CodeSigningConfig, Error> {
    let mut attempts = Attempts::new();
    loop {
        let mut record = read(server, caller, arn).await?;
        change(&mut record.value)?;
        let changed = Transaction::new().update(&tables::CODE_SIGNING_CONFIGS, &record);
        if attempts.write(server, changed).await? {
            return Ok(record.value);
        }
    }
}

fn policy(given: Option<&CodeSigningPolicies>) -> Option<Untrusted> {
    Some(Untrusted::read(given?.untrusted_artifact_on_deployment.as_deref()?))
}

fn view(config: &CodeSigningConfig) -> View {
    View {
        code_signing_config_id: config.id.id.clone(),
        code_signing_config_arn: config.id.arn(),
        description: config.description.clone(),
        allowed_publishers: AllowedPublishers { signing_profile_version_arns: config.publishers.clone() },
        code_signing_policies: CodeSigningPolicies {
            untrusted_artifact_on_deployment: Some(config.untrusted.name().to_owned()),
        },
        last_modified: config.last_modified.to_lambda_string(),
    }
}
