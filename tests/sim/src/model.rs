//! What functions are, as far as their owner can know: a reference that is told of changes before they are asked for and
//! after they are answered. Never asks the server.

use std::collections::BTreeMap;

use crate::history::History;

/// What an environment runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deployment {
    /// In its environment variables; no two configurations share one.
    pub(crate) mark: String,
    /// Which package.
    pub(crate) code: String,
}

/// What a qualifier names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    Nothing,
    Version(Deployment),
    /// Versions an alias sends traffic to.
    Alias(Vec<String>),
}

/// One name of a function, whatever has it now.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) there: History<bool>,
    pub(crate) latest: History<Option<Deployment>>,
    pub(crate) qualifiers: BTreeMap<String, History<Named>>,
    pub(crate) reserved: History<Option<u64>>,
    pub(crate) provisioned: BTreeMap<String, History<u64>>,
    /// Retries and greatest age of events, by qualifier.
    pub(crate) handling: BTreeMap<String, History<(u64, u64)>>,
    /// How many changes began and ended: odd while one goes on.
    pub(crate) changes: u64,
}

/// How a function was at a moment, to be compared with what it is later.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moment {
    there: usize,
    latest: usize,
    qualifiers: BTreeMap<String, usize>,
    handling: BTreeMap<String, usize>,
    pub(crate) reserved: usize,
    changes: u64,
}

impl Default for Function {
    fn default() -> Self {
        Self {
            there: History::new(false),
            latest: History::new(None),
            qualifiers: BTreeMap::new(),
            reserved: History::new(None),
            provisioned: BTreeMap::new(),
            handling: BTreeMap::new(),
            changes: 0,
        }
    }
}

impl Function {
    /// How it is now.
    pub(crate) fn moment(&self) -> Moment {
        Moment {
            there: self.there.floor(),
            latest: self.latest.floor(),
            qualifiers: self.qualifiers.iter().map(|(name, named)| (name.clone(), named.floor())).collect(),
            handling: self.handling.iter().map(|(name, handled)| (name.clone(), handled.floor())).collect(),
            reserved: self.reserved.floor(),
            changes: self.changes,
        }
    }

    /// Whether it was not changed since, and is not being changed.
    pub(crate) fn is_as(&self, then: &Moment) -> bool {
        self.changes == then.changes && self.changes.is_multiple_of(2)
    }

    /// Whether it may have been missing since then, or its qualifier.
    pub(crate) fn may_be_missing(&self, then: &Moment, qualifier: &str) -> bool {
        self.there.since(then.there).contains(&false)
            || qualifier != "$LATEST"
                && self
                    .qualifiers
                    .get(qualifier)
                    .is_none_or(|named| named.since(floor(then, qualifier)).contains(&Named::Nothing))
    }

    /// Whether the function of then may have been deleted since.
    pub(crate) fn may_be_deleted(&self, then: &Moment) -> bool {
        self.there.since(then.there).contains(&false)
    }

    /// Whether an environment of this version and deployment may serve what was asked of this qualifier since then.
    pub(crate) fn may_serve(&self, then: &Moment, qualifier: &str, version: &str, runs: &Deployment) -> bool {
        if qualifier == "$LATEST" {
            return version == qualifier && self.latest.since(then.latest).contains(&Some(runs.clone()));
        }
        let named = |name: &str| self.qualifiers.get(name).map(|named| named.since(floor(then, name)));
        let runs = named(version).is_some_and(|all| all.contains(&Named::Version(runs.clone())));
        runs && (qualifier == version
            || named(qualifier).is_some_and(|all| {
                let leads = |one: &Named| matches!(one, Named::Alias(to) if to.iter().any(|v| v == version));
                all.iter().any(leads)
            }))
    }

    /// The most it may run at once, of what was in force since then; nothing where there was no limit.
    pub(crate) fn reserved_max(&self, then: usize) -> Option<u64> {
        let all = self.reserved.since(then);
        all.iter().copied().collect::<Option<Vec<u64>>>()?.into_iter().max()
    }

    /// How the events of a qualifier may have been handled since then: retries, and age in seconds.
    pub(crate) fn handled_since(&self, then: &Moment, qualifier: &str) -> Vec<(u64, u64)> {
        let floor = then.handling.get(qualifier).copied().unwrap_or(0);
        let unset = || vec![(2, 21_600)];
        self.handling.get(qualifier).map_or_else(unset, |handled| handled.since(floor).to_vec())
    }

    /// The most retries of an event.
    pub(crate) fn retries_max(&self, then: &Moment, qualifier: &str) -> u64 {
        self.handled_since(then, qualifier).iter().map(|(retries, _)| *retries).max().unwrap_or(0)
    }

    /// The qualifier as far as it is known.
    pub(crate) fn named(&mut self, qualifier: &str) -> &mut History<Named> {
        self.qualifiers.entry(qualifier.to_owned()).or_insert_with(|| History::new(Named::Nothing))
    }

    /// How many provisioned environments are wanted for a qualifier.
    pub(crate) fn wanted(&mut self, qualifier: &str) -> &mut History<u64> {
        self.provisioned.entry(qualifier.to_owned()).or_insert_with(|| History::new(0))
    }

    /// How the events of a qualifier are handled: retries, and age in seconds.
    pub(crate) fn handled(&mut self, qualifier: &str) -> &mut History<(u64, u64)> {
        self.handling.entry(qualifier.to_owned()).or_insert_with(|| History::new((2, 21_600)))
    }

    /// It is gone, with everything that belongs to it.
    pub(crate) fn gone(&mut self) {
        self.there.set(false);
        self.latest.set(None);
        self.reserved.set(None);
        self.qualifiers.values_mut().for_each(|named| named.set(Named::Nothing));
        self.provisioned.values_mut().for_each(|wanted| wanted.set(0));
        self.handling.values_mut().for_each(|handled| handled.set((2, 21_600)));
    }

    /// Its versions that are surely there.
    pub(crate) fn versions(&self) -> Vec<String> {
        self.surely(|named| matches!(named, Named::Version(_)))
    }

    /// Its aliases that are surely there.
    pub(crate) fn aliases(&self) -> Vec<String> {
        self.surely(|named| matches!(named, Named::Alias(_)))
    }

    fn surely(&self, is: impl Fn(&Named) -> bool) -> Vec<String> {
        let known = self.qualifiers.iter().filter(|(_, named)| named.known().is_some_and(&is));
        known.map(|(name, _)| name.clone()).collect()
    }

    /// What it takes of the account's concurrency.
    pub(crate) fn claims(&self) -> u64 {
        let reserved = self.reserved.known().copied().flatten().unwrap_or(0);
        reserved.max(self.provisioned_together())
    }

    /// All its provisioned concurrency.
    pub(crate) fn provisioned_together(&self) -> u64 {
        self.provisioned.values().filter_map(History::known).sum()
    }
}

fn floor(then: &Moment, qualifier: &str) -> usize {
    then.qualifiers.get(qualifier).copied().unwrap_or(0)
}
