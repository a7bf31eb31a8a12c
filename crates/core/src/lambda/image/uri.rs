//! The name of an image: `registry/repository[:tag][@sha256:digest]`. Never says whether there is such an image.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Where an image lies. As text it names either the tag or the digest; without both it is the tag `latest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageUri {
    /// `host` or `host:port`, lower case.
    pub registry: String,
    /// The path below the registry, with `/` between its parts.
    pub repository: String,
    /// Which of the repository's images. Of a name with tag and digest it is the digest, as for Docker.
    pub reference: Reference,
}

impl ImageUri {
    /// The name of the same image by the digest of its manifest.
    #[must_use]
    pub fn resolved(&self, manifest: Digest) -> String {
        format!("{}/{}@sha256:{manifest}", self.registry, self.repository)
    }

    /// The host without its port; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = match self.registry.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => &self.registry,
        };
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// Whether the registry is on this machine by its name alone, where Docker's tools speak plain HTTP.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        let address = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        address || host == "localhost" || host.ends_with(".localhost")
    }
}

/// Which image of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// By a name that may move.
    Tag(String),
    /// By the SHA-256 of its manifest.
    Digest(Digest),
}

impl fmt::Display for Reference {
    /// As it stands in the path of the registry's protocol.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => write!(f, "sha256:{digest}"),
        }
    }
}

impl FromStr for Reference {
    type Err = NotAnImageUri;

    /// From the path of the registry's protocol: a digest if it begins as one, else a tag.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || NotAnImageUri { text: text.to_owned() };
        match text.strip_prefix("sha256:") {
            Some(hex) => hex.parse().map(Self::Digest).map_err(|_| fail()),
            None if TAG.is_match(text) => Ok(Self::Tag(text.to_owned())),
            None => Err(fail()),
        }
    }
}

/// Text that names no image in a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the name of an image: registry/repository[:tag][@sha256:digest]")]
pub struct NotAnImageUri {
    /// The text.
    pub text: String,
}

static TAG: LazyLock<Regex> = LazyLock::new(|| grammar(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"));
static REGISTRY: LazyLock<Regex> = LazyLock::new(|| {
    let label = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
    grammar(&format!(r"(?:{label}(?:\.{label})*|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?"))
});
static REPOSITORY: LazyLock<Regex> = LazyLock::new(|| {
    let part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    grammar(&format!("{part}(?:/{part})*"))
});
/// The longest repository; Docker counts the registry in.
const REPOSITORY_MAX_BYTES: usize = 255;

fn grammar(pattern: &str) -> Regex {
    Regex::new(&format!("^(?:{pattern})$")).expect("the patterns above are regular expressions")
}

impl FromStr for ImageUri {
    type Err = NotAnImageUri;

    /// A name without a registry is refused: nobody's registry is the default one, as on AWS.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| NotAnImageUri { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<ImageUri> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest.strip_prefix("sha256:")?.parse::<Digest>().ok()?)),
        None => (text, None),
    };
    let (registry, path) = name.split_once('/')?;
    let (repository, tag) = match path.rsplit_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (path, None),
    };
    let a_host = registry.contains(['.', ':']) || registry == "localhost";
    let fits = repository.len() <= REPOSITORY_MAX_BYTES && tag.is_none_or(|tag| TAG.is_match(tag));
    if !a_host || !fits || !REGISTRY.is_match(registry) || !REPOSITORY.is_match(repository) {
        return None;
    }
    let tag = || Reference::Tag(tag.unwrap_or("latest").to_owned());
    Some(ImageUri {
        registry: registry.to_ascii_lowercase(),
        repository: repository.to_owned(),
        reference: digest.map_or_else(tag, Reference::Digest),
    })
}

impl fmt::Display for ImageUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if matches!(self.reference, Reference::Tag(_)) { ':' } else { '@' };
        write!(f, "{}/{}{mark}{}", self.registry, self.repository, self.reference)
    }
}

impl TryFrom<String> for ImageUri {
    type Error = NotAnImageUri;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ImageUri> for String {
    fn from(uri: ImageUri) -> Self {
        uri.to_string()
    }
}
