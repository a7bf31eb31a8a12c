//! Reserved concurrency: what a function is guaranteed and never exceeds. Never counts what runs.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>

use std::sync::Arc;

use lambent_core::lambda::concurrency::Reservation;
use lambent_core::lambda::function::Function;
use lambent_wire::lambda::concurrency::{
    DeleteFunctionConcurrencyRequest, GetFunctionConcurrencyRequest, GetFunctionConcurrencyResponse,
    PutFunctionConcurrencyRequest,
};
use lambent_wire::lambda::function::Concurrency;

use super::attempts::Attempts;
use super::names::Target;
use super::reservations::Draft;
use super::{Error, change};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutFunctionConcurrency.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn put_function_concurrency(
    server: &Arc<Server>,
    context: &Context,
    request: PutFunctionConcurrencyRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let reserved = u32::try_from(request.reserved_concurrent_executions).unwrap_or(0);
    let limit = server.dispatcher.concurrency(&target.id.account, &target.id.region);
    let mut attempts = Attempts::new();
    loop {
        let mut draft = Draft::read(server, &target).await?;
        let wanted = Reservation { reserved: Some(reserved), ..Reservation::of(&draft.function) };
        let refused = draft.reservations().may_reserve(limit, &target.id.name, wanted);
        refused.map_err(|refusal| Error::InvalidParameter(refusal.to_string()))?;
        draft.function.reserved_concurrency = Some(reserved);
        if draft.write(server).await? {
            break;
        }
        attempts.lost()?;
    }
    Ok(Reply::of(Concurrency { reserved_concurrent_executions: i32::try_from(reserved).ok() }))
}

/// GetFunctionConcurrency.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_function_concurrency(
    server: &Arc<Server>,
    context: &Context,
    request: GetFunctionConcurrencyRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let function = change::read(server, &target).await?.value;
    let reserved = of(&function).and_then(|concurrency| concurrency.reserved_concurrent_executions);
    Ok(Reply::of(GetFunctionConcurrencyResponse { reserved_concurrent_executions: reserved }))
}

/// DeleteFunctionConcurrency. A function without reserved concurrency is no error.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_function_concurrency(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFunctionConcurrencyRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    change::function(server, &target, |function| {
        function.reserved_concurrency = None;
        Ok(())
    })
    .await?;
    Ok(Reply::of(()))
}

/// What a function has reserved, as it is shown; none where nothing is.
pub(super) fn of(function: &Function) -> Option<Concurrency> {
    let reserved = i32::try_from(function.reserved_concurrency?).ok();
    Some(Concurrency { reserved_concurrent_executions: reserved })
}
