//! The function of a mapping: whether it is there. Never changes it.

use lambent_core::lambda::configuration::Configuration;

use super::super::names::Target;
use super::super::{Error, resolve};
use crate::Server;
use crate::caller::Caller;

/// The function, version or alias that a name means, which must be there; and how it is configured.
pub(super) async fn find(
    server: &Server,
    caller: &Caller,
    name: &str,
) -> Result<(Target, Configuration), Error> {
    let target = Target::read(caller, name, None)?;
    match resolve::find(server, &target).await {
        Ok(found) => Ok((target, found.deployment().configuration.clone())),
        Err(Error::FunctionNotFound { .. } | Error::NotFound(_)) => {
            Err(Error::InvalidParameter("Function does not exist".to_owned()))
        }
        Err(fault) => Err(fault),
    }
}
