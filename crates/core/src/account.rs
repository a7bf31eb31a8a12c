//! Who owns a resource and where it lives: account and region. Never looks either up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A 12-digit AWS account id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// Not 12 digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("account id {given:?} is not 12 digits")]
pub struct NotAnAccountId {
    given: String,
}

impl AccountId {
    /// The account of a key that names none.
    #[must_use]
    pub fn default_account() -> Self {
        Self("000000000000".to_owned())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = NotAnAccountId;

    fn try_from(given: String) -> Result<Self, NotAnAccountId> {
        if given.len() == 12 && given.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(given))
        } else {
            Err(NotAnAccountId { given })
        }
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A region such as `eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// Not of a region's form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("region {given:?} is not of the form aa-word-1")]
pub struct NotARegion {
    given: String,
}

impl Region {
    /// The region of a server that was told none.
    #[must_use]
    pub fn default_region() -> Self {
        Self("us-east-1".to_owned())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition the region belongs to: `aws`, `aws-cn`, `aws-us-gov` and so on.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        const PREFIXES: [(&str, &str); 6] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-isob-", "aws-iso-b"),
            ("us-iso-", "aws-iso"),
            ("eu-isoe-", "aws-iso-e"),
            ("eusc-", "aws-eusc"),
        ];
        PREFIXES
            .iter()
            .find(|(prefix, _)| self.0.starts_with(prefix))
            .map_or("aws", |(_, partition)| partition)
    }
}

impl TryFrom<String> for Region {
    type Error = NotARegion;

    fn try_from(given: String) -> Result<Self, NotARegion> {
        let parts: Vec<&str> = given.split('-').collect();
        let words =
            parts.iter().rev().skip(1).all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()));
        let number = parts.last().is_some_and(|p| p.len() == 1 && p.bytes().all(|b| b.is_ascii_digit()));
        if (3..=4).contains(&parts.len()) && words && number {
            Ok(Self(given))
        } else {
            Err(NotARegion { given })
        }
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twelve_digits_are_an_account() {
        assert!(AccountId::try_from("123456789012".to_owned()).is_ok());
        for wrong in ["", "12345678901", "1234567890123", "12345678901a"] {
            assert!(AccountId::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("ap-southeast-2", "aws"),
        ] {
            assert_eq!(Region::try_from(region.to_owned()).unwrap().partition(), partition);
        }
        for wrong in ["", "us-east", "useast1", "us--1", "US-EAST-1", "us-east-11"] {
            assert!(Region::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
