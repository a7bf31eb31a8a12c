//! Layers: archives that functions share. A version never changes and its number is never used again. Never unpacks one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html>

use serde::{Deserialize, Serialize};

use super::function::Code;
use super::policy::Policy;
use crate::account::{AccountId, Region};
use crate::digest::Digest;
use crate::time::Timestamp;

/// Which layer, in which account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LayerId {
    /// The owner.
    pub account: AccountId,
    /// Where it lives.
    pub region: Region,
    /// The bare name: 1 to 64 of `A-Z a-z 0-9 - _`.
    pub name: String,
}

impl LayerId {
    /// The ARN without a version.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { account, region, name } = self;
        format!("arn:{}:lambda:{region}:{account}:layer:{name}", region.partition())
    }

    /// The ARN of one version.
    #[must_use]
    pub fn version_arn(&self, number: u64) -> String {
        format!("{}:{number}", self.arn())
    }
}

/// What outlives the versions of a layer: the next number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The layer.
    pub id: LayerId,
    /// The number the next version gets.
    pub next_version: u64,
}

/// One version of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerVersion {
    /// The layer.
    pub id: LayerId,
    /// From 1.
    pub number: u64,
    /// Free text, up to 256 characters.
    pub description: String,
    /// A licence, its SPDX id or a URL.
    pub license_info: Option<String>,
    /// Runtimes it says it works with; none where none were given.
    pub compatible_runtimes: Option<Vec<String>>,
    /// Processors it says it works with; none where none were given.
    pub compatible_architectures: Option<Vec<String>>,
    /// The archive.
    pub code: Code,
    /// When it was published.
    pub created: Timestamp,
    /// Who else may use it.
    #[serde(default)]
    pub policy: Option<Policy>,
}

/// A layer version as a function keeps it: enough to run with it when it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// The version's ARN.
    pub arn: String,
    /// SHA-256 of its zip, the name of its blob and of its unpacked tree.
    pub digest: Digest,
    /// Bytes of its zip: `CodeSize`.
    pub size_bytes: u64,
    /// Bytes of what is in it, which count towards the 250 MB of a function.
    pub unzipped_bytes: u64,
}
