//! How many sandboxes of each class are to be parked, and which are: as many as were missing lately, none where none were
//! needed for a while, all within one limit. Never starts or ends one.

use std::collections::{BTreeMap, VecDeque};

use lambent_core::limits::{PARKED_IDLE, PARKED_MIN};
use tokio::time::Instant;

use crate::spec::Class;

/// What is parked. One that is dropped ends.
#[derive(Debug)]
pub(super) struct Stock<T> {
    /// How many there may be.
    max: usize,
    shelves: BTreeMap<Class, Shelf<T>>,
}

/// Those of one class.
#[derive(Debug)]
struct Shelf<T> {
    ready: VecDeque<T>,
    /// How many are to be kept.
    wanted: usize,
    /// How many are being made.
    coming: usize,
    used: Instant,
    /// What the last one was to have, and so the next probably.
    memory_mib: u32,
}

impl<T> Stock<T> {
    pub(super) fn new(max: usize) -> Self {
        Self { max, shelves: BTreeMap::new() }
    }

    /// Whether there is ever any.
    pub(super) fn is_open(&self) -> bool {
        self.max > 0
    }

    /// The one that waits longest. More are wanted from now on if there is none.
    pub(super) fn take(&mut self, class: &Class, memory_mib: u32, now: Instant) -> Option<T> {
        let max = self.max;
        let shelf = self.shelf(class, now);
        let rested = now.duration_since(shelf.used) > PARKED_IDLE;
        (shelf.used, shelf.memory_mib) = (now, memory_mib);
        let one = shelf.ready.pop_front();
        shelf.wanted = match (&one, rested) {
            (_, true) => PARKED_MIN,
            (Some(_), false) => shelf.wanted.max(PARKED_MIN),
            (None, false) => (shelf.wanted * 2).max(PARKED_MIN),
        };
        shelf.wanted = shelf.wanted.min(max);
        one
    }

    /// One more of this class may be needed soon.
    pub(super) fn expect(&mut self, class: &Class, memory_mib: u32, now: Instant) {
        let max = self.max;
        let shelf = self.shelf(class, now);
        (shelf.used, shelf.memory_mib) = (now, memory_mib);
        shelf.wanted = (shelf.wanted + 1).clamp(PARKED_MIN.min(max), max);
    }

    fn shelf(&mut self, class: &Class, now: Instant) -> &mut Shelf<T> {
        if !self.shelves.contains_key(class) {
            let new = Shelf { ready: VecDeque::new(), wanted: 0, coming: 0, used: now, memory_mib: 0 };
            self.shelves.insert(class.clone(), new);
        }
        self.shelves.get_mut(class).expect("it was just put there")
    }

    /// Whether there is anything to make.
    pub(super) fn lacks(&self) -> bool {
        let made = self.shelves.values().map(|shelf| shelf.ready.len() + shelf.coming).sum::<usize>();
        let missing = |shelf: &Shelf<T>| shelf.ready.len() + shelf.coming < shelf.wanted;
        made < self.max && self.shelves.values().any(missing)
    }

    /// What to make next, for the class used last; none where nothing is missing. Where there is no room, one of a class
    /// that has not been used for longer comes along, to be ended.
    pub(super) fn next(&mut self) -> Option<(Class, u32, Option<T>)> {
        let missing =
            self.shelves.iter().filter(|(_, shelf)| shelf.ready.len() + shelf.coming < shelf.wanted);
        let (class, used) = missing.max_by_key(|(_, shelf)| shelf.used).map(|(c, s)| (c.clone(), s.used))?;
        let full =
            self.shelves.values().map(|shelf| shelf.ready.len() + shelf.coming).sum::<usize>() >= self.max;
        let ended = if full { Some(self.oldest(used)?) } else { None };
        let shelf = self.shelves.get_mut(&class)?;
        shelf.coming += 1;
        Some((class, shelf.memory_mib, ended))
    }

    fn oldest(&mut self, before: Instant) -> Option<T> {
        let others = self.shelves.values_mut().filter(|shelf| shelf.used < before && !shelf.ready.is_empty());
        let shelf = others.min_by_key(|shelf| shelf.used)?;
        shelf.wanted = shelf.ready.len() - 1;
        shelf.ready.pop_front()
    }

    /// What [`Stock::next`] asked for has been made. Without one the class is given up until it is used again.
    pub(super) fn keep(&mut self, class: &Class, made: Option<T>) {
        // Dropped by whoever calls, if it is not wanted any more.
        let Some(shelf) = self.shelves.get_mut(class) else { return };
        shelf.coming = shelf.coming.saturating_sub(1);
        match made {
            Some(one) if shelf.ready.len() < shelf.wanted => shelf.ready.push_back(one),
            Some(_not_wanted_any_more) => {}
            None => shelf.wanted = shelf.ready.len(),
        }
    }

    /// Takes out what nobody asked for lately.
    pub(super) fn unused(&mut self, now: Instant) -> Vec<T> {
        let mut all = Vec::new();
        for shelf in self.shelves.values_mut() {
            if now.duration_since(shelf.used) > PARKED_IDLE {
                shelf.wanted = 0;
                all.extend(shelf.ready.drain(..));
            }
        }
        self.shelves.retain(|_, shelf| shelf.coming > 0 || !shelf.ready.is_empty() || shelf.wanted > 0);
        all
    }

    /// Takes out everything. More come only when they are asked for again.
    pub(super) fn drain(&mut self) -> Vec<T> {
        let mut all = Vec::new();
        for shelf in self.shelves.values_mut() {
            shelf.wanted = 0;
            all.extend(shelf.ready.drain(..));
        }
        all
    }

    /// Takes out everything; nothing comes any more.
    pub(super) fn close(&mut self) -> Vec<T> {
        self.max = 0;
        self.drain()
    }

    pub(super) fn ready(&self) -> impl Iterator<Item = &T> {
        self.shelves.values().flat_map(|shelf| &shelf.ready)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::{Early, Extensions, Network, SnapStart, Spec};

    fn class(name: &str) -> Class {
        let spec = Spec {
            argv: vec![name.to_owned()],
            working_directory: "/".into(),
            environment: BTreeMap::new(),
            mounts: Vec::new(),
            shared: Vec::new(),
            memory_mib: 128,
            tmp_mib: 512,
            network: Network::None,
            extensions: Extensions::default(),
            framed_log: false,
            snap_start: SnapStart::Off,
            early: Some(Early { environment: BTreeMap::new(), places: Vec::new() }),
        };
        Class::of(&spec).unwrap()
    }

    /// Makes all that is missing; answers how many.
    fn fill(stock: &mut Stock<u32>) -> usize {
        let mut made = 0;
        while let Some((class, memory_mib, _)) = stock.next() {
            stock.keep(&class, Some(memory_mib));
            made += 1;
        }
        made
    }

    #[tokio::test]
    async fn as_many_are_kept_as_were_missing_lately() {
        let (mut stock, python, start) = (Stock::new(7), class("python"), Instant::now());
        assert_eq!(stock.take(&python, 128, start), None);
        assert_eq!(fill(&mut stock), PARKED_MIN);
        for _ in 0..PARKED_MIN {
            assert_eq!(stock.take(&python, 256, start), Some(128), "made for the last size");
        }
        assert_eq!(stock.take(&python, 256, start), None, "too few: the double is kept");
        assert_eq!(fill(&mut stock), 2 * PARKED_MIN);
        assert_eq!(stock.take(&python, 256, start), Some(256));
        assert!(stock.unused(start + PARKED_IDLE).is_empty());
        assert_eq!(stock.unused(start + PARKED_IDLE + Duration::from_secs(1)).len(), 2 * PARKED_MIN - 1);
        assert!(!stock.lacks(), "nobody asks any more");
    }

    #[tokio::test]
    async fn all_classes_together_keep_to_the_limit_and_the_one_in_use_wins() {
        let (mut stock, start) = (Stock::new(3), Instant::now());
        let (old, new) = (class("old"), class("new"));
        for _ in 0..5 {
            stock.expect(&old, 128, start);
        }
        assert_eq!(fill(&mut stock), 3);
        assert!(stock.take(&new, 512, start + Duration::from_secs(1)).is_none());
        assert_eq!(fill(&mut stock), PARKED_MIN);
        assert_eq!(stock.ready().copied().collect::<Vec<_>>(), [512, 512, 128]);
    }

    #[tokio::test]
    async fn what_cannot_be_made_is_not_tried_again_and_what_is_closed_stays_so() {
        let (mut stock, one, now) = (Stock::<u32>::new(3), class("one"), Instant::now());
        stock.expect(&one, 128, now);
        let (asked, ..) = stock.next().unwrap();
        stock.keep(&asked, None);
        assert!(stock.next().is_none() && !stock.lacks());
        stock.expect(&one, 128, now);
        fill(&mut stock);
        assert_eq!(stock.close().len(), PARKED_MIN);
        assert_eq!(stock.take(&one, 128, now), None);
        assert!(stock.next().is_none() && !stock.is_open());
    }
}
