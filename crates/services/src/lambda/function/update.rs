//! UpdateFunctionCode and UpdateFunctionConfiguration. What runs goes on running until the update has settled.

use std::sync::Arc;

use lambent_core::lambda::function::{Change, Code, Function};
use lambent_wire::lambda::function::{UpdateFunctionCodeRequest, UpdateFunctionConfigurationRequest};

use super::super::names::Target;
use super::super::source::Source;
use super::super::{
    Error, change, code_signing_use, configuration, event_permits, layer, lookups, processor, settle, usage,
    version, view,
};
use crate::caller::Context;
use crate::{Reply, Server};

/// A condition on the function, and what shows the revision that would have met it.
#[derive(Debug, Clone, Copy)]
struct Condition<'a> {
    revision_id: Option<&'a str>,
    api: &'static str,
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
    if request.publish_to.is_some() {
        return Err(Error::NotThereYet("PublishTo".to_owned()));
    }
    let condition = Condition { revision_id: request.revision_id.as_deref(), api: "GetFunction/GetAlias" };
    let settled = change::settled(server, &target, |function| condition.check(function));
    let other = request.zip_file.is_some() || request.s3_bucket.is_some() || request.s3_key.is_some();
    if request.image_uri.is_some() && !other {
        // That an image will not do is a fact about the function, which must be there then.
        settled.await?;
        let words = "Please don't provide ImageUri when updating a function with packageType Zip.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    let source = Source::read(&request)?;
    let publish = request.publish == Some(true);
    let mut function = settled.await?;
    code_signing_use::verify_for(server, &function).await?;
    let new = |code: &Code, function: &Function| with_code(&request, code, function);
    if request.dry_run == Some(true) {
        let looked_at = source.look_at(server, &context.caller).await?;
        let change = new(&looked_at, &function);
        function.latest.code = looked_at;
        function.latest.configuration = change.configuration.unwrap_or(function.latest.configuration);
        layer::check_size(&function.latest.code, &function.latest.configuration.layers)?;
        return Ok(Reply::of(view::configuration(&function, None)));
    }
    let taken_in = source.take_in(server, &context.caller).await?;
    let added = taken_in.code.size_bytes.saturating_sub(function.latest.code.size_bytes);
    let versions = if publish { taken_in.code.size_bytes } else { 0 };
    usage::check(server, &target.id.account, &target.id.region, added + versions)?;
    let change = |function: &Function| Ok(new(&taken_in.code, function));
    let reply = update(server, &target, condition, publish, change).await?;
    let asked = configuration::architecture(request.architectures.as_deref());
    processor::compare(&target.id, asked.unwrap_or(function.latest.configuration.architecture));
    Ok(reply)
}

fn with_code(request: &UpdateFunctionCodeRequest, code: &Code, function: &Function) -> Change {
    let mut configuration = function.latest.configuration.clone();
    let asked = configuration::architecture(request.architectures.as_deref());
    configuration.architecture = asked.unwrap_or(configuration.architecture);
    Change { configuration: Some(configuration), code: Some(code.clone()) }
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
    let mut asked = configuration::Update::read(&request)?;
    let api = "GetFunctionConfiguration/GetAlias";
    let condition = Condition { revision_id: request.revision_id.as_deref(), api };
    change::settled(server, &target, |function| condition.check(function)).await?;
    asked.look_up(server, &context.caller).await?;
    update(server, &target, condition, false, |function| {
        let before = &function.latest.configuration;
        let after = asked.of(before)?;
        if let (Some(_), Some(arn)) = (&request.dead_letter_config, &after.dead_letter) {
            event_permits::dead_letter(server, &after.role, &function.id, arn)?;
        }
        lookups::role_joins(server, &function.id, Some(before), &after)?;
        Ok(Change { configuration: Some(after), code: None })
    })
    .await
}

impl Condition<'_> {
    /// Whether the function may be changed now, and is as the caller knows it.
    fn check(self, function: &Function) -> Result<(), Error> {
        function.can_change()?;
        match self.revision_id {
            Some(known) if known != function.revision_id.to_string() => {
                Err(Error::StaleRevision { api: self.api })
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Begins an update, publishes what it makes where that is asked for, and answers with either.
async fn update(
    server: &Arc<Server>,
    target: &Target,
    condition: Condition<'_>,
    publish: bool,
    change: impl Fn(&Function) -> Result<Change, Error>,
) -> Result<Reply, Error> {
    let needed = |function: &Function| if publish { version::last(function) } else { Vec::new() };
    let (function, version) =
        change::with_versions(server, target, needed, |function, versions, transaction| {
            condition.check(function)?;
            let change = change(function)?;
            function.begin_update(change, server.dice.uuid(), server.clock.now());
            layer::check_size(&function.latest.code, &function.latest.configuration.layers)?;
            if !publish {
                return Ok(((function.clone(), None), transaction));
            }
            let (version, transaction) = version::publish(server, function, versions, None, transaction);
            Ok(((function.clone(), Some(version)), transaction))
        })
        .await?;
    settle::function(server, &function);
    let Some(version) = version else { return Ok(Reply::of(view::configuration(&function, None))) };
    version::settle_later(server, &version);
    Ok(Reply::of(view::version(&version, &version.qualifier())))
}
