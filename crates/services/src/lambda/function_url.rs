//! The URLs of functions and aliases, as resources. Never answers a request to one: see `url`.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

use std::sync::Arc;

use lambent_core::dice::Dice;
use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::settings::{Cors, FunctionUrl};
use lambent_wire::lambda::function_url::{
    CreateFunctionUrlConfigRequest, CreateFunctionUrlConfigResponse, DeleteFunctionUrlConfigRequest,
    GetFunctionUrlConfigRequest, GetFunctionUrlConfigResponse, ListFunctionUrlConfigsRequest,
    ListFunctionUrlConfigsResponse, UpdateFunctionUrlConfigRequest, UpdateFunctionUrlConfigResponse,
};

use super::function_url_view::{Viewer, cors};
use super::names::Target;
use super::page::Wanted;
use super::{Error, settings, url_address};
use crate::caller::Context;
use crate::{Reply, Server};

const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const BUFFERED: &str = "BUFFERED";

/// CreateFunctionUrlConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn create_function_url_config(
    server: &Arc<Server>,
    context: &Context,
    request: CreateFunctionUrlConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let now = server.clock.now();
    let url = FunctionUrl {
        url_id: new_id(server.dice.as_ref()),
        auth_type: request.auth_type,
        invoke_mode: request.invoke_mode.unwrap_or_else(|| BUFFERED.to_owned()),
        cors: cors(request.cors),
        created: now,
        last_modified: now,
    };
    settings::change(server, &target, no_function, |settings| {
        if settings.url.is_some() {
            return Err(Error::Conflict(format!(
                "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists for this Lambda function",
                target.arn()
            )));
        }
        settings.url = Some(url.clone());
        Ok(())
    })
    .await?;
    let view = Viewer::of(server, context).view(&target, &url);
    Ok(Reply::of(CreateFunctionUrlConfigResponse {
        function_url: view.function_url,
        function_arn: view.function_arn,
        auth_type: view.auth_type,
        cors: view.cors,
        creation_time: view.creation_time,
        invoke_mode: view.invoke_mode,
    }))
}

/// GetFunctionUrlConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_function_url_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionUrlConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let function = settings::read(server, &target).await?.ok_or_else(no_url)?;
    let settings = function.settings(&settings::qualifier(&target)).ok_or_else(no_url)?;
    let url = settings.url.as_ref().ok_or_else(no_url)?;
    let view = Viewer::of(server, context).view(&target, url);
    Ok(Reply::of(GetFunctionUrlConfigResponse {
        function_url: view.function_url,
        function_arn: view.function_arn,
        auth_type: view.auth_type,
        cors: view.cors,
        creation_time: view.creation_time,
        last_modified_time: view.last_modified_time,
        invoke_mode: view.invoke_mode,
    }))
}

/// ListFunctionUrlConfigs.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_function_url_configs(
    server: &Arc<Server>,
    context: &Context,
    request: ListFunctionUrlConfigsRequest,
) -> Result<Reply, Error> {
    let mut target = Target::read(&context.caller, &request.function_name, None)?;
    target.qualifier = None;
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let function = settings::read(server, &target).await?.ok_or_else(no_function)?;
    let urls = function.settings.iter().filter_map(|(q, s)| Some((q.to_string(), s.url.as_ref()?)));
    let mut urls: Vec<_> = urls.collect();
    urls.sort_by(|a, b| a.0.cmp(&b.0));
    let page = wanted.of(urls, |(qualifier, _)| qualifier.clone())?;
    let viewer = Viewer::of(server, context);
    let shown = page.items.iter().map(|(qualifier, url)| {
        target.qualifier = Some(Qualifier::read(qualifier)).filter(|q| *q != Qualifier::Latest);
        viewer.view(&target, url)
    });
    Ok(Reply::of(ListFunctionUrlConfigsResponse {
        function_url_configs: shown.collect(),
        next_marker: page.next_marker,
    }))
}

/// UpdateFunctionUrlConfig: what is not given stays; empty CORS settings take CORS away.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn update_function_url_config(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateFunctionUrlConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let (auth_type, invoke_mode) = (request.auth_type, request.invoke_mode);
    let asked: Option<Option<Cors>> = request.cors.map(|given| cors(Some(given)));
    let url = settings::change(server, &target, no_function, |settings| {
        let url = settings.url.as_mut().ok_or_else(no_url)?;
        url.auth_type = auth_type.clone().unwrap_or_else(|| url.auth_type.clone());
        url.invoke_mode = invoke_mode.clone().unwrap_or_else(|| url.invoke_mode.clone());
        if let Some(cors) = &asked {
            url.cors.clone_from(cors);
        }
        url.last_modified = server.clock.now();
        Ok(url.clone())
    })
    .await?;
    let view = Viewer::of(server, context).view(&target, &url);
    Ok(Reply::of(UpdateFunctionUrlConfigResponse {
        function_url: view.function_url,
        function_arn: view.function_arn,
        auth_type: view.auth_type,
        cors: view.cors,
        creation_time: view.creation_time,
        last_modified_time: view.last_modified_time,
        invoke_mode: view.invoke_mode,
    }))
}

/// DeleteFunctionUrlConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_function_url_config(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFunctionUrlConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    settings::change(server, &target, no_url, |settings| settings.url.take().ok_or_else(no_url)).await?;
    Ok(Reply::of(()))
}

/// A new id: 32 of `a-z 0-9`. 64 random bits for each two characters: too many for the remainder to favour any.
fn new_id(dice: &dyn Dice) -> String {
    let pair = |_| {
        let bits = dice.bits();
        [bits % 36, bits / 36 % 36].map(|at| char::from(LETTERS[usize::try_from(at).unwrap_or(0)]))
    };
    (0..url_address::ID_LENGTH / 2).flat_map(pair).collect()
}

fn no_function() -> Error {
    Error::NotFound("Function does not exist".to_owned())
}

fn no_url() -> Error {
    Error::NotFound("The resource you requested does not exist.".to_owned())
}
