//! IAM's policy language: documents, and what they decide about one request; and what IAM keeps: users, roles, managed
//! policies. [`judge`] never knows who holds a policy or where it stands: its caller brings the documents that count.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

pub mod access_key;
pub mod aws_managed;
pub mod check;
mod compare;
mod condition;
mod context;
mod document;
mod evaluate;
pub mod holder;
pub mod managed_policy;
mod pattern;
mod principal;
pub mod realm;
pub mod role;
pub mod service_linked;
pub mod session;
pub mod statement_place;
pub mod tag;
#[cfg(test)]
mod tests;
pub mod unique_id;
pub mod user;
mod verdict;

pub use condition::{Condition, ConditionError};
pub use context::Context;
pub use document::{Choice, Document, DocumentError, Effect, Statement, Texts};
pub use evaluate::{Decision, Grant, Kind, Request, evaluate};
pub use pattern::wildcard;
pub use principal::{Principals, Requester};
pub use verdict::{Holdings, Place, Source, Standing, Verdict, judge};
