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
    /// The bare name: 1 to 140 of `A-Z a-z 0-9 - _`.
    pub name: String,
}

impl LayerId {
    /// The layer that a bare name means in this account and region, or an ARN wherever it lies; none for an ARN of
    /// another form, such as one whose partition is not its region's.
    #[must_use]
    pub fn read(given: &str, account: &AccountId, region: &Region) -> Option<Self> {
        if !given.contains(':') {
            return Some(Self { account: account.clone(), region: region.clone(), name: given.to_owned() });
        }
        let parts: Vec<&str> = given.split(':').collect();
        let ["arn", _, "lambda", region, account, "layer", name] = parts.as_slice() else { return None };
        let account = AccountId::try_from((*account).to_owned()).ok()?;
        let region = Region::try_from((*region).to_owned()).ok()?;
        let id = Self { account, region, name: (*name).to_owned() };
        (id.arn() == given).then_some(id)
    }

    /// The layer and the number that the ARN of a version means; none for another form. A number above any that can
    /// be is the highest there is, which no version has.
    #[must_use]
    pub fn read_version(arn: &str) -> Option<(Self, u64)> {
        let (layer, number) = arn.rsplit_once(':')?;
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        // An ARN has five colons before the name: a bare name would be taken for one of the caller's own.
        let id = Self::read(layer, &AccountId::default_account(), &Region::default_region());
        let id = id.filter(|_| digits && layer.contains(':'))?;
        Some((id, number.parse().unwrap_or(u64::MAX)))
    }

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

/// What code and layers unpack to together, for which they share one limit.
#[must_use]
pub fn unzipped_bytes(code: &Code, layers: &[Attached]) -> u64 {
    layers.iter().fold(code.unzipped_bytes, |sum, layer| sum.saturating_add(layer.unzipped_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &str) -> Option<LayerId> {
        LayerId::read(given, &AccountId::default_account(), &Region::default_region())
    }

    #[test]
    fn a_layer_is_named_by_its_name_or_its_arn() {
        let own = read("tools").unwrap();
        assert_eq!(own.arn(), "arn:aws:lambda:us-east-1:000000000000:layer:tools");
        assert_eq!(read(&own.arn()), Some(own));
        let other = "arn:aws-cn:lambda:cn-north-1:111111111111:layer:t";
        assert_eq!(read(other).unwrap().arn(), other);
        for wrong in [
            "arn:aws:lambda:cn-north-1:111111111111:layer:t",
            "arn:aws:lambda:us-east-1:111111111111:layer:t:1",
            "arn:aws:lambda:us-east-1:111111111111:function:t",
            "arn:aws:lambda:::awslayer:t",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_version_is_named_by_its_arn_only() {
        let own = read("tools").unwrap();
        assert_eq!(LayerId::read_version(&own.version_arn(3)), Some((own.clone(), 3)));
        let beyond = format!("{}:99999999999999999999999", own.arn());
        assert_eq!(LayerId::read_version(&beyond), Some((own.clone(), u64::MAX)));
        for wrong in ["tools:3", "tools", &own.arn(), &format!("{}:x", own.arn())] {
            assert_eq!(LayerId::read_version(wrong), None, "{wrong}");
        }
    }
}
