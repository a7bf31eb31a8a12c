//! Whether a loop through a function goes on. Never finds a loop: the dispatcher does, by the trace header.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>

use std::sync::Arc;

use lambent_core::lambda::function::Function;
use lambent_wire::lambda::recursion::{
    GetFunctionRecursionConfigRequest, GetFunctionRecursionConfigResponse, PutFunctionRecursionConfigRequest,
    PutFunctionRecursionConfigResponse,
};

use super::names::Target;
use super::{Error, change};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutFunctionRecursionConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn put_function_recursion_config(
    server: &Arc<Server>,
    context: &Context,
    request: PutFunctionRecursionConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let recursive_loop = change::function(server, &target, |function| {
        function.recursion_allowed = request.recursive_loop == "Allow";
        Ok(name(function))
    })
    .await?;
    Ok(Reply::of(PutFunctionRecursionConfigResponse { recursive_loop }))
}

/// GetFunctionRecursionConfig.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_function_recursion_config(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionRecursionConfigRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let function = change::read(server, &target).await?.value;
    Ok(Reply::of(GetFunctionRecursionConfigResponse { recursive_loop: name(&function) }))
}

fn name(function: &Function) -> Option<String> {
    Some(if function.recursion_allowed { "Allow" } else { "Terminate" }.to_owned())
}
