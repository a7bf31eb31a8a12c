//! The aws-chunked body: `size;chunk-signature=…` lines, data, trailers; each chunk signed over the one
//! before. Never looks at what the data is.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::Refusal;
use super::key::{Key, is_mac};

/// How many trailers one body may have.
pub const TRAILERS_MAX: usize = 16;
/// The longest line between chunks: a size, a signature, or one trailer.
const LINE_MAX_BYTES: usize = 4096;
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A header that came after the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// The name as sent.
    pub name: String,
    /// The value, trimmed.
    pub value: String,
}

/// Which parts of the body are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Signed,
    SignedTrailer,
    UnsignedTrailer,
}

impl Kind {
    /// The kind that `x-amz-content-sha256` announces; none for a hash, or no chunks at all.
    pub(super) fn named(text: &str) -> Option<Self> {
        match text {
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Some(Self::Signed),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Some(Self::SignedTrailer),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Some(Self::UnsignedTrailer),
            _other => None,
        }
    }
}

/// A chunked body taken apart.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) body: Bytes,
    pub(super) trailers: Vec<Trailer>,
}

/// The chain of signatures, at its last link.
#[derive(Clone)]
pub(super) struct Chain {
    pub(super) key: Key,
    /// When the request was signed, `YYYYMMDDTHHMMSSZ`.
    pub(super) stamp: String,
    pub(super) scope: String,
    /// The signature before this one; the request's own at first.
    pub(super) previous: String,
}

impl Chain {
    /// What a chunk's signature signs.
    pub(super) fn chunk_text(&self, data: &[u8]) -> String {
        let Self { key: _, stamp, scope, previous } = self;
        let hash = hex::encode(Sha256::digest(data));
        format!("AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{previous}\n{EMPTY_SHA256}\n{hash}")
    }

    /// What the trailer's signature signs.
    pub(super) fn trailer_text(&self, trailers: &[Trailer]) -> String {
        let Self { key: _, stamp, scope, previous } = self;
        let list: String =
            trailers.iter().map(|t| format!("{}:{}\n", t.name.to_lowercase(), t.value)).collect();
        let hash = hex::encode(Sha256::digest(list));
        format!("AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{scope}\n{previous}\n{hash}")
    }

    fn accept(&mut self, text: &str, signature: &str) -> Result<(), Refusal> {
        if !is_mac(self.key.clone(), text.as_bytes(), signature) {
            return Err(Refusal::SignatureDoesNotMatch);
        }
        signature.clone_into(&mut self.previous);
        Ok(())
    }
}

/// Takes a body apart and verifies what is signed in it; without a chain, nothing is verified.
pub(super) fn decode(body: &Bytes, kind: Kind, mut chain: Option<Chain>) -> Result<Decoded, Refusal> {
    let mut rest = body.clone();
    let mut whole = Pieces::default();
    loop {
        let head = line(&mut rest)?;
        let (size, signature) = chunk_head(&head, kind)?;
        if size > rest.len() {
            return Err(broken("A chunk is shorter than its size"));
        }
        let data = rest.split_to(size);
        if let (Some(signature), Some(chain)) = (signature, &mut chain) {
            let text = chain.chunk_text(&data);
            chain.accept(&text, signature)?;
        }
        if size == 0 {
            break;
        }
        if !line(&mut rest)?.is_empty() {
            return Err(broken("A chunk is longer than its size"));
        }
        whole.push(data);
    }
    let trailers = read_trailers(&mut rest, kind, chain)?;
    Ok(Decoded { body: whole.join(), trailers })
}

fn chunk_head(head: &[u8], kind: Kind) -> Result<(usize, Option<&str>), Refusal> {
    let head = std::str::from_utf8(head).map_err(|_| broken("A chunk's size is not a number"))?;
    let (size, extension) = head.split_once(';').map_or((head, None), |(size, rest)| (size, Some(rest)));
    // `from_str_radix` alone would also take a sign.
    let digits = !size.is_empty() && size.bytes().all(|b| b.is_ascii_hexdigit());
    let size = usize::from_str_radix(size, 16).ok().filter(|_| digits);
    let size = size.ok_or_else(|| broken("A chunk's size is not a number"))?;
    match (kind, extension.and_then(|text| text.strip_prefix("chunk-signature="))) {
        (Kind::Signed | Kind::SignedTrailer, Some(signature)) => Ok((size, Some(signature))),
        (Kind::Signed | Kind::SignedTrailer, None) => Err(broken("A chunk has no signature")),
        (Kind::UnsignedTrailer, Some(_) | None) => Ok((size, None)),
    }
}

fn read_trailers(rest: &mut Bytes, kind: Kind, chain: Option<Chain>) -> Result<Vec<Trailer>, Refusal> {
    let (mut trailers, mut signature) = (Vec::new(), None);
    while !rest.is_empty() {
        let line = line(rest)?;
        if line.is_empty() {
            continue;
        }
        let text = std::str::from_utf8(&line).map_err(|_| broken("A trailer is not text"))?;
        let (name, value) = text.split_once(':').ok_or_else(|| broken("A trailer has no value"))?;
        if name.eq_ignore_ascii_case("x-amz-trailer-signature") {
            signature = Some(value.trim().to_owned());
        } else if kind == Kind::Signed || signature.is_some() || trailers.len() == TRAILERS_MAX {
            return Err(broken("There is more after the last chunk than there may be"));
        } else {
            trailers.push(Trailer { name: name.to_owned(), value: value.trim().to_owned() });
        }
    }
    match (kind, signature) {
        (Kind::SignedTrailer, Some(signature)) => {
            if let Some(mut chain) = chain {
                let text = chain.trailer_text(&trailers);
                chain.accept(&text, &signature)?;
            }
        }
        (Kind::SignedTrailer, None) => return Err(Refusal::SignatureDoesNotMatch),
        (Kind::Signed | Kind::UnsignedTrailer, Some(_)) => {
            return Err(broken("A trailer's signature is not expected"));
        }
        (Kind::Signed | Kind::UnsignedTrailer, None) => {}
    }
    Ok(trailers)
}

/// Takes the next line off, without its end.
fn line(rest: &mut Bytes) -> Result<Bytes, Refusal> {
    let seen = &rest[..rest.len().min(LINE_MAX_BYTES)];
    let Some(end) = seen.iter().position(|b| *b == b'\n') else {
        return Err(broken("A line of the chunked body has no end"));
    };
    let mut line = rest.split_to(end + 1);
    line.truncate(end);
    if line.ends_with(b"\r") {
        line.truncate(end - 1);
    }
    Ok(line)
}

/// Chunks on their way to one body; a single chunk is not copied.
#[derive(Default)]
struct Pieces {
    first: Bytes,
    more: Option<BytesMut>,
}

impl Pieces {
    fn push(&mut self, data: Bytes) {
        match &mut self.more {
            Some(more) => more.extend_from_slice(&data),
            None if self.first.is_empty() => self.first = data,
            None => {
                let mut more = BytesMut::from(&self.first[..]);
                more.extend_from_slice(&data);
                self.more = Some(more);
            }
        }
    }

    fn join(self) -> Bytes {
        self.more.map_or(self.first, BytesMut::freeze)
    }
}

fn broken(reason: &'static str) -> Refusal {
    Refusal::MalformedChunks { reason }
}

#[cfg(test)]
#[path = "chunked_tests.rs"]
mod tests;
