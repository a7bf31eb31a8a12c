//! AWS STS: who a caller is, and temporary credentials. Never keeps what a session may do: that is asked of `access` each
//! time.
//!
//! Federation is not here: AssumeRoleWithSAML, AssumeRoleWithWebIdentity and GetFederationToken need identity providers;
//! DecodeAuthorizationMessage needs encoded messages, which no service here answers.

mod asked;
mod errors;
pub mod identity;
mod leave;
pub mod session;

pub use errors::Error;
