//! The one place where EFS's error codes are chosen. The HTTP status comes with the code.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html>

use lambent_core::efs::mount_target::Clash;
use lambent_store::{StoreError, WriteError};
use lambent_wire::efs::EFS;
use lambent_wire::error::Fault;
use lambent_wire::value::Value;
use tracing::error;

use crate::upstream::UpstreamError;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is asked for does not make sense.
    #[error("{0}")]
    BadRequest(String),
    /// No such file system.
    #[error("File system '{0}' does not exist.")]
    FileSystemNotFound(String),
    /// The creation token was used.
    #[error("File system '{id}' already exists with creation token '{token}'")]
    FileSystemAlreadyExists {
        /// What it made.
        id: String,
        /// The token.
        token: String,
    },
    /// It has mount targets.
    #[error("The file system '{0}' cannot be deleted because it has mount targets.")]
    FileSystemInUse(String),
    /// The account has as many as it may.
    #[error("You have reached the maximum number of file systems in this account: {0}.")]
    FileSystemLimit(usize),
    /// No such access point.
    #[error("Access Point {0} does not exist.")]
    AccessPointNotFound(String),
    /// The client token was used.
    #[error("Access point '{id}' already exists with client token '{token}'")]
    AccessPointAlreadyExists {
        /// What it made.
        id: String,
        /// The token.
        token: String,
    },
    /// The file system has as many as it may.
    #[error("You have reached the maximum number of access points of file system '{0}'.")]
    AccessPointLimit(String),
    /// No such mount target.
    #[error("Mount target '{0}' does not exist.")]
    MountTargetNotFound(String),
    /// It does not go together with the others.
    #[error(transparent)]
    MountTargetConflict(#[from] Clash),
    /// The file system is in one zone, the subnet in another.
    #[error("The Availability Zone of the subnet does not match that of the file system.")]
    ZonesMismatch,
    /// No such zone.
    #[error("The requested Availability Zone '{0}' is not supported.")]
    UnsupportedZone(String),
    /// EC2 has no such subnet.
    #[error("The subnet ID '{0}' does not exist")]
    SubnetNotFound(String),
    /// EC2 has no such security group, or not in this VPC.
    #[error("One or more specified security groups do not exist: {0}")]
    SecurityGroupNotFound(String),
    /// More than a mount target may have.
    #[error("You have exceeded the maximum number of security groups per mount target: {0}.")]
    SecurityGroupLimit(usize),
    /// None is set.
    #[error("{0}")]
    PolicyNotFound(String),
    /// A policy that is none.
    #[error("{0}")]
    InvalidPolicy(String),
    /// Throughput was changed too lately.
    #[error(
        "You must wait at least 24 hours after provisioning throughput before you decrease it or change its mode."
    )]
    TooManyRequests,
    /// Something that AWS has and this server has not.
    #[error("{0} is not there yet in Lambent")]
    NotThereYet(&'static str),
    /// EC2 could not be asked, or refused.
    #[error("EC2 could not be asked: {0}")]
    Upstream(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => Self::Store(error),
            // Every caller reads again after a conflict; left is a race without end.
            conflict @ WriteError::Conflict { .. } => {
                error!(%conflict, "a write lost every race");
                Self::Store(StoreError::Closed)
            }
        }
    }
}

impl From<UpstreamError> for Error {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error.to_string())
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::BadRequest(_) | Error::NotThereYet(_) => of("BadRequest", message),
            Error::FileSystemNotFound(_) => of("FileSystemNotFound", message),
            Error::FileSystemAlreadyExists { id, .. } => {
                of("FileSystemAlreadyExists", message).with("FileSystemId", Value::String(id))
            }
            Error::FileSystemInUse(_) => of("FileSystemInUse", message),
            Error::FileSystemLimit(_) => of("FileSystemLimitExceeded", message),
            Error::AccessPointNotFound(_) => of("AccessPointNotFound", message),
            Error::AccessPointAlreadyExists { id, .. } => {
                of("AccessPointAlreadyExists", message).with("AccessPointId", Value::String(id))
            }
            Error::AccessPointLimit(_) => of("AccessPointLimitExceeded", message),
            Error::MountTargetNotFound(_) => of("MountTargetNotFound", message),
            Error::MountTargetConflict(_) => of("MountTargetConflict", message),
            Error::ZonesMismatch => of("AvailabilityZonesMismatch", message),
            Error::UnsupportedZone(_) => of("UnsupportedAvailabilityZone", message),
            Error::SubnetNotFound(_) => of("SubnetNotFound", message),
            Error::SecurityGroupNotFound(_) => of("SecurityGroupNotFound", message),
            Error::SecurityGroupLimit(_) => of("SecurityGroupLimitExceeded", message),
            Error::PolicyNotFound(_) => of("PolicyNotFound", message),
            Error::InvalidPolicy(_) => of("InvalidPolicyException", message),
            Error::TooManyRequests => of("TooManyRequests", message),
            Error::Upstream(_) | Error::Store(_) => {
                error!(cause = message, "an operation failed inside the server");
                of("InternalServerError", "An error occurred on the server side.")
            }
        }
    }
}

fn of(code: &'static str, message: impl Into<String>) -> Fault {
    let shape = EFS.error(code).expect("every code here is in the model, as the test below shows");
    Fault::of(shape, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_model_with_its_status() {
        for (code, status) in [
            ("BadRequest", 400),
            ("FileSystemNotFound", 404),
            ("FileSystemAlreadyExists", 409),
            ("FileSystemInUse", 409),
            ("FileSystemLimitExceeded", 403),
            ("AccessPointNotFound", 404),
            ("AccessPointAlreadyExists", 409),
            ("AccessPointLimitExceeded", 403),
            ("MountTargetNotFound", 404),
            ("MountTargetConflict", 409),
            ("AvailabilityZonesMismatch", 400),
            ("UnsupportedAvailabilityZone", 400),
            ("SubnetNotFound", 400),
            ("SecurityGroupNotFound", 400),
            ("SecurityGroupLimitExceeded", 400),
            ("PolicyNotFound", 404),
            ("InvalidPolicyException", 400),
            ("TooManyRequests", 429),
            ("InternalServerError", 500),
        ] {
            assert_eq!(of(code, "").status(), status, "{code}");
        }
    }
}
