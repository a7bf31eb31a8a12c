//! What something was and may be now: values in the order in which they were asked for, and from which on they may be in
//! force.

/// The values of one thing.
#[derive(Debug, Clone)]
pub(crate) struct History<T> {
    all: Vec<T>,
    /// The last that is known to have been in force: none before it is any more.
    floor: usize,
}

impl<T: Clone + PartialEq> History<T> {
    /// A thing that has this value.
    pub(crate) fn new(first: T) -> Self {
        Self { all: vec![first], floor: 0 }
    }

    /// Perhaps it has this value from now on.
    pub(crate) fn propose(&mut self, value: T) {
        self.all.push(value);
    }

    /// What was proposed last is refused.
    pub(crate) fn retract(&mut self) {
        if self.all.len() > self.floor + 1 {
            self.all.pop();
        }
    }

    /// It has this value, which it may have; false if it may not.
    pub(crate) fn settle(&mut self, value: &T) -> bool {
        let Some(at) = self.all[self.floor..].iter().rposition(|one| one == value) else { return false };
        // Whatever was proposed beside it has not come true and never will.
        self.floor += at;
        self.all.truncate(self.floor + 1);
        true
    }

    /// It has this value from now on, whatever it had.
    pub(crate) fn set(&mut self, value: T) {
        self.all.push(value);
        self.floor = self.all.len() - 1;
    }

    /// From where on values may be in force.
    pub(crate) fn floor(&self) -> usize {
        self.floor
    }

    /// What may have been in force since then.
    pub(crate) fn since(&self, floor: usize) -> &[T] {
        &self.all[floor.min(self.floor)..]
    }

    /// What may be in force.
    pub(crate) fn now(&self) -> &[T] {
        &self.all[self.floor..]
    }

    /// What is in force, if that is known.
    pub(crate) fn known(&self) -> Option<&T> {
        if let [one] = self.now() { Some(one) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_settled_rules_out_what_was_before() {
        let mut history = History::new(1);
        history.propose(2);
        assert_eq!((history.now(), history.known()), (&[1, 2][..], None));
        let before = history.floor();
        assert!(history.settle(&2));
        assert_eq!((history.now(), history.since(before)), (&[2][..], &[1, 2][..]));
        assert!(!history.settle(&1), "it cannot come back");
        history.propose(3);
        history.retract();
        history.retract();
        assert_eq!(history.known(), Some(&2));
    }
}
