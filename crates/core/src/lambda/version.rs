//! Versions: what `$LATEST` was when it was published, for good. Never changes one but for its state.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::arn::{FunctionId, Qualifier};
use super::function::{Deployment, Function};
use super::state::State;
use crate::digest::Digest;
use crate::time::Timestamp;

/// The number of a version: from 1, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionNumber(pub u64);

impl VersionNumber {
    /// Reads a number as AWS writes it; nothing where no version can have it, such as 0 or 007.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|_| digits).map(Self)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A published version of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The function.
    pub id: FunctionId,
    /// Which of several functions that had this name one after the other.
    pub incarnation: Uuid,
    /// Its number.
    pub number: VersionNumber,
    /// What `$LATEST` was.
    pub deployment: Deployment,
    /// The description it was published with, if another than `$LATEST` had.
    pub description: Option<String>,
    /// Whether it can be invoked.
    pub state: State,
    /// Its own; changes with its state and its policy.
    pub revision_id: Uuid,
    /// When it was published.
    pub last_modified: Timestamp,
}

impl Version {
    /// Publishes what `$LATEST` is, under the function's next number. A description is given where it is to be another.
    #[must_use]
    pub fn publish(
        function: &mut Function,
        description: Option<String>,
        revision_id: Uuid,
        now: Timestamp,
    ) -> Self {
        let number = VersionNumber(function.next_version);
        function.next_version += 1;
        Self {
            id: function.id.clone(),
            incarnation: function.incarnation,
            number,
            deployment: function.latest.clone(),
            description,
            state: State::Pending,
            revision_id,
            last_modified: now,
        }
    }

    /// Whether publishing this deployment would make the same once more. Any update is a difference, also one to the same
    /// code or configuration; another description of the version alone is none.
    #[must_use]
    pub fn is_of(&self, deployment: &Deployment) -> bool {
        self.deployment.number == deployment.number
    }

    /// Ends its creation well. Changes nothing if that is not going on: events may be delivered twice.
    pub fn settle(&mut self, revision_id: Uuid) -> bool {
        let creating = self.state == State::Pending;
        if creating {
            self.state = State::Active;
            self.revision_id = revision_id;
        }
        creating
    }

    /// Its description.
    #[must_use]
    pub fn description(&self) -> &str {
        self.description.as_deref().unwrap_or(&self.deployment.configuration.description)
    }

    /// Its qualifier.
    #[must_use]
    pub fn qualifier(&self) -> Qualifier {
        Qualifier::Version(self.number.to_string())
    }

    /// Every code digest it needs.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        self.deployment.digests()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::function::Change;
    use crate::lambda::function::tests::function;

    fn publish(function: &mut Function, description: Option<&str>) -> Version {
        let revision_id = Uuid::from_u128(7);
        Version::publish(function, description.map(str::to_owned), revision_id, Timestamp::from_millis(1))
    }

    #[test]
    fn numbers_are_those_aws_gives() {
        let read = |text| VersionNumber::read(text).map(|number| number.0);
        assert_eq!((read("1"), read("120")), (Some(1), Some(120)));
        for text in ["", "0", "007", "+1", "-1", "1.0", "$LATEST", "live", "99999999999999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn no_number_comes_twice() {
        let mut f = function();
        let numbers = [publish(&mut f, None), publish(&mut f, None)].map(|version| version.number.0);
        assert_eq!((numbers, f.next_version), ([1, 2], 3));
    }

    #[test]
    fn any_update_makes_a_difference() {
        let mut f = function();
        f.latest.configuration.description = "latest".to_owned();
        let version = publish(&mut f, Some("own"));
        assert_eq!((version.description(), publish(&mut f, None).description()), ("own", "latest"));
        assert!(version.is_of(&f.latest));
        f.settle(Uuid::from_u128(1));
        let same = Change { code: Some(f.latest.code.clone()), configuration: None };
        f.begin_update(same, Uuid::from_u128(2), Timestamp::from_millis(2));
        assert!(!version.is_of(&f.latest), "an update to the same code");
    }

    #[test]
    fn settling_twice_changes_nothing() {
        let mut version = publish(&mut function(), None);
        assert!(version.settle(Uuid::from_u128(8)));
        let once = version.clone();
        assert!(!version.settle(Uuid::from_u128(9)));
        assert_eq!((version.state.clone(), version), (State::Active, once));
    }
}
