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
pub(super) mod tests {
    use super::*;
    use crate::account::{AccountId, Region};
    use crate::lambda::architecture::Architecture;
    use crate::lambda::configuration::{Logging, Tracing};

    fn code(number: u8) -> Code {
        Code { digest: Digest::of(&[number]), size_bytes: 1, unzipped_bytes: 1, source_kms_key_arn: None }
    }

    pub(in crate::lambda) fn function() -> Function {
        let configuration = Configuration {
            runtime: "python3.12".into(),
            handler: "a.b".into(),
            role: "arn:aws:iam::000000000000:role/r".into(),
            description: String::new(),
            timeout_s: 3,
            memory_mib: 128,
            tmp_mib: 512,
            environment: None,
            architecture: Architecture::X86_64,
            layers: Vec::new(),
            vpc: None,
            dead_letter: None,
            file_systems: Vec::new(),
            tracing: Tracing::default(),
            logging: Logging::default(),
            snap_start: false,
            kms_key_arn: None,
        };
        Function {
            id: FunctionId {
                account: AccountId::default_account(),
                region: Region::default_region(),
                name: "f".into(),
            },
            incarnation: Uuid::nil(),
            latest: Deployment { configuration, code: code(0), number: 0 },
            serving: None,
            state: State::Pending,
            last_update: None,
            revision_id: Uuid::nil(),
            last_modified: Timestamp::from_millis(0),
            tags: BTreeMap::new(),
            next_version: 1,
            aliases: BTreeMap::new(),
            settings: BTreeMap::new(),
            reserved_concurrency: None,
            recursion_allowed: false,
            code_signing_config: None,
        }
    }

    #[test]
    fn a_record_of_an_older_server_is_read() {
        let mut old = serde_json::to_value(function()).unwrap();
        let members = old.as_object_mut().unwrap();
        for new in ["next_version", "aliases", "settings", "reserved_concurrency", "recursion_allowed"] {
            members.remove(new).unwrap();
        }
        let configuration = members["latest"]["configuration"].as_object_mut().unwrap();
        for new in ["layers", "vpc", "dead_letter", "file_systems", "tracing", "logging", "snap_start"] {
            configuration.remove(new).unwrap();
        }
        assert_eq!(serde_json::from_value::<Function>(old).unwrap(), function());
    }

    #[test]
    fn settings_are_kept_by_qualifier() {
        let mut f = function();
        for qualifier in ["$LATEST", "1", "live"] {
            f.settings_mut(&Qualifier::read(qualifier)).url = None;
        }
        let text = serde_json::to_string(&f).unwrap();
        assert!(text.contains("\"$LATEST\":{"), "{text}");
        assert_eq!(serde_json::from_str::<Function>(&text).unwrap(), f);
    }

    fn new_code() -> Change {
        Change { code: Some(code(1)), configuration: None }
    }

    #[test]
    fn old_code_runs_until_an_update_has_settled() {
        let mut f = function();
        assert!(f.running().is_none());
        assert!(f.settle(Uuid::from_u128(1)));
        f.begin_update(new_code(), Uuid::from_u128(2), Timestamp::from_millis(9));
        assert_eq!(f.running().unwrap().code, code(0));
        assert_eq!(f.digests().collect::<Vec<_>>(), [code(1).digest, code(0).digest]);
        assert!(f.settle(Uuid::from_u128(3)));
        assert_eq!(f.running().unwrap().code, code(1));
        assert_eq!(f.revision_id, Uuid::from_u128(3));
    }

    #[test]
    fn settling_twice_changes_nothing() {
        let mut f = function();
        f.settle(Uuid::from_u128(1));
        let once = f.clone();
        assert!(!f.settle(Uuid::from_u128(2)));
        assert_eq!(f, once);
    }

    #[test]
    fn nothing_changes_while_pending_or_updating() {
        let mut f = function();
        assert_eq!(f.can_change(), Err(Busy::Pending));
        f.settle(Uuid::from_u128(1));
        assert_eq!(f.can_change(), Ok(()));
        f.begin_update(new_code(), Uuid::from_u128(2), Timestamp::from_millis(9));
        assert_eq!(f.can_change(), Err(Busy::Updating { arn: f.id.arn() }));
    }
}
