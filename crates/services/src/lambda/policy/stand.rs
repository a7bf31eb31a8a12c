//! What a policy stands on: a function, a version or an alias, with the revision the two share. Never knows what changes.

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::policy::Policy;
use lambent_core::lambda::version::Version;
use lambent_store::{Record, Transaction, tables};
use uuid::Uuid;

use super::super::attempts::Attempts;
use super::super::names::Target;
use super::super::{Error, resolve};
use crate::Server;

/// What a policy stands on, as it was read.
pub(super) struct Stand<'a> {
    function: &'a mut Function,
    version: Option<&'a mut Version>,
    qualifier: Qualifier,
}

impl Stand<'_> {
    /// The policy, to be changed.
    pub(super) fn policy(&mut self) -> &mut Option<Policy> {
        &mut self.function.settings_mut(&self.qualifier).policy
    }

    /// The revision of what it stands on.
    pub(super) fn revision_id(&self) -> Uuid {
        match (&self.version, &self.qualifier) {
            (Some(version), _) => version.revision_id,
            (None, Qualifier::Alias(name)) => {
                self.function.aliases.get(name).map_or(self.function.revision_id, |alias| alias.revision_id)
            }
            (None, Qualifier::Latest | Qualifier::Version(_)) => self.function.revision_id,
        }
    }

    fn set_revision_id(&mut self, revision_id: Uuid) {
        let shown = match (&mut self.version, &self.qualifier) {
            (Some(version), _) => Some(&mut version.revision_id),
            (None, Qualifier::Alias(name)) => self.function.aliases.get_mut(name).map(|a| &mut a.revision_id),
            (None, Qualifier::Latest | Qualifier::Version(_)) => None,
        };
        *shown.unwrap_or(&mut self.function.revision_id) = revision_id;
    }
}

/// The records behind a target.
struct Records {
    function: Record<Function>,
    version: Option<Record<Version>>,
    qualifier: Qualifier,
}

impl Records {
    fn stand(&mut self) -> Stand<'_> {
        let version = self.version.as_mut().map(|record| &mut record.value);
        Stand { function: &mut self.function.value, version, qualifier: self.qualifier.clone() }
    }
}

/// The policy of a target and the revision it shows; none if it has none, or if its qualifier is not there.
pub(super) async fn read(server: &Server, target: &Target) -> Result<Option<(Policy, Uuid)>, Error> {
    let qualifier = target.qualifier.clone().unwrap_or(Qualifier::Latest);
    let function = function(server, target).await?;
    let Some(policy) = function.value.settings(&qualifier).and_then(|settings| settings.policy.clone())
    else {
        return Ok(None);
    };
    let version = version(server, target, &function.value).await?;
    let mut records = Records { function, version, qualifier };
    Ok(Some((policy, records.stand().revision_id())))
}

/// Changes a policy and the revision of what it stands on; looks again as often as others change either meanwhile.
pub(super) async fn change<T>(
    server: &Server,
    target: &Target,
    mut change: impl FnMut(&mut Stand<'_>, Uuid) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut attempts = Attempts::new();
    loop {
        let mut records = found(server, target).await?;
        let revision_id = server.dice.uuid();
        let mut stand = records.stand();
        let changed = change(&mut stand, revision_id)?;
        stand.set_revision_id(revision_id);
        records.function.value.settings.retain(|_, settings| !settings.is_empty());
        let mut transaction = Transaction::new().update(&tables::FUNCTIONS, &records.function);
        if let Some(version) = &records.version {
            transaction = transaction.update(&tables::VERSIONS, version);
        }
        if attempts.write(server, transaction).await? {
            return Ok(changed);
        }
    }
}

/// The records, all of which must be there.
async fn found(server: &Server, target: &Target) -> Result<Records, Error> {
    let qualifier = target.qualifier.clone().unwrap_or(Qualifier::Latest);
    let function = function(server, target).await?;
    let version = version(server, target, &function.value).await?;
    match &qualifier {
        Qualifier::Alias(name) if !function.value.aliases.contains_key(name) => {
            Err(resolve::no_alias(target))
        }
        Qualifier::Version(_) if version.is_none() => Err(target.not_found()),
        Qualifier::Latest | Qualifier::Version(_) | Qualifier::Alias(_) => {
            Ok(Records { function, version, qualifier })
        }
    }
}

async fn function(server: &Server, target: &Target) -> Result<Record<Function>, Error> {
    let record = server.store.get(&tables::FUNCTIONS, &tables::function_key(&target.id)).await?;
    record.ok_or_else(|| Error::FunctionNotFound { arn: target.id.arn() })
}

/// The version of this very function that a target means; none for other qualifiers and for one that is not there.
async fn version(
    server: &Server,
    target: &Target,
    function: &Function,
) -> Result<Option<Record<Version>>, Error> {
    let Some(number) = target.version() else { return Ok(None) };
    let record = server.store.get(&tables::VERSIONS, &tables::version_key(&target.id, number)).await?;
    Ok(record.filter(|record| record.value.incarnation == function.incarnation))
}
