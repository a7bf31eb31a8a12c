//! Lambda's operations, a file a noun.

mod bounds;
mod change;
pub mod code;
mod configuration;
mod errors;
mod every;
pub mod function;
pub mod invocation;
mod json;
pub mod layer;
pub mod lookups;
mod names;
mod page;
mod processor;
mod settle;
mod source;
mod tags;
mod view;

pub use errors::Error;
pub use settle::resume;
