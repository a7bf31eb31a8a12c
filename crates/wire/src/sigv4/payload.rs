//! How a request accounts for its body: by hash, not at all, or chunk by chunk. Never hashes twice.

use std::borrow::Cow;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::chunked::{self, Chain, Decoded, Trailer};
use super::presented::query_field;
use super::{Head, Place, Presented, Refusal};

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// What stands for the body in the canonical request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Payload<'a> {
    /// The last line of the canonical request.
    pub(super) text: Cow<'a, str>,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// The text was computed from the body, so a right signature proves the body.
    Computed,
    /// The client states the hash: compare it with the body's once the signature is known to be right.
    Stated,
    /// Nobody vouches for the body.
    Unsigned,
    /// aws-chunked.
    Chunked(chunked::Kind),
}

impl<'a> Payload<'a> {
    pub(super) fn of(head: &Head<'a>, presented: &Presented, body: &Bytes) -> Self {
        let presigned = presented.place != Place::Header;
        let mut stated = head.header("x-amz-content-sha256").map(Cow::Borrowed);
        if presigned && stated.is_none() && presented.scope.is_s3() {
            stated = query_field(head.query, "X-Amz-Content-Sha256").or(Some(Cow::Borrowed(UNSIGNED)));
        }
        let Some(text) = stated else {
            return Self { text: Cow::Owned(hex::encode(Sha256::digest(body))), kind: Kind::Computed };
        };
        let kind = match (text.as_ref(), chunked::Kind::named(&text)) {
            (_, Some(kind)) => Kind::Chunked(kind),
            (UNSIGNED, None) => Kind::Unsigned,
            (_hash, None) => Kind::Stated,
        };
        Self { text, kind }
    }

    /// The body as the operation shall see it, once the request's own signature is known to be right.
    pub(super) fn open(
        self,
        head: &Head<'_>,
        body: Bytes,
        chain: impl FnOnce() -> Chain,
    ) -> Result<(Bytes, Vec<Trailer>), Refusal> {
        match self.kind {
            Kind::Computed | Kind::Unsigned => Ok((body, Vec::new())),
            Kind::Stated if hex::encode(Sha256::digest(&body)) == self.text => Ok((body, Vec::new())),
            Kind::Stated => Err(Refusal::SignatureDoesNotMatch),
            Kind::Chunked(kind) => {
                let Decoded { body, trailers } = chunked::decode(&body, kind, Some(chain()))?;
                check_promises(head, &body, &trailers)?;
                Ok((body, trailers))
            }
        }
    }
}

/// The body as the operation shall see it where signatures are not checked: what came in chunks is put together.
///
/// # Errors
/// [`Refusal::MalformedChunks`] if the chunks do not follow their format, or are not as long as promised.
pub fn unverified_body(head: &Head<'_>, body: Bytes) -> Result<Bytes, Refusal> {
    let Some(kind) = head.header("x-amz-content-sha256").and_then(chunked::Kind::named) else {
        return Ok(body);
    };
    let Decoded { body, trailers } = chunked::decode(&body, kind, None)?;
    check_promises(head, &body, &trailers)?;
    Ok(body)
}

/// The decoded length and the trailers must be those the head promised.
fn check_promises(head: &Head<'_>, body: &Bytes, trailers: &[Trailer]) -> Result<(), Refusal> {
    let promised = head.header("x-amz-decoded-content-length").and_then(|text| text.parse::<usize>().ok());
    if promised != Some(body.len()) {
        return Err(Refusal::MalformedChunks {
            reason: "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header",
        });
    }
    let announced = head.headers.get_all("x-amz-trailer").iter().filter_map(|value| value.to_str().ok());
    for name in announced.flat_map(|value| value.split(',')).map(str::trim) {
        if !trailers.iter().any(|trailer| trailer.name.eq_ignore_ascii_case(name)) {
            return Err(Refusal::MalformedChunks { reason: "A trailer named by x-amz-trailer is missing" });
        }
    }
    Ok(())
}
