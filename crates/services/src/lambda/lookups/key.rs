//! The key that a customer gives for what Lambda keeps. Never encrypts with it.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html>

use super::arn::Arn;
use super::{Asked, Error};
use crate::Server;
use crate::caller::Caller;
use crate::upstream::{Fault, Session, if_served, kms};

/// Looks up the key of the environment variables, by its ARN or that of an alias. An empty ARN means none and is fine.
///
/// # Errors
/// [`Error::InvalidParameter`] if it is not there or cannot be used, or as [`Asked::refused`].
pub async fn kms_key(server: &Server, caller: &Caller, arn: &str) -> Result<(), Error> {
    usable(server, caller, arn, "configure access to your environment variables").await
}

/// The same for the key of a function's zip.
///
/// # Errors
/// The same.
pub async fn source_key(server: &Server, caller: &Caller, arn: &str) -> Result<(), Error> {
    usable(server, caller, arn, "encrypt your function's code").await
}

async fn usable(server: &Server, caller: &Caller, arn: &str, what: &str) -> Result<(), Error> {
    let Some(session) = Session::of(server, caller).filter(|_| !arn.is_empty()) else { return Ok(()) };
    let session = match Arn::read(arn) {
        Some(read) => read.session(session, caller),
        None => session,
    };
    match if_served(kms::key_state(&session, arn).await) {
        Ok(state) if state.is_empty() || state == "Enabled" => Ok(()),
        Ok(state) => Err(unusable(what, arn, &state)),
        Err(Fault::Refused(refused)) if !refused.is_denial() => Err(Error::InvalidParameter(format!(
            "Lambda was unable to {what} because the KMS key was not found. Please check your KMS key settings. KMS Exception: {} KMS Message: {}",
            refused.code, refused.message
        ))),
        Err(fault) => Err(Asked { service: "KMS", operation: "DescribeKey", resource: arn }.refused(fault)),
    }
}

fn unusable(what: &str, arn: &str, state: &str) -> Error {
    let (why, exception, told) = match state {
        "Disabled" => ("used is disabled", "Disabled", format!("{arn} is disabled.")),
        _ => ("is in an invalid state for usage", "KMSInvalidState", format!("{arn} is {state}.")),
    };
    Error::InvalidParameter(format!(
        "Lambda was unable to {what} because the KMS key {why}. Please check your KMS key settings. KMS Exception: {exception}Exception KMS Message: {told}"
    ))
}
