//! What runs: zip files to read-only trees by digest, the interpreters found on the host, and their SDKs.
//!
//! Never runs a function, never reads the environment or a clock, and never trusts a zip.

mod blocking;
pub mod image;
pub mod interpreter;
pub mod package;
pub mod sdk;
pub mod tree;
mod zip;

pub use lambent_core::digest::Digest;
pub use package::PackageError;
pub use tree::{Tree, Trees};
