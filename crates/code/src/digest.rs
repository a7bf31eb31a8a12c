//! The SHA-256 that names a package, in the forms AWS and a file name need. Never reads a file.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html> (`CodeSha256`)

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a package's bytes as they were uploaded; it prints as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// As `CodeSha256` shows it: base64, standard alphabet, padded.
    #[must_use]
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// From a `CodeSha256`.
    ///
    /// # Errors
    /// [`NotADigest`] if it isn't the base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, NotADigest> {
        let bytes = STANDARD.decode(text).map_err(|_| NotADigest)?;
        Ok(Self(bytes.try_into().map_err(|_| NotADigest)?))
    }
}

/// `CodeSha256` of a zip: base64 of the SHA-256 of the bytes as uploaded.
#[must_use]
pub fn code_sha256(zip: &[u8]) -> String {
    Digest::of(zip).to_base64()
}

/// The text isn't a SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    /// From 64 hex digits, lower or upper case.
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotADigest)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_sha256_is_padded_standard_base64() {
        assert_eq!(code_sha256(b""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn every_form_reads_back() {
        let digest = Digest::of(b"zip");
        assert_eq!(Digest::from_base64(&digest.to_base64()), Ok(digest));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("beef".parse::<Digest>(), Err(NotADigest));
        assert_eq!(Digest::from_base64("AAAA"), Err(NotADigest));
    }
}
