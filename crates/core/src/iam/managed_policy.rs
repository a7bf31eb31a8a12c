//! A managed policy of an account: up to five versions, one of them in force. Never says to whom it is attached.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html>

use serde::{Deserialize, Serialize};

use super::realm::Realm;
use super::tag::Tag;
use crate::time::Timestamp;

/// A managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// Where it is known.
    pub realm: Realm,
    /// `ANPA…`: no other policy has or had it.
    pub id: String,
    /// As it was given; another policy's differs by more than case.
    pub name: String,
    /// `/`, or `/division/`.
    pub path: String,
    /// At most 1,000 characters; given once and never changed.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When a version was last made or put in force.
    pub updated: Timestamp,
    /// The number of the version in force.
    pub default: u32,
    /// The number of the last version that was made; none is used twice.
    pub last: u32,
    /// What is left of its versions, the oldest first.
    pub versions: Vec<PolicyVersion>,
    /// Sorted by key.
    pub tags: Vec<Tag>,
}

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// From 1; shown as `v1`.
    pub number: u32,
    /// The policy as it was given.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

impl ManagedPolicy {
    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        self.realm.arn("policy", &self.path, &self.name)
    }

    /// The version of a number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The document in force.
    #[must_use]
    pub fn in_force(&self) -> Option<&str> {
        self.version(self.default).map(|version| version.document.as_str())
    }

    /// Adds a version, and puts it in force if that is asked for. Gives its number.
    pub fn add(&mut self, document: String, now: Timestamp, in_force: bool) -> u32 {
        self.last += 1;
        self.versions.push(PolicyVersion { number: self.last, document, created: now });
        self.updated = now;
        if in_force {
            self.default = self.last;
        }
        self.last
    }
}

/// The number in `v3`.
#[must_use]
pub fn version_number(given: &str) -> Option<u32> {
    given.strip_prefix('v')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountId, Region};

    #[test]
    fn a_version_is_in_force_when_it_is_put_there() {
        let now = Timestamp::from_millis(1);
        let mut policy = ManagedPolicy {
            realm: Realm::of(&AccountId::default_account(), &Region::default_region()),
            id: "ANPA".to_owned(),
            name: "p".to_owned(),
            path: "/a/".to_owned(),
            description: None,
            created: now,
            updated: now,
            default: 0,
            last: 0,
            versions: Vec::new(),
            tags: Vec::new(),
        };
        assert_eq!(policy.add("one".to_owned(), now, true), 1);
        assert_eq!(policy.add("two".to_owned(), Timestamp::from_millis(2), false), 2);
        assert_eq!((policy.in_force(), policy.updated.as_millis()), (Some("one"), 2));
        policy.versions.retain(|version| version.number != 2);
        assert_eq!(policy.add("three".to_owned(), now, true), 3, "no number is used twice");
        assert_eq!(
            (policy.arn().as_str(), policy.in_force()),
            ("arn:aws:iam::000000000000:policy/a/p", Some("three"))
        );
        assert_eq!(
            (version_number("v12"), version_number("12"), version_number("v")),
            (Some(12), None, None)
        );
    }
}
