//! A function: what `$LATEST` is, the states it goes through, and all that ends with the function but for its versions.
//! One record, so that aliases, policies and settings never disagree with the function. Never runs one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::alias::Alias;
use super::arn::{FunctionId, Qualifier};
use super::configuration::Configuration;
use super::settings::Settings;
use super::state::{Busy, LastUpdate, State};
use crate::digest::Digest;
use crate::time::Timestamp;

/// A function in one account and region: what `$LATEST` is, and what runs meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name, account and region.
    pub id: FunctionId,
    /// Tells this function from another of the same name that came before or after it.
    pub incarnation: Uuid,
    /// What the API shows as `$LATEST`.
    pub latest: Deployment,
    /// What runs while an update is in progress or has failed, if that is not `latest`.
    pub serving: Option<Deployment>,
    /// Whether it can be invoked.
    pub state: State,
    /// How the last update went; none until the function has been created.
    pub last_update: Option<LastUpdate>,
    /// Changes with every change of the function.
    pub revision_id: Uuid,
    /// When configuration or code last changed.
    pub last_modified: Timestamp,
    /// Tags of the function, at most 50.
    pub tags: BTreeMap<String, String>,
    /// The number the next version gets; those of deleted versions never come again.
    #[serde(default = "first_version")]
    pub next_version: u64,
    /// Aliases by name.
    #[serde(default)]
    pub aliases: BTreeMap<String, Alias>,
    /// What belongs to single qualifiers; no entry where nothing is set.
    #[serde(default)]
    pub settings: BTreeMap<Qualifier, Settings>,
    /// Concurrency that is kept for this function and that it never exceeds; 0 stops it.
    #[serde(default)]
    pub reserved_concurrency: Option<u32>,
    /// Whether a loop through this function goes on: `RecursiveLoop` is `Allow`.
    #[serde(default)]
    pub recursion_allowed: bool,
    /// The code signing configuration its code is checked against: an ARN.
    #[serde(default)]
    pub code_signing_config: Option<String>,
}

fn first_version() -> u64 {
    1
}

/// Configuration and code that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// How it runs.
    pub configuration: Configuration,
    /// What runs.
    pub code: Code,
    /// Tells two deployments of one function apart, even where all else is equal.
    pub number: u64,
}

/// A zip file as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// SHA-256 of the zip: `CodeSha256`, and the name of its blob and of its unpacked tree.
    pub digest: Digest,
    /// `CodeSize`: bytes of the zip.
    pub size_bytes: u64,
    /// Bytes of what is in the zip, which count towards the 250 MB of a function.
    #[serde(default)]
    pub unzipped_bytes: u64,
    /// The key that the customer gave for the zip: an ARN. What is kept here is not encrypted with it.
    #[serde(default)]
    pub source_kms_key_arn: Option<String>,
}

impl Deployment {
    /// Every code digest it needs: its own and its layers'.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        std::iter::once(self.code.digest).chain(self.configuration.layers.iter().map(|layer| layer.digest))
    }
}

impl Function {
    /// What invocations run now; none while the function is being created or could not be.
    #[must_use]
    pub fn running(&self) -> Option<&Deployment> {
        match (&self.state, &self.serving) {
            (State::Pending | State::Failed(_), _) => None,
            (State::Active, Some(deployment)) => Some(deployment),
            (State::Active, None) => Some(&self.latest),
        }
    }

    /// Whether configuration and code may be changed now.
    ///
    /// # Errors
    /// [`Busy`] while the function is being created or updated.
    pub fn can_change(&self) -> Result<(), Busy> {
        match (&self.state, &self.last_update) {
            (State::Pending, _) => Err(Busy::Pending),
            (State::Active | State::Failed(_), Some(LastUpdate::InProgress)) => {
                Err(Busy::Updating { arn: self.id.arn() })
            }
            (
                State::Active | State::Failed(_),
                None | Some(LastUpdate::Successful | LastUpdate::Failed(_)),
            ) => Ok(()),
        }
    }

    /// Begins an update: `latest` changes, what ran goes on running.
    pub fn begin_update(&mut self, next: Change, revision_id: Uuid, now: Timestamp) {
        let running = self.running().cloned();
        if let Some(configuration) = next.configuration {
            self.latest.configuration = configuration;
        }
        if let Some(code) = next.code {
            self.latest.code = code;
        }
        self.latest.number += 1;
        self.serving = running;
        self.last_update = Some(LastUpdate::InProgress);
        self.revision_id = revision_id;
        self.last_modified = now;
    }

    /// Ends creation or an update well. Changes nothing if neither is going on: events may be delivered twice.
    pub fn settle(&mut self, revision_id: Uuid) -> bool {
        let creating = self.state == State::Pending;
        let updating = self.last_update == Some(LastUpdate::InProgress);
        if creating || updating {
            self.state = State::Active;
            self.last_update = Some(LastUpdate::Successful);
            self.serving = None;
            self.revision_id = revision_id;
        }
        creating || updating
    }

    /// Every code digest the function still needs.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        std::iter::once(&self.latest).chain(&self.serving).flat_map(Deployment::digests)
    }

    /// What is set for a qualifier, to be changed.
    pub fn settings_mut(&mut self, qualifier: &Qualifier) -> &mut Settings {
        self.settings.entry(qualifier.clone()).or_default()
    }

    /// What is set for a qualifier.
    #[must_use]
    pub fn settings(&self, qualifier: &Qualifier) -> Option<&Settings> {
        self.settings.get(qualifier)
    }

    /// The ARN as shown: qualified only where the caller asked with a qualifier.
    #[must_use]
    pub fn arn(&self, qualifier: Option<&Qualifier>) -> String {
        qualifier.map_or_else(|| self.id.arn(), |q| self.id.qualified_arn(q))
    }
}

/// What an update changes.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The whole new configuration, if it changes.
    pub configuration: Option<Configuration>,
    /// The new code, if it changes.
    pub code: Option<Code>,
}

#[cfg(test)]
pub(super) mod tests;
