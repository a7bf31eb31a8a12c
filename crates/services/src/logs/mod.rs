//! CloudWatch Logs' operations, a file a noun. Events are kept by `lambent_store::logs`.

mod errors;
pub mod event;
pub mod filter;
pub mod group;
mod lookup;
pub mod retention;
pub mod stream;
pub mod tags;
mod token;

pub use errors::Error;
