//! Whose a resource is that a request names by an ARN other than a function's. Never looks it up.

use lambent_core::account::AccountId;

use super::Error;
use crate::caller::Caller;

/// Refuses an ARN that names another account.
pub(super) fn check_named(caller: &Caller, arn: &str) -> Result<(), Error> {
    let named = arn.split(':').nth(4).and_then(|account| AccountId::try_from(account.to_owned()).ok());
    named.map_or(Ok(()), |owner| check(caller, &owner, arn))
}

/// Refuses the resource of another account.
pub(super) fn check(caller: &Caller, owner: &AccountId, arn: &str) -> Result<(), Error> {
    if caller.account == *owner {
        return Ok(());
    }
    Err(Error::AccessDenied(format!("User: {} is not authorized to access this resource: {arn}", caller.arn)))
}
