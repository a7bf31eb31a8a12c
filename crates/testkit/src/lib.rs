//! Paused clock, loaded dice, fake sandboxes, a whole server in one process. For tests only: nothing here is in the
//! binary.

mod chance;
mod host;
mod kept;
pub mod one_alarm;
pub mod one_function;
pub mod one_queue;
mod server;
mod time;
pub mod upstream;

pub use chance::LoadedDice;
pub use host::{FakeHost, Program};
pub use server::{TestServer, role, zip};
pub use time::PausedClock;
pub use upstream::FakeUpstream;
