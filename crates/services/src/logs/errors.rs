//! The one place where the error codes of CloudWatch Logs are chosen. The HTTP status comes with the code.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html>

use lambent_core::logs::pattern::PatternError;
use lambent_store::{StoreError, WriteError};
use lambent_wire::error::Fault;
use lambent_wire::logs::LOGS;
use lambent_wire::value::Value;
use tracing::error;

/// Why an operation of CloudWatch Logs was refused, or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such group.
    #[error("The specified log group does not exist.")]
    GroupNotFound,
    /// No such stream.
    #[error("The specified log stream does not exist.")]
    StreamNotFound,
    /// There is a group of that name.
    #[error("The specified log group already exists")]
    GroupExists,
    /// There is a stream of that name.
    #[error("The specified log stream already exists")]
    StreamExists,
    /// A member is wrong.
    #[error("{0}")]
    InvalidParameter(String),
    /// What is filtered by is no pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// What is there does not let it happen.
    #[error("{0}")]
    Validation(String),
    /// The group would have more tags than it may.
    #[error("Number of tags exceeds resource tag limit.")]
    TooManyTags {
        /// Its ARN.
        arn: String,
    },
    /// Others changed the same group all the while.
    #[error("Multiple concurrent requests to update the same resource were in conflict.")]
    Aborted,
    /// Something that AWS has and this server has not.
    #[error("{0} is not there yet in Lambent")]
    NotThereYet(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => Self::Store(error),
            WriteError::Conflict { .. } => Self::Aborted,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::GroupNotFound | Error::StreamNotFound => of("ResourceNotFoundException", message),
            Error::GroupExists | Error::StreamExists => of("ResourceAlreadyExistsException", message),
            Error::InvalidParameter(_) | Error::Pattern(_) | Error::NotThereYet(_) => {
                of("InvalidParameterException", message)
            }
            Error::Validation(_) => of("ValidationException", message),
            Error::TooManyTags { arn } => {
                of("TooManyTagsException", message).with("resourceName", Value::String(arn))
            }
            Error::Aborted => of("OperationAbortedException", message),
            Error::Store(fault) => {
                error!(cause = %fault, "an operation on logs failed inside the server");
                of("ServiceUnavailableException", "The service cannot complete the request.")
            }
        }
    }
}

fn of(code: &'static str, message: impl Into<String>) -> Fault {
    let shape = LOGS.error(code).expect("every code here is in the model, as the test below shows");
    Fault::of(shape, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_model_with_its_status() {
        for (code, status) in [
            ("ResourceNotFoundException", 400),
            ("ResourceAlreadyExistsException", 400),
            ("InvalidParameterException", 400),
            ("ValidationException", 400),
            ("TooManyTagsException", 400),
            ("OperationAbortedException", 400),
            ("ServiceUnavailableException", 500),
        ] {
            assert_eq!(of(code, "").status(), status, "{code}");
        }
    }
}
