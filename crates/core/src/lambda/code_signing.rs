//! Code signing configurations: who must have signed the code of a function, and what happens to code they have not.
//! Never looks at a signature.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::account::{AccountId, Region};
use crate::time::Timestamp;

/// Which code signing configuration, in which account and region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodeSigningId {
    /// The owner.
    pub account: AccountId,
    /// Where it lives.
    pub region: Region,
    /// `csc-` and 17 hex digits.
    pub id: String,
}

impl CodeSigningId {
    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { account, region, id } = self;
        format!("arn:{}:lambda:{region}:{account}:code-signing-config:{id}", region.partition())
    }

    /// Reads an ARN; nothing for another form.
    #[must_use]
    pub fn read(arn: &str) -> Option<Self> {
        let parts = <[&str; 7]>::try_from(arn.split(':').collect::<Vec<_>>()).ok()?;
        let ["arn", partition, "lambda", region, account, "code-signing-config", id] = parts else {
            return None;
        };
        let region = Region::try_from(region.to_owned()).ok().filter(|r| r.partition() == partition)?;
        let account = AccountId::try_from(account.to_owned()).ok()?;
        Some(Self { account, region, id: id.to_owned() })
    }
}

/// A code signing configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSigningConfig {
    /// Which one.
    pub id: CodeSigningId,
    /// Free text, up to 256 characters; none where none was given.
    pub description: Option<String>,
    /// The signing profile versions whose signatures count: 1 to 20 ARNs.
    pub publishers: Vec<String>,
    /// What happens to code that none of them has signed.
    pub untrusted: Untrusted,
    /// When it last changed.
    pub last_modified: Timestamp,
    /// At most 50.
    pub tags: BTreeMap<String, String>,
}

/// What happens to code that no allowed publisher has signed: `UntrustedArtifactOnDeployment`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Untrusted {
    /// It is taken, and the log says so.
    #[default]
    Warn,
    /// It is refused.
    Enforce,
}

impl Untrusted {
    /// Reads AWS's name; the model has checked that it is one.
    #[must_use]
    pub fn read(name: &str) -> Self {
        if name == "Enforce" { Self::Enforce } else { Self::Warn }
    }

    /// AWS's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warn => "Warn",
            Self::Enforce => "Enforce",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_read_back() {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0f1e2d3c4b5a69788";
        assert_eq!(CodeSigningId::read(arn).unwrap().arn(), arn);
        for wrong in [
            "csc-0f1e2d3c4b5a69788",
            "arn:aws-cn:lambda:eu-west-1:123456789012:code-signing-config:csc-0f1e2d3c4b5a69788",
            "arn:aws:lambda:eu-west-1:123456789012:function:csc-0f1e2d3c4b5a69788",
            "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0f1e2d3c4b5a69788:1",
        ] {
            assert_eq!(CodeSigningId::read(wrong), None, "{wrong}");
        }
    }
}
