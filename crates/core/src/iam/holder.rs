//! What users and roles both have: policies of their own, attached ones, a boundary and tags. Never says what they allow.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tag::Tag;

/// What a user or a role holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// Its own policies by name, each as it was given.
    pub inline: BTreeMap<String, String>,
    /// ARNs of the managed policies attached to it, in the order they were.
    pub attached: Vec<String>,
    /// The ARN of the managed policy that bounds it.
    pub boundary: Option<String>,
    /// Sorted by key.
    pub tags: Vec<Tag>,
}

impl Holdings {
    /// Attaches a managed policy; one that is attached stays where it is.
    pub fn attach(&mut self, arn: &str) {
        if !self.has(arn) {
            self.attached.push(arn.to_owned());
        }
    }

    /// Detaches a managed policy; tells whether it was attached.
    pub fn detach(&mut self, arn: &str) -> bool {
        let before = self.attached.len();
        self.attached.retain(|attached| attached != arn);
        self.attached.len() < before
    }

    /// Whether a managed policy is attached.
    #[must_use]
    pub fn has(&self, arn: &str) -> bool {
        self.attached.iter().any(|attached| attached == arn)
    }

    /// Whether a managed policy is its boundary.
    #[must_use]
    pub fn is_bounded_by(&self, arn: &str) -> bool {
        self.boundary.as_deref() == Some(arn)
    }

    /// How long its own policies are together, as their quota counts: without white space.
    #[must_use]
    pub fn inline_chars(&self) -> usize {
        self.inline.values().map(|document| policy_chars(document)).sum()
    }
}

/// How long a policy is, as quotas count: white space is free.
#[must_use]
pub fn policy_chars(document: &str) -> usize {
    document.chars().filter(|letter| !letter.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_attached_is_so_once() {
        let mut held = Holdings::default();
        held.attach("a");
        held.attach("b");
        held.attach("a");
        assert_eq!(held.attached, ["a", "b"]);
        assert!(held.detach("a") && !held.detach("a"));
        assert!(held.has("b") && !held.has("a"));
    }

    #[test]
    fn white_space_is_free() {
        let inline = BTreeMap::from([("p".to_owned(), "{ \"a\":\n\t1 }".to_owned())]);
        assert_eq!(Holdings { inline, ..Holdings::default() }.inline_chars(), 7);
    }
}
