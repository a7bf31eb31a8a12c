//! How asynchronous invocations of a `$LATEST`, version or alias are handled: kept, checked and shown. Never handles one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html>

use std::sync::Arc;

use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::function::Function;
use lambent_core::lambda::settings::EventInvoke;
use lambent_wire::lambda::event_invoke::{
    DeleteFunctionEventInvokeConfigRequest, DestinationConfig, FunctionEventInvokeConfig,
    GetFunctionEventInvokeConfigRequest, ListFunctionEventInvokeConfigsRequest,
    ListFunctionEventInvokeConfigsResponse, OnFailure, OnSuccess, PutFunctionEventInvokeConfigRequest,
    UpdateFunctionEventInvokeConfigRequest,
};
use lambent_wire::timestamp::Timestamp;

use super::event_destination::Destinations;
use super::names::Target;
use super::page::Wanted;
use super::{Error, settings};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutFunctionEventInvokeConfig: what is not given has its default again.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn put_function_event_invoke_config(
    server: &Arc<Server>,
    context: &Context,
    request: PutFunctionEventInvokeConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let (attempts, age_s) = (request.maximum_retry_attempts, request.maximum_event_age_in_seconds);
    something(attempts, age_s, request.destination_config.as_ref())?;
    let function = settings::read(server, &target).await?.ok_or_else(no_function)?;
    let destinations = Destinations::read(request.destination_config.as_ref());
    destinations.check(server, &context.caller, &function).await?;
    let config = EventInvoke {
        maximum_retry_attempts: number(attempts),
        maximum_event_age_s: number(age_s),
        on_success: destinations.on_success,
        on_failure: destinations.on_failure,
        last_modified: server.clock.now(),
    };
    let shown = view(&target.id, &settings::qualifier(&target), &config);
    settings::change(server, &target, no_function, |settings| {
        settings.event_invoke = Some(config.clone());
        Ok(())
    })
    .await?;
    Ok(Reply::of(shown))
}

/// UpdateFunctionEventInvokeConfig: what is not given stays.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn update_function_event_invoke_config(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateFunctionEventInvokeConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let (attempts, age_s) = (request.maximum_retry_attempts, request.maximum_event_age_in_seconds);
    something(attempts, age_s, request.destination_config.as_ref())?;
    let function = settings::read(server, &target).await?.ok_or_else(|| no_config(&target))?;
    config(&function, &target)?;
    let destinations = request.destination_config.as_ref().map(|given| Destinations::read(Some(given)));
    if let Some(destinations) = &destinations {
        destinations.check(server, &context.caller, &function).await?;
    }
    let missing = || no_config(&target);
    let changed = settings::change(server, &target, missing, |settings| {
        let config = settings.event_invoke.as_mut().ok_or_else(missing)?;
        config.maximum_retry_attempts = number(attempts).or(config.maximum_retry_attempts);
        config.maximum_event_age_s = number(age_s).or(config.maximum_event_age_s);
        if let Some(Destinations { on_success, on_failure }) = &destinations {
            config.on_success.clone_from(on_success);
            config.on_failure.clone_from(on_failure);
        }
        config.last_modified = server.clock.now();
        Ok(config.clone())
    })
    .await?;
    Ok(Reply::of(view(&target.id, &settings::qualifier(&target), &changed)))
}

/// GetFunctionEventInvokeConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_function_event_invoke_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionEventInvokeConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let function = settings::read(server, &target).await?.ok_or_else(|| no_config(&target))?;
    let config = config(&function, &target)?;
    Ok(Reply::of(view(&target.id, &settings::qualifier(&target), config)))
}

/// ListFunctionEventInvokeConfigs.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_function_event_invoke_configs(
    server: &Arc<Server>,
    context: &Context,
    request: ListFunctionEventInvokeConfigsRequest,
) -> Result<Reply, Error> {
    let mut target = Target::read(&context.caller, &request.function_name, None)?;
    target.qualifier = None;
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let function = settings::read(server, &target).await?.ok_or_else(no_function)?;
    let configs = function.settings.iter();
    let mut configs: Vec<_> =
        configs.filter_map(|(q, s)| Some((q.to_string(), s.event_invoke.as_ref()?))).collect();
    configs.sort_by(|a, b| a.0.cmp(&b.0));
    let page = wanted.of(configs, |(qualifier, _)| qualifier.clone())?;
    let shown = page.items.iter().map(|(q, config)| view(&target.id, &Qualifier::read(q), config)).collect();
    Ok(Reply::of(ListFunctionEventInvokeConfigsResponse {
        function_event_invoke_configs: Some(shown),
        next_marker: page.next_marker,
    }))
}

/// DeleteFunctionEventInvokeConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_function_event_invoke_config(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFunctionEventInvokeConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let missing = || no_config(&target);
    settings::change(server, &target, missing, |settings| settings.event_invoke.take().ok_or_else(missing))
        .await?;
    Ok(Reply::of(()))
}

fn config<'f>(function: &'f Function, target: &Target) -> Result<&'f EventInvoke, Error> {
    let settings = function.settings(&settings::qualifier(target));
    settings.and_then(|settings| settings.event_invoke.as_ref()).ok_or_else(|| no_config(target))
}

fn something(
    attempts: Option<i32>,
    age_s: Option<i32>,
    destinations: Option<&DestinationConfig>,
) -> Result<(), Error> {
    if attempts.is_some() || age_s.is_some() || destinations.is_some() {
        return Ok(());
    }
    let words = "You must specify at least one of error handling or destination setting.";
    Err(Error::InvalidParameter(words.to_owned()))
}

/// A number that the model has checked not to be negative.
fn number(given: Option<i32>) -> Option<u32> {
    given.and_then(|number| u32::try_from(number).ok())
}

fn no_function() -> Error {
    Error::NotFound("The function doesn't exist.".to_owned())
}

fn no_config(target: &Target) -> Error {
    let arn = target.id.qualified_arn(&settings::qualifier(target));
    Error::NotFound(format!("The function {arn} doesn't have an EventInvokeConfig"))
}

fn view(id: &FunctionId, qualifier: &Qualifier, config: &EventInvoke) -> FunctionEventInvokeConfig {
    let shown = |number: Option<u32>| number.and_then(|number| i32::try_from(number).ok());
    FunctionEventInvokeConfig {
        last_modified: Timestamp::from_millis(config.last_modified.as_millis()).ok(),
        function_arn: Some(id.qualified_arn(qualifier)),
        maximum_retry_attempts: shown(config.maximum_retry_attempts),
        maximum_event_age_in_seconds: shown(config.maximum_event_age_s),
        destination_config: Some(DestinationConfig {
            on_success: Some(OnSuccess { destination: config.on_success.clone() }),
            on_failure: Some(OnFailure { destination: config.on_failure.clone() }),
        }),
    }
}
