//! IAM's policy language: documents, and what they decide about one request. Never knows who holds a policy or where
//! it stands: the caller of [`evaluate`] brings the documents that count.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod compare;
mod condition;
mod context;
mod document;
mod evaluate;
mod pattern;
mod principal;
#[cfg(test)]
mod tests;

pub use condition::{Condition, ConditionError};
pub use context::Context;
pub use document::{Choice, Document, DocumentError, Effect, Statement};
pub use evaluate::{Decision, Grant, Kind, Request, evaluate};
pub use pattern::wildcard;
pub use principal::{Principals, Requester};
