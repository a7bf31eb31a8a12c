//! The one place where the error codes of CloudWatch are chosen. The HTTP status comes with the code.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html>

use lambent_store::{StoreError, WriteError};
use lambent_wire::error::Fault;
use lambent_wire::monitoring::MONITORING;
use tracing::error;

/// Why an operation of CloudWatch was refused, or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A member is wrong.
    #[error("{0}")]
    InvalidParameter(String),
    /// Members do not go together.
    #[error("{0}")]
    Combination(String),
    /// A member is missing.
    #[error("{0}")]
    Missing(String),
    /// The request is wrong as a whole.
    #[error("{0}")]
    Validation(String),
    /// The token of a page is none that was given out.
    #[error("Invalid nextToken")]
    NextToken,
    /// There would be more than there may be.
    #[error("{0}")]
    LimitExceeded(String),
    /// There is no such alarm.
    #[error("{0}")]
    NoAlarm(String),
    /// There is nothing of that ARN.
    #[error("The named resource does not exist.")]
    NoResource,
    /// A text that should be JSON is not.
    #[error("{0}")]
    Format(String),
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
            WriteError::Conflict { .. } => {
                Self::LimitExceeded("Others changed the same all the while. Please try again.".to_owned())
            }
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::InvalidParameter(_) => of("InvalidParameterValueException", message),
            Error::Combination(_) => of("InvalidParameterCombinationException", message),
            Error::Missing(_) => of("MissingRequiredParameterException", message),
            // No error of the model, but what the service answers since its first days.
            Error::Validation(_) | Error::NotThereYet(_) => Self::new("ValidationError", 400, message),
            Error::NextToken => of("InvalidNextToken", message),
            Error::NoAlarm(_) => of("ResourceNotFound", message),
            Error::NoResource => of("ResourceNotFoundException", message),
            Error::Format(_) => of("InvalidFormatFault", message),
            Error::LimitExceeded(_) => of("LimitExceededFault", message),
            Error::Store(fault) => {
                error!(cause = %fault, "an operation on metrics failed inside the server");
                of("InternalServiceFault", "The service cannot complete the request.")
            }
        }
    }
}

fn of(code: &'static str, message: impl Into<String>) -> Fault {
    let shape = MONITORING.error(code).expect("every code here is in the model, as the test below shows");
    Fault::of(shape, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_model_with_its_status() {
        for (code, query, status) in [
            ("InvalidParameterValueException", "InvalidParameterValue", 400),
            ("InvalidParameterCombinationException", "InvalidParameterCombination", 400),
            ("MissingRequiredParameterException", "MissingParameter", 400),
            ("InvalidNextToken", "InvalidNextToken", 400),
            ("ResourceNotFound", "ResourceNotFound", 404),
            ("ResourceNotFoundException", "ResourceNotFoundException", 404),
            ("InvalidFormatFault", "InvalidFormat", 400),
            ("LimitExceededFault", "LimitExceeded", 400),
            ("InternalServiceFault", "InternalServiceError", 500),
        ] {
            let fault = of(code, "");
            assert_eq!((fault.query_code(), fault.status()), (query, status), "{code}");
        }
    }
}
