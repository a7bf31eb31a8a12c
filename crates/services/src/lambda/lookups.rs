//! What a function refers to in other services: looked up there, in Lambda's words where it is not as it must be. Where
//! the server has nobody to ask, or an emulator without the service, everything is taken at its word. Never changes anything there, and never remembers it.

pub(super) mod arn;
mod key;
mod network;
mod permission;
mod role;
mod target;

pub use key::{kms_key, source_key};
pub use network::{file_system, vpc};
pub use permission::{role_joins, role_reads};
pub(crate) use role::lets_lambda_in;
pub use role::role;
pub use target::{dead_letter, destination};

use super::Error;
use crate::upstream::{Fault, Refused};

/// What was asked, for Lambda's words about a refusal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The service as Lambda writes it: `EC2`.
    pub(super) service: &'static str,
    /// Its operation.
    pub(super) operation: &'static str,
    /// What was looked for.
    pub(super) resource: &'a str,
}

impl Asked<'_> {
    /// The refusal of a service, as Lambda passes it on; or that it could not be asked.
    pub(super) fn refused(self, fault: Fault) -> Error {
        let Self { service, operation, resource } = self;
        match fault {
            Fault::Upstream(error) => Error::Upstream(error),
            Fault::Refused(refused) | Fault::NotServed(refused) => {
                let Refused { code, message, .. } = &refused;
                let told = format!("{service} Error Code: {code}. {service} Error Message: {message}");
                if refused.is_denial() {
                    return Error::AccessDenied(format!(
                        "Your access has been denied by {service}, please make sure your request credentials have permission to {operation} for {resource}. {told}"
                    ));
                }
                Error::InvalidParameter(format!("Error occurred while {operation}. {told}"))
            }
        }
    }
}
