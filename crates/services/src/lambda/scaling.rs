//! How many environments a capacity provider keeps for a version. There are no capacity providers here, so that no function
//! is on one: what AWS answers for an ordinary function is all there is to answer.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionScalingConfig.html>

use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_wire::lambda::scaling::{GetFunctionScalingConfigRequest, PutFunctionScalingConfigRequest};

use super::names::Target;
use super::{Error, settings};
use crate::caller::Context;
use crate::{Reply, Server};

/// The version that capacity providers run instead of `$LATEST`; an ordinary function has none.
const PUBLISHED: &str = "$LATEST.PUBLISHED";

/// PutFunctionScalingConfig.
///
/// # Errors
/// [`Error`] always: there is no function it could be done to.
pub async fn put_function_scaling_config(
    server: &Arc<Server>,
    context: &Context,
    request: PutFunctionScalingConfigRequest,
) -> Result<Reply, Error> {
    Err(refusal(server, context, &request.function_name, &request.qualifier).await?)
}

/// GetFunctionScalingConfig.
///
/// # Errors
/// [`Error`] always: there is no function that has one.
pub async fn get_function_scaling_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionScalingConfigRequest,
) -> Result<Reply, Error> {
    Err(refusal(server, context, &request.function_name, &request.qualifier).await?)
}

async fn refusal(server: &Server, context: &Context, name: &str, qualifier: &str) -> Result<Error, Error> {
    let mut target = Target::read_unqualified(&context.caller, name)?;
    if qualifier != PUBLISHED {
        target.qualifier = Some(Qualifier::read(qualifier));
    }
    settings::read(server, &target).await?.ok_or_else(|| target.not_found())?;
    let words = "Function scaling configuration is only supported for functions with a capacity provider configuration.";
    Ok(Error::InvalidParameter(words.to_owned()))
}
