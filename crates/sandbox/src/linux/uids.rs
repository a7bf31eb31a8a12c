//! User ids, one for each live sandbox. Never gives one out twice before it came back.

use std::collections::BTreeSet;

/// The ids not in use, lowest first.
#[derive(Debug)]
pub(super) struct Uids {
    returned: BTreeSet<u32>,
    next: u32,
    end: u32,
}

impl Uids {
    /// The ids from `base` on, this many.
    pub(super) fn new(base: u32, count: u32) -> Self {
        Self { returned: BTreeSet::new(), next: base, end: base.saturating_add(count) }
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

    /// Gives an id back once nothing of its sandbox is left.
    pub(super) fn give_back(&mut self, id: u32) {
        self.returned.insert(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_id_comes_first_and_there_is_an_end() {
        let mut ids = Uids::new(10, 3);
        assert_eq!([ids.take(), ids.take(), ids.take(), ids.take()], [Some(10), Some(11), Some(12), None]);
        ids.give_back(12);
        ids.give_back(10);
        assert_eq!([ids.take(), ids.take(), ids.take()], [Some(10), Some(12), None]);
    }
}
