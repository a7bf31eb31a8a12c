//! Whether a request is what its signature says: the key exists, the time fits, nothing was changed. Never
//! asks what the caller may do.

use std::fmt;

use bytes::Bytes;

use super::chunked::{Chain, Trailer};
use super::key::{Cache, Credential, Keys, is_mac};
use super::payload::Payload;
use super::{Head, Place, Presented, Refusal, Scope};

/// How far a client's clock may be off.
const SKEW_S: i64 = 300;
/// The same for S3, and for the start of a presigned URL.
const SKEW_S3_S: i64 = 900;

/// What the scope must say; `None` takes any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The region served.
    pub region: Option<&'a str>,
    /// The signing name of the service asked.
    pub service: Option<&'a str>,
}

/// A request that is what it says.
#[derive(Debug)]
pub struct Verified {
    /// Whose key signed it, for what.
    pub scope: Scope,
    /// The names of the signed headers, joined by `;`.
    pub signed_headers: String,
    /// Where the signature was.
    pub place: Place,
    /// The body, decoded if it came in signed chunks.
    pub body: Bytes,
    /// What came after a chunked body.
    pub trailers: Vec<Trailer>,
}

/// Verifies signatures and remembers the latest signing keys.
#[derive(Default)]
pub struct Verifier {
    keys: Cache,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

/// A signature whose head was checked: key, scope and time are good. Whether it is the key's own is not known yet.
#[derive(Debug)]
pub struct Claim {
    presented: Presented,
    credential: Credential,
}

impl Verifier {
    /// What can be said of a request before its body is there.
    ///
    /// # Errors
    /// A [`Refusal`], the first that applies: scope, key, token, time.
    pub fn precheck(
        &self,
        presented: Presented,
        keys: &dyn Keys,
        expected: Expected<'_>,
        now_s: i64,
    ) -> Result<Claim, Refusal> {
        check_scope(&presented, expected)?;
        let credential = keys.find(&presented.scope.access_key_id).ok_or(Refusal::UnrecognizedClient)?;
        check_session(&presented, &credential, now_s)?;
        check_time(&presented, now_s)?;
        Ok(Claim { presented, credential })
    }

    /// Believes a request whose head was checked, or says why not. `body` is the body as received.
    ///
    /// # Errors
    /// A [`Refusal`], the first that applies: signature, body.
    pub fn believe(&self, head: &Head<'_>, body: Bytes, claim: Claim) -> Result<Verified, Refusal> {
        let Claim { presented, credential } = claim;
        let payload = Payload::of(head, &presented, &body);
        let key = self.keys.key(&credential.secret, &presented.scope);
        let text = presented.text_over(head, &payload)?;
        if !is_mac(key.clone(), &text, &presented.signature) {
            return Err(Refusal::SignatureDoesNotMatch);
        }
        let (body, trailers) = payload.open(head, body, || Chain {
            key,
            stamp: presented.stamp.clone(),
            scope: presented.scope_text(),
            previous: presented.signature.clone(),
        })?;
        let Presented { scope, signed_headers, place, .. } = presented;
        Ok(Verified { scope, signed_headers, place, body, trailers })
    }

    /// Believes a request, or says why not: both steps at once.
    ///
    /// # Errors
    /// A [`Refusal`], the first that applies: scope, key, token, time, signature, body.
    pub fn verify(
        &self,
        head: &Head<'_>,
        body: Bytes,
        presented: Presented,
        keys: &dyn Keys,
        expected: Expected<'_>,
        now_s: i64,
    ) -> Result<Verified, Refusal> {
        self.believe(head, body, self.precheck(presented, keys, expected, now_s)?)
    }
}

fn check_scope(presented: &Presented, expected: Expected<'_>) -> Result<(), Refusal> {
    let Presented { scope, stamp, terminator, signed_headers, .. } = presented;
    if terminator != "aws4_request" {
        return Err(Refusal::WrongTerminator { found: terminator.clone() });
    }
    if let Some(service) = expected.service.filter(|service| *service != scope.service) {
        return Err(Refusal::WrongService { service: service.to_owned() });
    }
    if scope.region.is_empty() || expected.region.is_some_and(|region| region != scope.region) {
        return Err(Refusal::WrongRegion);
    }
    if !stamp.starts_with(&scope.date) || scope.date.len() != 8 {
        return Err(Refusal::WrongDate { scope: scope.date.clone(), stamp: stamp.clone() });
    }
    if !signed_headers.split(';').any(|name| name == "host") {
        return Err(Refusal::HostNotSigned);
    }
    Ok(())
}

fn check_session(presented: &Presented, credential: &Credential, now_s: i64) -> Result<(), Refusal> {
    // A token is no secret without its key, and a wrong one reveals nothing by the time it takes.
    if presented.session_token != credential.session_token {
        return Err(Refusal::UnrecognizedClient);
    }
    if credential.expires_at_s.is_some_and(|end| now_s >= end) {
        return Err(Refusal::ExpiredToken);
    }
    Ok(())
}

fn check_time(presented: &Presented, now_s: i64) -> Result<(), Refusal> {
    let skew_s = if presented.scope.is_s3() { SKEW_S3_S } else { SKEW_S };
    let (after_s, before_s) = match presented.place {
        Place::Header | Place::Query { expires_s: None } => (skew_s, skew_s),
        Place::Query { expires_s: Some(expires_s) } => (expires_s, SKEW_S3_S),
    };
    let signed_at_s = presented.signed_at_s;
    if signed_at_s < now_s - after_s {
        return Err(Refusal::SignatureExpired { signed_at_s, now_s, window_s: after_s });
    }
    if signed_at_s > now_s + before_s {
        return Err(Refusal::NotYetCurrent { signed_at_s, now_s, window_s: before_s });
    }
    Ok(())
}
