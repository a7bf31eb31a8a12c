//! User ids, one for each live sandbox. Never gives one out twice before it came back, nor while a cgroup of it is left.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;

/// The ids not in use, lowest first.
#[derive(Debug)]
pub(super) struct Uids {
    returned: BTreeSet<u32>,
    held: VecDeque<Held>,
    next: u32,
    end: u32,
}

/// An id that is not given out, for somebody may still run under it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) id: u32,
    /// The cgroups that could not be removed.
    pub(super) folders: Vec<PathBuf>,
}

impl Uids {
    /// The ids from `base` on, this many.
    pub(super) fn new(base: u32, count: u32) -> Self {
        Self { returned: BTreeSet::new(), held: VecDeque::new(), next: base, end: base.saturating_add(count) }
    }

    /// The lowest free id; `None` when all are in use.
    pub(super) fn take(&mut self) -> Option<u32> {
        if let Some(id) = self.returned.pop_first() {
            return Some(id);
        }
        let id = self.next;
        (id < self.end).then(|| {
            self.next += 1;
            id
        })
    }

    /// Gives an id back, for others to take if nothing of its sandbox is left.
    pub(super) fn give_back(&mut self, id: u32, folders: Vec<PathBuf>) {
        if folders.is_empty() {
            self.returned.insert(id);
        } else {
            self.held.push_back(Held { id, folders });
        }
    }

    /// How many ids are kept back.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// The id kept back that was looked at longest ago. [`Uids::give_back`] says what became of it.
    pub(super) fn look_again(&mut self) -> Option<Held> {
        self.held.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_id_comes_first_and_there_is_an_end() {
        let mut ids = Uids::new(10, 3);
        assert_eq!([ids.take(), ids.take(), ids.take(), ids.take()], [Some(10), Some(11), Some(12), None]);
        ids.give_back(12, Vec::new());
        ids.give_back(10, Vec::new());
        assert_eq!([ids.take(), ids.take(), ids.take()], [Some(10), Some(12), None]);
    }

    #[test]
    fn an_id_of_which_something_is_left_is_kept_back() {
        let mut ids = Uids::new(10, 2);
        let folders = || vec![PathBuf::from("/left")];
        assert_eq!([ids.take(), ids.take()], [Some(10), Some(11)]);
        ids.give_back(10, folders());
        assert_eq!((ids.take(), ids.held()), (None, 1));
        assert_eq!(ids.look_again(), Some(Held { id: 10, folders: folders() }));
        ids.give_back(10, Vec::new());
        assert_eq!((ids.take(), ids.held()), (Some(10), 0));
    }
}
