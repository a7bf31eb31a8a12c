//! When the runtime of a function or version is updated. It is kept and shown, and changes nothing else: there is one
//! version of each runtime here, the server's own, which moves only when the server is replaced.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html>

use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::settings::RuntimeManagement;
use lambent_wire::lambda::runtime_management::{
    GetRuntimeManagementConfigRequest, GetRuntimeManagementConfigResponse, PutRuntimeManagementConfigRequest,
    PutRuntimeManagementConfigResponse,
};

use super::names::Target;
use super::{Error, settings};
use crate::caller::Context;
use crate::{Reply, Server};

const AUTO: &str = "Auto";
const MANUAL: &str = "Manual";

/// PutRuntimeManagementConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn put_runtime_management_config(
    server: &Arc<Server>,
    context: &Context,
    request: PutRuntimeManagementConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    let PutRuntimeManagementConfigRequest { update_runtime_on, runtime_version_arn, .. } = request;
    check_version(&target, &update_runtime_on, runtime_version_arn.as_deref())?;
    not_of_an_alias(&target)?;
    // Automatic is the default, and what has its default is not kept.
    let config = (update_runtime_on != AUTO).then(|| RuntimeManagement {
        update_runtime_on: update_runtime_on.clone(),
        runtime_version_arn: runtime_version_arn.clone(),
    });
    settings::change(
        server,
        &target,
        || target.not_found(),
        |settings| {
            settings.runtime_management.clone_from(&config);
            Ok(())
        },
    )
    .await?;
    let function_arn = target.arn();
    Ok(Reply::of(PutRuntimeManagementConfigResponse { update_runtime_on, function_arn, runtime_version_arn }))
}

/// GetRuntimeManagementConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_runtime_management_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetRuntimeManagementConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.function_name, request.qualifier.as_deref())?;
    not_of_an_alias(&target)?;
    let function = settings::read(server, &target).await?.ok_or_else(|| target.not_found())?;
    let kept = function.settings(&settings::qualifier(&target)).and_then(|s| s.runtime_management.clone());
    let (update_runtime_on, runtime_version_arn) = match kept {
        Some(RuntimeManagement { update_runtime_on, runtime_version_arn }) => {
            (update_runtime_on, runtime_version_arn)
        }
        None => (AUTO.to_owned(), None),
    };
    Ok(Reply::of(GetRuntimeManagementConfigResponse {
        update_runtime_on: Some(update_runtime_on),
        function_arn: Some(target.arn()),
        runtime_version_arn,
    }))
}

/// A version belongs to `Manual` and to nothing else. Which versions AWS has had is not known here: every one of the
/// region is taken at its word, so that what manages functions works, and the server's own runs.
fn check_version(target: &Target, update_runtime_on: &str, arn: Option<&str>) -> Result<(), Error> {
    let refused = |words: String| Err(Error::InvalidParameter(words));
    let region = &target.id.region;
    match (update_runtime_on, arn) {
        (MANUAL, None) => {
            refused("RuntimeVersionArn is required when UpdateRuntimeOn is set to Manual.".to_owned())
        }
        (MANUAL, Some(arn)) => {
            let ours = format!("arn:{}:lambda:{region}::runtime:", region.partition());
            if arn.starts_with(&ours) {
                Ok(())
            } else {
                refused(format!("Invalid runtime version ARN: {arn}"))
            }
        }
        (_, Some(_)) => refused(format!(
            "RuntimeVersionArn is not allowed when UpdateRuntimeOn is set to {update_runtime_on}."
        )),
        (_, None) => Ok(()),
    }
}

/// An alias has no runtime of its own.
fn not_of_an_alias(target: &Target) -> Result<(), Error> {
    match &target.qualifier {
        Some(Qualifier::Alias(_)) => Err(Error::InvalidParameter(
            "Runtime management configuration is not supported for aliases. Please specify $LATEST or a version."
                .to_owned(),
        )),
        None | Some(Qualifier::Latest | Qualifier::Version(_)) => Ok(()),
    }
}
