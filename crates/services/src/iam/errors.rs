//! The one place where IAM's error codes are chosen. The HTTP status comes with the code.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>

use lambent_store::{StoreError, WriteError};
use lambent_wire::error::Fault;
use lambent_wire::iam::IAM;
use tracing::error;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such user.
    #[error("The user with name {0} cannot be found.")]
    NoSuchUser(String),
    /// No such role.
    #[error("The role with name {0} cannot be found.")]
    NoSuchRole(String),
    /// No such access key, or not of this user.
    #[error("The Access Key with id {0} cannot be found.")]
    NoSuchKey(String),
    /// No such inline policy.
    #[error("The {kind} policy with name {name} cannot be found.")]
    NoSuchInlinePolicy {
        /// `user` or `role`.
        kind: &'static str,
        /// The policy's name.
        name: String,
    },
    /// No such managed policy, or not attached.
    #[error("Policy {0} was not found.")]
    NoSuchPolicy(String),
    /// No managed policy that can be attached.
    #[error("Policy {0} does not exist or is not attachable.")]
    NoneToAttach(String),
    /// No managed policy that can be a boundary.
    #[error("Scope ARN: {0} does not exist or is not attachable.")]
    NoBoundary(String),
    /// No such version of a managed policy.
    #[error("Policy {arn} version {version} does not exist or is not attachable.")]
    NoSuchVersion {
        /// The policy.
        arn: String,
        /// As it was given: `v3`.
        version: String,
    },
    /// No such user or role.
    #[error("The user or role with ARN {0} cannot be found.")]
    NoSuchPrincipal(String),
    /// No such task that deletes a role.
    #[error("Deletion task id {0} was not found.")]
    NoSuchTask(String),
    /// The name is taken.
    #[error("{kind} with name {name} already exists.")]
    AlreadyExists {
        /// `User` or `Role`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The name of a managed policy is taken.
    #[error("A policy called {0} already exists. Duplicate names are not allowed.")]
    PolicyExists(String),
    /// Something hangs on it.
    #[error("{0}")]
    DeleteConflict(&'static str),
    /// More than AWS allows.
    #[error("{0}")]
    Limit(String),
    /// A policy that is none, or not of its kind.
    #[error("{0}")]
    MalformedPolicy(String),
    /// What is asked for does not make sense.
    #[error("{0}")]
    InvalidInput(String),
    /// A member is not of its form.
    #[error("{0}")]
    Validation(String),
    /// The role belongs to a service.
    #[error("Cannot perform the operation on the protected role '{0}' - this role is only modifiable by AWS")]
    Unmodifiable(String),
    /// The policy is for services' roles only.
    #[error("Cannot attach a Service Role Policy to a Customer Role.")]
    PolicyNotAttachable,
    /// Policies of AWS are only AWS's to change.
    #[error("Policy is outside your own account.")]
    AwsManaged,
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
            // Every caller reads again after a conflict; left is a race without end.
            conflict @ WriteError::Conflict { .. } => {
                error!(%conflict, "a write lost every race");
                Self::Store(StoreError::Closed)
            }
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NoSuchUser(_)
            | Error::NoSuchRole(_)
            | Error::NoSuchKey(_)
            | Error::NoSuchInlinePolicy { .. }
            | Error::NoSuchPolicy(_)
            | Error::NoneToAttach(_)
            | Error::NoBoundary(_)
            | Error::NoSuchVersion { .. }
            | Error::NoSuchPrincipal(_)
            | Error::NoSuchTask(_) => of("NoSuchEntityException", message),
            Error::AlreadyExists { .. } | Error::PolicyExists(_) => {
                of("EntityAlreadyExistsException", message)
            }
            Error::DeleteConflict(_) => of("DeleteConflictException", message),
            Error::Limit(_) => of("LimitExceededException", message),
            Error::MalformedPolicy(_) => of("MalformedPolicyDocumentException", message),
            Error::InvalidInput(_) | Error::NotThereYet(_) => of("InvalidInputException", message),
            // The model of no query service has this one.
            Error::Validation(_) => Fault::new("ValidationError", 400, message),
            Error::Unmodifiable(_) => of("UnmodifiableEntityException", message),
            Error::PolicyNotAttachable => of("PolicyNotAttachableException", message),
            Error::AwsManaged => Fault::new("AccessDenied", 403, message),
            Error::Store(_) => {
                error!(cause = message, "an operation failed inside the server");
                of(
                    "ServiceFailureException",
                    "The request processing has failed because of an unknown error.",
                )
            }
        }
    }
}

fn of(code: &'static str, message: impl Into<String>) -> Fault {
    let shape = IAM.error(code).expect("every code here is in the model, as the test below shows");
    Fault::of(shape, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_model_with_its_status() {
        for (code, told, status) in [
            ("NoSuchEntityException", "NoSuchEntity", 404),
            ("EntityAlreadyExistsException", "EntityAlreadyExists", 409),
            ("DeleteConflictException", "DeleteConflict", 409),
            ("LimitExceededException", "LimitExceeded", 409),
            ("MalformedPolicyDocumentException", "MalformedPolicyDocument", 400),
            ("InvalidInputException", "InvalidInput", 400),
            ("UnmodifiableEntityException", "UnmodifiableEntity", 400),
            ("PolicyNotAttachableException", "PolicyNotAttachable", 400),
            ("ServiceFailureException", "ServiceFailure", 500),
        ] {
            let fault = of(code, "");
            assert_eq!((fault.status(), fault.query_code()), (status, told), "{code}");
        }
    }
}
