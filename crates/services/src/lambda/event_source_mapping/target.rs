//! The function of a mapping: whether it is there, and whether it has the source already. Never changes one.

use lambent_core::lambda::event_source_mapping::EventSourceMapping;

use super::super::names::Target;
use super::super::{Error, resolve};
use super::list;
use crate::Server;
use crate::caller::Caller;

/// The function, version or alias that a name means. It must be there.
pub(super) async fn find(server: &Server, caller: &Caller, name: &str) -> Result<Target, Error> {
    let target = Target::read(caller, name, None)?;
    match resolve::existing(server, &target).await {
        Ok(_) => Ok(target),
        Err(Error::FunctionNotFound { .. } | Error::NotFound(_)) => {
            Err(Error::InvalidParameter("Function does not exist".to_owned()))
        }
        Err(fault) => Err(fault),
    }
}

/// Refuses a second mapping of the same source to the same function. Brokers are told apart by what is read of them.
pub(super) async fn check_new(
    server: &Server,
    mapping: &EventSourceMapping,
    target: &Target,
) -> Result<(), Error> {
    let Some(arn) = &mapping.source.arn else { return Ok(()) };
    let same = |other: &EventSourceMapping| {
        other.function_arn == mapping.function_arn
            && other.source.arn.as_ref() == Some(arn)
            && other.source.topics == mapping.source.topics
            && other.source.queues == mapping.source.queues
    };
    let all = list::all(server, &mapping.id.account, &mapping.id.region).await?;
    let Some(other) = all.iter().find(|other| same(other)) else { return Ok(()) };
    let (uuid, name) = (other.id.uuid, &target.id.name);
    let words = if mapping.source.kind.is_queue() {
        format!(
            "An event source mapping with SQS arn (\" {arn} \") and function (\" {name} \") already exists. Please update or delete the existing mapping with UUID {uuid}"
        )
    } else {
        format!(
            "The event source arn (\" {arn} \") and function (\" {name} \") provided mapping already exists. Please update or delete the existing mapping with UUID {uuid}"
        )
    };
    Err(Error::Conflict(words))
}
