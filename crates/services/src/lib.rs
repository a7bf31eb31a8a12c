//! The operations: AWS's verbs turned into core, store and dispatch.
//!
//! A request goes down one straight line, [`pipeline`]; [`operations`] is the index of everything the server can do.
//! Never sees a sandbox, and never parses a body before its signature is checked.

mod access;
mod aside;
pub mod body;
pub mod caller;
pub mod efs;
pub mod iam;
mod identities;
pub mod keys;
pub mod lambda;
pub mod logs;
pub mod monitoring;
pub mod operations;
pub mod owner;
pub mod pipeline;
mod policies;
mod polling;
mod reply;
mod server;
pub mod sts;
mod traffic;
pub mod upstream;
pub mod url;

pub use body::Body;
pub use reply::Reply;
pub use server::{Auth, Options, Parts, Server};
