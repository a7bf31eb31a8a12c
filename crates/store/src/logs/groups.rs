//! The log groups that are known in memory, a bounded number of them. Never reads a file.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_core::dice::Dice;
use lambent_core::limits;
use lambent_core::logs::group::{Group as Kept, GroupId};
use lambent_core::time::Timestamp;
use uuid::Uuid;

use super::group::Group;
use crate::{Expect, Store, StoreError, Transaction, WriteError, tables};

/// The groups of one store.
#[derive(Debug)]
pub(super) struct Groups {
    store: Store,
    folder: PathBuf,
    dice: Arc<dyn Dice>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// By folder, so that each is known once, with the number of its last use.
    groups: HashMap<Uuid, (Arc<Group>, u64)>,
    /// Those that lines were written to.
    folders: HashMap<GroupId, Uuid>,
    /// Those that were deleted: who read their record before may still come.
    deleted: HashSet<Uuid>,
    uses: u64,
}

impl Groups {
    pub(super) fn new(store: Store, folder: PathBuf, dice: Arc<dyn Dice>) -> Self {
        Self { store, folder, dice, open: Mutex::default() }
    }

    pub(super) const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// The group of a record; one that is deleted does nothing any more.
    pub(super) fn of(&self, kept: &Kept) -> Arc<Group> {
        self.at(&mut self.lock(), kept.folder)
    }

    /// The group of that id; where it is missing, one made at this time, or none without a time.
    pub(super) async fn open(
        &self,
        id: &GroupId,
        made: Option<Timestamp>,
    ) -> Result<Option<Arc<Group>>, StoreError> {
        if let Some(group) = self.known(id) {
            return Ok(Some(group));
        }
        let key = tables::log_group_key(id);
        loop {
            let kept = match self.store.get(&tables::LOG_GROUPS, &key).await? {
                Some(record) => record.value,
                None => {
                    let Some(now) = made else { return Ok(None) };
                    let group = Kept::new(id.clone(), self.dice.uuid(), now);
                    let made =
                        Transaction::new().put(&tables::LOG_GROUPS, key.clone(), &group, Expect::Absent);
                    match self.store.write(made).await {
                        Ok(_) => group,
                        // Somebody else made it meanwhile.
                        Err(WriteError::Conflict { .. }) => continue,
                        Err(WriteError::Store(fault)) => return Err(fault),
                    }
                }
            };
            let mut open = self.lock();
            let group = self.at(&mut open, kept.folder);
            if !group.is_deleted() {
                open.folders.insert(id.clone(), kept.folder);
                return Ok(Some(group));
            }
        }
    }

    /// Forgets a group that is deleted; not another of the same name.
    pub(super) fn forget(&self, id: &GroupId, group: &Group) {
        let mut open = self.lock();
        open.deleted.insert(group.id);
        open.groups.remove(&group.id);
        if open.folders.get(id) == Some(&group.id) {
            open.folders.remove(id);
        }
    }

    fn known(&self, id: &GroupId) -> Option<Arc<Group>> {
        let mut open = self.lock();
        let folder = *open.folders.get(id)?;
        Some(self.at(&mut open, folder))
    }

    fn at(&self, open: &mut Open, folder: Uuid) -> Arc<Group> {
        let fresh = || Arc::new(Group::new(folder, self.folder.join(folder.simple().to_string())));
        if open.deleted.contains(&folder) {
            let group = fresh();
            group.mark_deleted();
            return group;
        }
        open.uses += 1;
        let entry = open.groups.entry(folder).or_insert_with(|| (fresh(), 0));
        entry.1 = open.uses;
        let group = Arc::clone(&entry.0);
        make_room(&mut open.groups);
        group
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the groups not used for longest. One that somebody works with stays: a group is known once or not at all.
fn make_room(groups: &mut HashMap<Uuid, (Arc<Group>, u64)>) {
    while groups.len() > limits::LOG_GROUPS_OPEN_MAX {
        let idle = groups.iter().filter(|(_, (group, _))| Arc::strong_count(group) == 1);
        let Some(id) = idle.min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id) else { return };
        groups.remove(&id);
    }
}
