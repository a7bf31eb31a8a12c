//! The function of a mapping: whether it is there. Never changes it.

use super::super::names::Target;
use super::super::{Error, resolve};
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
