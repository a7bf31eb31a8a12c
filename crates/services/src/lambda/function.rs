//! The operations on functions: those that read one here, the others in files of their own.
//!
//! Every write is conditional on what was read, so two callers never undo each other's work.

mod create;
mod delete;
mod list;
mod update;

use std::sync::Arc;

use lambent_core::lambda::function::Function;
use lambent_wire::lambda::function::{
    FunctionCodeLocation, GetFunctionConfigurationRequest, GetFunctionRequest, GetFunctionResponse,
};

use super::names::Target;
use super::{Error, code, concurrency, resolve, view};
use crate::caller::Context;
use crate::{Reply, Server};

pub use create::create_function;
pub use delete::delete_function;
pub use list::list_functions;
pub use update::{update_function_code, update_function_configuration};

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
    let location = code::location(server, &context.endpoint, id, &found.deployment().code);
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
