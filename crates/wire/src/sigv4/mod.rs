//! AWS Signature Version 4: whose request this is, and that nobody changed it. Pure: it never reads a clock,
//! never stores a key and never decides what the caller may do.
//!
//! [`Presented::read`] takes the claim out of a request, routing looks at its [`Scope`], and
//! [`Verifier::precheck`] refuses by the head alone, [`Verifier::believe`] believes it or says why not. [`Signer`] makes what `verify` accepts.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

mod canonical;
mod chunked;
mod instant;
mod key;
mod payload;
mod presented;
mod refusal;
mod scope;
mod sign;
mod verify;

pub use chunked::{TRAILERS_MAX, Trailer};
pub use key::{Credential, KEYS_CACHED_MAX, Keys};
pub use payload::unverified_body;
pub use presented::{PRESIGN_EXPIRY_MAX_S, Place, Presented};
pub use refusal::{Dialect, Refusal};
pub use scope::Scope;
pub use sign::Signer;
pub use verify::{Claim, Expected, Verified, Verifier};

use http::HeaderMap;

/// The only algorithm the SDKs use for these services.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What of a request is signed beside its body: everything as received, nothing decoded.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path as sent, still percent-encoded.
    pub path: &'a str,
    /// The query as sent without its `?`; empty if there is none.
    pub query: &'a str,
    /// `:authority` of HTTP/2; stands in where there is no `Host` header.
    pub authority: Option<&'a str>,
    /// The headers as sent.
    pub headers: &'a HeaderMap,
}

impl<'a> Head<'a> {
    /// The signed view of a request as `http` parsed it.
    #[must_use]
    pub fn of(parts: &'a http::request::Parts) -> Self {
        Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            authority: parts.uri.authority().map(http::uri::Authority::as_str),
            headers: &parts.headers,
        }
    }

    /// A header that occurs once and is plain ASCII.
    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}
