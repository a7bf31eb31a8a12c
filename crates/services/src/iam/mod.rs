//! IAM as far as a server of functions needs it: users with access keys, roles, policies, a file a noun. Groups, passwords,
//! identity providers and instance profiles are not here. Never decides what anybody may do: that is `pipeline::authorise`.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>

pub mod access_key;
pub mod account;
mod attached;
mod bounds;
mod document;
mod errors;
mod find;
mod holder;
mod inline;
mod last_use;
mod page;
pub mod policy;
pub mod policy_version;
pub mod role;
pub mod role_policy;
pub mod service_linked_role;
pub mod simulation;
pub mod tags;
pub mod user;
pub mod user_policy;
mod view;
mod words;

pub use errors::Error;
pub(crate) use last_use::note as note_use;
pub(crate) use words::message;
