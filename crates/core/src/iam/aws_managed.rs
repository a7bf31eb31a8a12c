//! AWS's own managed policies, as far as people attach them to functions and who works with them. Every partition has
//! them, with ARNs of its own. Never one that AWS has not, and never one whose document is not AWS's.
//!
//! Source: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html>

mod table;

use crate::digest::Digest;
use crate::time::Timestamp;

/// A managed policy of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwsManaged {
    /// The name.
    pub name: &'static str,
    /// `/`, `/service-role/` or `/aws-service-role/`.
    pub path: &'static str,
    id: &'static str,
    /// The number of the version that is known, which is the one in force.
    pub version: u32,
    created: &'static str,
    updated: &'static str,
    description: &'static str,
    document: &'static str,
}

/// All that are known, by name.
pub fn all() -> impl Iterator<Item = &'static AwsManaged> {
    table::TABLE.iter()
}

/// The policy of an ARN, and the partition of that ARN.
#[must_use]
pub fn find(arn: &str) -> Option<(&'static AwsManaged, &str)> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let resource = rest.strip_prefix("iam::aws:policy")?;
    let is_it = |policy: &&AwsManaged| resource.strip_prefix(policy.path) == Some(policy.name);
    Some((all().find(is_it)?, partition))
}

impl AwsManaged {
    /// Its ARN in a partition.
    #[must_use]
    pub fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:policy{}{}", self.path, self.name)
    }

    /// The document, with the ARNs of a partition.
    #[must_use]
    pub fn document(&self, partition: &str) -> String {
        self.document.trim_end().replace("arn:aws:", &format!("arn:{partition}:"))
    }

    /// `ANPA…`; where AWS's is not known, one made of the name.
    #[must_use]
    pub fn id(&self) -> String {
        if !self.id.is_empty() {
            return self.id.to_owned();
        }
        let letters = Digest::of(self.name.as_bytes()).to_string().to_uppercase();
        format!("ANPA{}", &letters[..17])
    }

    /// What AWS says of it, where that is known.
    #[must_use]
    pub fn description(&self) -> Option<&'static str> {
        (!self.description.is_empty()).then_some(self.description)
    }

    /// When it was made.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        read(self.created)
    }

    /// When its version in force was made.
    #[must_use]
    pub fn updated(&self) -> Timestamp {
        read(self.updated)
    }

    /// Whether only roles of services have it.
    #[must_use]
    pub fn is_for_services(&self) -> bool {
        self.path == "/aws-service-role/"
    }
}

fn read(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap_or_default();
    Timestamp::from_millis(at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::Document;

    #[test]
    fn every_policy_is_found_by_its_arn_and_can_be_read() {
        for policy in all() {
            let arn = policy.arn("aws-cn");
            assert_eq!(find(&arn), Some((policy, "aws-cn")), "{arn}");
            let document = policy.document("aws-cn");
            assert!(!document.contains("arn:aws:"), "{arn}");
            Document::parse(&document).unwrap_or_else(|fault| panic!("{arn}: {fault}"));
            assert!(policy.created().as_millis() > 0 && policy.updated() >= policy.created(), "{arn}");
            assert!(policy.id().len() == 21 && policy.version > 0, "{arn}");
        }
        assert_eq!(find("arn:aws:iam::aws:policy/AWSLambdaRole"), None, "its path is missing");
        assert_eq!(find("arn:aws:iam::aws:policy/Nothing"), None);
    }
}
