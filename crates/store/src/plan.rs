//! Judges a batch of transactions against what is stored. Never reads or writes: engines fetch what it asks
//! for and keep what it says, so that every engine answers alike.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::transaction::{Effect, Step};
use crate::{Change, Commit, Expect, Key, Revision, Sequence, Transaction, WriteError};

/// What became of one transaction: its commit and what it changed, or why it may not happen.
pub(crate) type Outcome = Result<(Commit, Vec<Change>), WriteError>;

/// A key with its table.
pub(crate) type Place = (&'static str, Key);

/// What a batch does.
#[derive(Debug)]
pub(crate) struct Plan {
    /// One for each transaction.
    pub(crate) outcomes: Vec<Outcome>,
    /// What each touched key holds after the batch, in the order of the keys.
    pub(crate) puts: Vec<(Place, Revision, Arc<str>)>,
    /// Keys that hold nothing after the batch.
    pub(crate) deletes: Vec<Place>,
    /// The last commit after the batch.
    pub(crate) last: Sequence,
}

impl Plan {
    /// The changes of all commits in their order, which is what the feed gets.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Change> {
        self.outcomes.iter().flatten().flat_map(|(_, changes)| changes)
    }
}

/// The keys whose revisions decide the batch, each once.
pub(crate) fn touched(batch: &[Transaction]) -> Vec<Place> {
    let places: std::collections::BTreeSet<Place> =
        batch.iter().flat_map(|tx| &tx.steps).map(|step| (step.table, step.key.clone())).collect();
    places.into_iter().collect()
}

/// Judges the transactions in their order; each sees what those before it did, so they are serial.
///
/// `found` holds the revision of every touched key that has a record.
pub(crate) fn plan(batch: &[Transaction], found: HashMap<Place, Revision>, last: Sequence) -> Plan {
    let mut state = State { found, ends: BTreeMap::new(), last };
    let outcomes = batch.iter().map(|transaction| state.judge(transaction)).collect();
    let mut plan = Plan { outcomes, puts: Vec::new(), deletes: Vec::new(), last: state.last };
    for (place, end) in state.ends {
        match end {
            Some((revision, json)) => plan.puts.push((place, revision, json)),
            None => plan.deletes.push(place),
        }
    }
    plan
}

struct State {
    found: HashMap<Place, Revision>,
    ends: BTreeMap<Place, Option<(Revision, Arc<str>)>>,
    last: Sequence,
}

impl State {
    fn judge(&mut self, transaction: &Transaction) -> Outcome {
        let sequence = self.last.next();
        let mut changes = Vec::new();
        // What this transaction itself did to keys so far; dropped if a later step conflicts.
        let mut own: HashMap<(&'static str, &Key), Option<Revision>> = HashMap::new();
        for step in &transaction.steps {
            let found = match own.get(&(step.table, &step.key)) {
                Some(found) => *found,
                None => self.found.get(&(step.table, step.key.clone())).copied(),
            };
            if let Some(change) = take(step, found, sequence)? {
                own.insert((step.table, &step.key), change.revision());
                changes.push(change);
            }
        }
        if !changes.is_empty() {
            self.last = sequence;
            changes.iter().for_each(|change| self.keep(change));
        }
        Ok((Commit { sequence: self.last }, changes))
    }

    fn keep(&mut self, change: &Change) {
        let place = (change.table, change.key.clone());
        let revision = Revision::from(change.sequence);
        match &change.value {
            Some(_) => self.found.insert(place.clone(), revision),
            None => self.found.remove(&place),
        };
        self.ends.insert(place, change.value.clone().map(|json| (revision, json)));
    }
}

fn take(step: &Step, found: Option<Revision>, sequence: Sequence) -> Result<Option<Change>, WriteError> {
    if !step.expect.holds(found) {
        return Err(conflict(step, step.expect, found));
    }
    let value = match &step.effect {
        Effect::Check => return Ok(None),
        Effect::Delete if found.is_none() => return Ok(None),
        Effect::Delete => None,
        Effect::Put(json) => Some(Arc::clone(json)),
    };
    Ok(Some(Change { sequence, table: step.table, key: step.key.clone(), old_revision: found, value }))
}

fn conflict(step: &Step, expected: Expect, found: Option<Revision>) -> WriteError {
    WriteError::Conflict { table: step.table, key: step.key.clone(), expected, found }
}
