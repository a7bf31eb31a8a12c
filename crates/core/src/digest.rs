//! The SHA-256 that names code, in the forms AWS, a file name and a record need. Never reads the bytes from anywhere
//! itself.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html> (`CodeSha256`)

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes; 64 lower-case hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that a running hash was given.
    #[must_use]
    pub fn from_sha256(hash: Sha256) -> Self {
        Self(hash.finalize().into())
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
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| NotADigest { text: text.to_owned() })
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

/// Text that is no SHA-256 digest in the form expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a SHA-256 digest")]
pub struct NotADigest {
    /// The text.
    pub text: String,
}

impl FromStr for Digest {
    type Err = NotADigest;

    /// From 64 lower-case hex digits: one digest has one file name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || NotADigest { text: text.to_owned() };
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(fail());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| fail())?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_from_its_text_and_nothing_else_does() {
        let digest = Digest::of(b"");
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        assert_eq!(serde_json::from_str::<Digest>(&format!("\"{text}\"")).unwrap(), digest);
        for wrong in ["", "e3b0", &text.to_uppercase(), &format!("{text}00"), &"g".repeat(64)] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn code_sha256_is_padded_standard_base64() {
        let digest = Digest::of(b"");
        assert_eq!(digest.to_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(Digest::from_base64(&digest.to_base64()), Ok(digest));
        assert!(Digest::from_base64("AAAA").is_err());
    }
}
