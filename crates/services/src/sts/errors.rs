//! The one place where STS's error codes are chosen. The HTTP status comes with the code.
//!
//! Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use lambent_store::{StoreError, WriteError};
use lambent_wire::error::Fault;
use lambent_wire::sts::STS;
use tracing::error;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not.
    #[error("{0}")]
    AccessDenied(String),
    /// What is asked for does not make sense.
    #[error("{0}")]
    Validation(String),
    /// Nor does this, which STS calls by another name.
    #[error("{0}")]
    InvalidParameterValue(String),
    /// A session policy that is none.
    #[error("{0}")]
    MalformedPolicyDocument(String),
    /// Policies and tags that are too much together.
    #[error("{0}")]
    PackedPolicyTooLarge(String),
    /// There are as many sessions as the server keeps.
    #[error("Rate exceeded")]
    Throttling,
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
            // Keys of sessions are random, and only one is written at a time.
            conflict @ WriteError::Conflict { .. } => {
                error!(%conflict, "a new session has the key of another");
                Self::Store(StoreError::Closed)
            }
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::AccessDenied(_) => Self::new("AccessDenied", 403, message),
            Error::Validation(_) | Error::NotThereYet(_) => Self::new("ValidationError", 400, message),
            Error::InvalidParameterValue(_) => Self::new("InvalidParameterValue", 400, message),
            Error::MalformedPolicyDocument(_) => of("MalformedPolicyDocumentException", message),
            Error::PackedPolicyTooLarge(_) => of("PackedPolicyTooLargeException", message),
            Error::Throttling => Self::new("Throttling", 400, message),
            Error::Store(_) => {
                error!(cause = message, "an operation failed inside the server");
                Self::new(
                    "InternalFailure",
                    500,
                    "The request processing has failed because of an unknown error, exception or failure.",
                )
            }
        }
    }
}

fn of(shape: &'static str, message: String) -> Fault {
    Fault::of(STS.error(shape).expect("every shape here is in the model, as the test below shows"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_model_with_its_status() {
        for (error, code) in [
            (Error::MalformedPolicyDocument(String::new()), "MalformedPolicyDocument"),
            (Error::PackedPolicyTooLarge(String::new()), "PackedPolicyTooLarge"),
        ] {
            let fault = Fault::from(error);
            assert_eq!((fault.query_code(), fault.status()), (code, 400));
        }
    }
}
