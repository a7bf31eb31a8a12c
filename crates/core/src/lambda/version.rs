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

    /// Whether publishing this deployment would make the same once more: a new description alone is no difference.
    #[must_use]
    pub fn is_of(&self, deployment: &Deployment) -> bool {
        let Deployment { configuration, code, number: _ } = deployment;
        self.deployment.configuration == *configuration && self.deployment.code.digest == code.digest
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
