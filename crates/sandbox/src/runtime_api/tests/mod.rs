//! The Runtime API on a plain loopback listener, met by a client that speaks in raw bytes. No sandbox is involved.

mod bodies;
mod calls;
mod clients;
mod crowds;
mod extensions;
mod framing;
mod memory;
pub(crate) mod rig;
mod streams;
