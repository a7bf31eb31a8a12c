//! The one place where Lambda's error codes are chosen. The HTTP status comes with the code.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>

use lambent_code::PackageError;
use lambent_core::lambda::arn::NameError;
use lambent_core::lambda::environment::EnvironmentError;
use lambent_core::lambda::state::{Busy, Reason};
use lambent_dispatch::{InvokeError, ProgramError, Throttle, efs::MountError};
use lambent_store::{BlobError, StoreError, WriteError};
use lambent_wire::constraints::{self, Violation};
use lambent_wire::error::Fault;
use lambent_wire::lambda::LAMBDA;
use lambent_wire::value::Value;
use tracing::error;

use crate::upstream::UpstreamError;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such function or version.
    #[error("Function not found: {arn}")]
    FunctionNotFound {
        /// As the caller asked for it.
        arn: String,
    },
    /// The ARN names another region.
    #[error("Functions from '{named}' are not reachable in this region ('{here}')")]
    OtherRegion {
        /// The region in the ARN.
        named: String,
        /// The region of the request.
        here: String,
    },
    /// A function of that name is there.
    #[error("Function already exist: {name}")]
    AlreadyExists {
        /// The name.
        name: String,
    },
    /// It is being created or updated.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The revision the caller knows is not the latest.
    #[error(
        "The RevisionId provided does not match the latest RevisionId. Call the {api} API to retrieve the latest RevisionId"
    )]
    StaleRevision {
        /// What shows the latest.
        api: &'static str,
    },
    /// A version or an alias where only a function will do.
    #[error(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN."
    )]
    Qualified,
    /// A value that the service refuses.
    #[error("{0}")]
    InvalidParameter(String),
    /// Values the model allows, but not for this kind of function.
    #[error("{}", constraints::message(.0))]
    Constraints(Vec<Violation>),
    /// The event or a header of an invocation is not what it must be.
    #[error("{0}")]
    InvalidRequestContent(String),
    /// The event is too large.
    #[error("{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)")]
    PayloadTooLarge {
        /// Its size.
        size: usize,
        /// The invocation type.
        kind: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The environment variables are refused.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The name of the function is refused.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The zip is refused, or could not be kept.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// Something that a request names is not there.
    #[error("{0}")]
    NotFound(String),
    /// What is there does not let it happen.
    #[error("{0}")]
    Conflict(String),
    /// A condition of the request does not hold.
    #[error("{0}")]
    Precondition(String),
    /// The model allows it, the service's own constraints do not.
    #[error("{0}")]
    Validation(String),
    /// The caller may not do it.
    #[error("{0}")]
    AccessDenied(String),
    /// No provisioned concurrency is configured.
    #[error("No Provisioned Concurrency Config found for this function")]
    NoProvisionedConcurrency,
    /// A resource policy would be too long.
    #[error("{0}")]
    PolicyLengthExceeded(String),
    /// The function has as many aliases as it may.
    #[error("{0}")]
    AliasLimitExceeded(String),
    /// The account's code would take more than 75 GB.
    #[error("{0}")]
    CodeStorageExceeded(String),
    /// No such code signing configuration.
    #[error("{0}")]
    CodeSigningConfigNotFound(String),
    /// The code is not signed as its configuration demands.
    #[error("{0}")]
    CodeVerificationFailed(String),
    /// What is to be changed is in use.
    #[error("{0}")]
    InUse(String),
    /// Another service could not be asked.
    #[error("another service could not be asked")]
    Upstream(#[from] UpstreamError),
    /// Something that AWS has and this server has not.
    #[error("{0} is not there yet in Lambent")]
    NotThereYet(String),
    /// The function was not run.
    #[error(transparent)]
    Invoke(#[from] InvokeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The code could not be kept or had.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => Self::Store(error),
            // Every caller reads again after a conflict and then knows the reason; left is a race without end.
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
            Error::FunctionNotFound { .. } | Error::OtherRegion { .. } => {
                of("ResourceNotFoundException", message)
            }
            Error::AlreadyExists { .. } | Error::Busy(_) => of("ResourceConflictException", message),
            Error::StaleRevision { .. } => of("PreconditionFailedException", message),
            Error::Qualified | Error::InvalidParameter(_) | Error::Environment(_) | Error::NotThereYet(_) => {
                of("InvalidParameterValueException", message)
            }
            Error::Constraints(_) => Self::new("ValidationException", 400, message),
            Error::InvalidRequestContent(_) => of("InvalidRequestContentException", message),
            Error::PayloadTooLarge { .. } => of("RequestTooLargeException", message),
            Error::Name(name) => name_fault(&name, message),
            Error::NotFound(_) => of("ResourceNotFoundException", message),
            Error::Conflict(_) => of("ResourceConflictException", message),
            Error::Precondition(_) => of("PreconditionFailedException", message),
            Error::Validation(_) => Self::new("ValidationException", 400, message),
            Error::AccessDenied(_) => Self::new("AccessDeniedException", 403, message),
            Error::NoProvisionedConcurrency => of("ProvisionedConcurrencyConfigNotFoundException", message),
            Error::PolicyLengthExceeded(_) => of("PolicyLengthExceededException", message),
            Error::AliasLimitExceeded(_) => of("AliasLimitExceededException", message),
            Error::CodeStorageExceeded(_) => of("CodeStorageExceededException", message),
            Error::CodeSigningConfigNotFound(_) => of("CodeSigningConfigNotFoundException", message),
            Error::CodeVerificationFailed(_) => of("CodeVerificationFailedException", message),
            Error::InUse(_) => of("ResourceInUseException", message),
            Error::Package(package) => package_fault(&package),
            Error::Invoke(invoke) => invoke_fault(invoke),
            Error::Store(store) => internal(&store),
            Error::Upstream(upstream) => internal(&upstream),
            Error::Blob(blob) => internal(&blob),
        }
    }
}

fn of(code: &'static str, message: impl Into<String>) -> Fault {
    let shape = LAMBDA.error(code).expect("every code here is in the model, as the test below shows");
    Fault::of(shape, message)
}

fn package_fault(package: &PackageError) -> Fault {
    match (package, package.aws_message()) {
        (PackageError::UploadTooLarge { .. }, Some(words)) => {
            Fault::new("RequestEntityTooLargeException", 413, words)
        }
        (_, Some(words)) => of("InvalidParameterValueException", words),
        (_, None) => internal(package),
    }
}

fn name_fault(name: &NameError, message: String) -> Fault {
    match name {
        // Worded as a constraint, but the model's own is 140, and the code is that of the service.
        NameError::TooLong { name, .. } => of(
            "InvalidParameterValueException",
            format!(
                "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64"
            ),
        ),
        NameError::QualifiersDiffer => of(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
        NameError::Malformed { .. } => of("InvalidParameterValueException", message),
    }
}

fn invoke_fault(error: InvokeError) -> Fault {
    let message = error.to_string();
    match error {
        InvokeError::NotFound => {
            of("ResourceNotFoundException", "The resource you requested does not exist.")
        }
        InvokeError::Pending => of("ResourceConflictException", Busy::Pending.to_string()),
        InvokeError::Failed(Reason { text, .. }) => of("ResourceConflictException", text),
        InvokeError::Throttled(throttle) => throttled(throttle),
        InvokeError::Recursive => of("RecursiveInvocationException", message),
        InvokeError::Program(
            ProgramError::Interpreter(_) | ProgramError::Runtime(_) | ProgramError::Java(_),
        ) => of("InvalidRuntimeException", message),
        InvokeError::Program(ProgramError::Package(zip)) => of("InvalidZipFileException", zip.to_string()),
        InvokeError::Program(ProgramError::Blob(blob)) => internal(&blob),
        // Clients try again.
        InvokeError::Program(ProgramError::Sdk(later)) => of("ServiceException", later.to_string()),
        InvokeError::Mount(MountError::Connectivity(_)) => of("EFSMountConnectivityException", message),
        InvokeError::Mount(MountError::Failure(_)) => of("EFSMountFailureException", message),
        InvokeError::Mount(MountError::Timeout(_)) => of("EFSMountTimeoutException", message),
        InvokeError::Role => Fault::new("AccessDeniedException", 403, message),
        InvokeError::Sandbox(reason) => {
            error!(reason, "no sandbox could be made");
            of("ServiceException", "Lambda could not start an execution environment. Please try again.")
        }
        InvokeError::Closing => of("ServiceException", "The server is shutting down. Please try again."),
    }
}

fn throttled(throttle: Throttle) -> Fault {
    let reason = Value::String(throttle.reason().to_owned());
    let fault = of("TooManyRequestsException", "Rate Exceeded.").with("Reason", reason);
    match throttle.wait_s() {
        Some(wait_s) => fault.with("retryAfterSeconds", Value::String(wait_s.to_string())),
        None => fault,
    }
}

/// A failure of the server: the cause goes to its log, not to the caller.
fn internal(cause: &dyn std::error::Error) -> Fault {
    let inner = std::iter::successors(cause.source(), |inner| inner.source());
    let causes = inner.fold(cause.to_string(), |causes, inner| format!("{causes}: {inner}"));
    error!(cause = causes, "an operation failed inside the server");
    of("ServiceException", "An error occurred and the request cannot be processed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_model_with_its_status() {
        for (code, status) in [
            ("ResourceNotFoundException", 404),
            ("ResourceConflictException", 409),
            ("PreconditionFailedException", 412),
            ("ProvisionedConcurrencyConfigNotFoundException", 404),
            ("PolicyLengthExceededException", 400),
            ("PublicPolicyException", 400),
            ("AliasLimitExceededException", 400),
            ("CodeStorageExceededException", 400),
            ("CodeSigningConfigNotFoundException", 404),
            ("CodeVerificationFailedException", 400),
            ("ResourceInUseException", 400),
            ("InvalidParameterValueException", 400),
            ("InvalidRequestContentException", 400),
            ("RequestTooLargeException", 413),
            ("TooManyRequestsException", 429),
            ("InvalidRuntimeException", 502),
            ("InvalidZipFileException", 502),
            ("EFSMountTimeoutException", 408),
            ("RecursiveInvocationException", 400),
            ("ServiceException", 500),
        ] {
            assert_eq!(of(code, "").status(), status, "{code}");
        }
    }
}
