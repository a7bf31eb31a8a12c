//! Lambda's operations, a file a noun.

pub mod alias;
mod bounds;
mod change;
pub mod code;
pub mod code_signing;
pub mod code_signing_use;
pub mod concurrency;
mod configuration;
mod errors;
mod every;
pub mod function;
pub mod invocation;
mod json;
pub mod layer;
pub mod layer_policy;
pub mod lookups;
mod names;
mod owner;
mod page;
pub mod policy;
mod processor;
pub mod recursion;
mod reservations;
mod resolve;
mod settle;
mod source;
pub mod tags;
pub mod version;
mod view;

pub use errors::Error;
pub use settle::resume;
