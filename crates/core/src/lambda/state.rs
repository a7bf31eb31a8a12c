//! The states of a function and of a version, and what they forbid. Never changes one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>

use serde::{Deserialize, Serialize};

/// Whether a function can be invoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It is being created.
    Pending,
    /// It can be invoked.
    Active,
    /// It could not be created, for this reason.
    Failed(Reason),
}

/// How the last update of a function went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LastUpdate {
    /// It is running; invocations get what was there before.
    InProgress,
    /// It is in force.
    Successful,
    /// It is not; invocations get what was there before.
    Failed(Reason),
}

/// Why a function is in a state, in AWS's code and in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// `StateReasonCode`.
    pub code: String,
    /// `StateReason`.
    pub text: String,
}

/// Why an operation cannot be done in the state a function is in.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Busy {
    /// It is being created.
    #[error(
        "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    )]
    Pending,
    /// An update is running.
    #[error("The operation cannot be performed at this time. An update is in progress for resource: {arn}")]
    Updating {
        /// The function.
        arn: String,
    },
}
