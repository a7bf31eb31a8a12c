//! What is known of one function's events: the places of those due next, and which of them run. Never reads an event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::event::{Place, pause};
use lambent_core::lambda::function::Function;
use lambent_core::limits::EVENTS_KNOWN_MAX;
use lambent_core::time::Timestamp;
use tokio::sync::Notify;

use super::held::Held;

/// What is known of one function's events.
#[derive(Debug)]
pub(super) struct Lane {
    /// Wakes its driver.
    pub(super) wake: Arc<Notify>,
    /// Those due next, of those that do not run.
    waiting: BTreeSet<Place>,
    /// Some of those that wait or run, as they are.
    held: BTreeMap<Place, Held>,
    /// The function as it is, if it was read since it last changed.
    function: Option<Arc<Function>>,
    /// How often it has changed.
    changes: u64,
    /// Whether the store may have more, all of them behind those.
    has_more: bool,
    /// What changed while the store is read, which may show it or not.
    meanwhile: Option<Vec<(Place, bool)>>,
    running: BTreeSet<Place>,
    /// How many may run at once: fewer after a limit was met, one more after each that ran.
    at_once: usize,
    /// How many where nothing is reserved.
    at_once_usually: usize,
    at_once_max: usize,
    throttled: Option<Throttled>,
}

/// A limit was met: the function waits a while, or until one of its own events has run.
#[derive(Debug, Clone, Copy)]
struct Throttled {
    times: u32,
    until: Timestamp,
    /// Whether one more was tried after that.
    tried: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Run this one.
    Run(Place),
    /// Read places from the store.
    Read,
    /// Look again then.
    Until(Timestamp),
    /// Look again when something happens.
    Wait,
    /// Nothing: there are no events.
    End,
}

impl Lane {
    pub(super) fn new(at_once_max: usize) -> Self {
        Self {
            wake: Arc::default(),
            waiting: BTreeSet::new(),
            held: BTreeMap::new(),
            function: None,
            changes: 0,
            has_more: false,
            meanwhile: None,
            running: BTreeSet::new(),
            at_once: at_once_max,
            at_once_usually: at_once_max,
            at_once_max,
            throttled: None,
        }
    }

    /// What is to be done now.
    pub(super) fn next(&mut self, now: Timestamp) -> Next {
        let is_full = self.running.len() >= self.at_once;
        match &mut self.throttled {
            Some(throttled) if throttled.until > now => return Next::Until(throttled.until),
            // One more is tried: what met the limit may not have been this function's doing.
            Some(throttled) if !throttled.tried => {
                throttled.tried = true;
                self.at_once = self.running.len() + 1;
            }
            Some(_) | None if is_full => return Next::Wait,
            Some(_) | None => {}
        }
        match self.waiting.first().copied() {
            Some(first) if first.due <= now => {
                self.waiting.remove(&first);
                self.running.insert(first);
                Next::Run(first)
            }
            Some(first) => Next::Until(first.due),
            None if self.has_more => Next::Read,
            None if self.running.is_empty() => Next::End,
            None => Next::Wait,
        }
    }

    /// The store may have events that were never shown.
    pub(super) fn look(&mut self) {
        self.has_more = true;
    }

    /// The store has this event.
    pub(super) fn put(&mut self, place: Place) {
        if let Some(meanwhile) = &mut self.meanwhile {
            return meanwhile.push((place, true));
        }
        if self.has_more && self.waiting.last().is_none_or(|last| place > *last) {
            return;
        }
        self.waiting.insert(place);
        if self.waiting.len() > EVENTS_KNOWN_MAX {
            if let Some(last) = self.waiting.pop_last() {
                self.held.remove(&last);
            }
            self.has_more = true;
        }
    }

    /// What stands in that place, if it is known there: nobody else needs it.
    pub(super) fn hold(&mut self, place: Place, held: Held) {
        if self.waiting.contains(&place) {
            self.held.insert(place, held);
        }
    }

    /// Hands out what is held of an event.
    pub(super) fn take(&mut self, place: Place) -> Option<Held> {
        self.held.remove(&place)
    }

    /// The function, if it was read since it last changed, and how often it has.
    pub(super) fn function(&self) -> (Option<Arc<Function>>, u64) {
        (self.function.clone(), self.changes)
    }

    /// The function was read when it had changed so often.
    pub(super) fn learn(&mut self, function: &Arc<Function>, changes: u64) {
        if self.changes == changes {
            self.function = Some(Arc::clone(function));
            self.reserve(function.reserved_concurrency);
        }
    }

    /// What a function has reserved is its own: no other's is taken.
    fn reserve(&mut self, reserved: Option<u32>) {
        let reserved = reserved.and_then(|reserved| usize::try_from(reserved).ok());
        let at_once_max = reserved.map_or(self.at_once_usually, |reserved| reserved.max(1));
        if self.at_once == self.at_once_max {
            self.at_once = at_once_max;
        }
        self.at_once_max = at_once_max;
        self.at_once = self.at_once.min(at_once_max);
    }

    /// The function has changed.
    pub(super) fn forget(&mut self) {
        (self.function, self.changes) = (None, self.changes + 1);
    }

    /// The store has this event no more.
    pub(super) fn remove(&mut self, place: Place) {
        self.waiting.remove(&place);
        self.held.remove(&place);
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile.push((place, false));
        }
    }

    /// The store is about to be read.
    pub(super) fn begin_read(&mut self) {
        self.meanwhile = Some(Vec::new());
    }

    /// Takes in a page from the store, and whether there is more behind it. Tells whether another page is needed: one
    /// whose events all run already says nothing new.
    pub(super) fn read(&mut self, page: impl IntoIterator<Item = Place>, has_more: bool) -> bool {
        let page = page.into_iter().filter(|place| !self.running.contains(place));
        self.waiting.extend(page);
        if self.waiting.is_empty() && has_more {
            return true;
        }
        self.has_more = has_more;
        for (place, there) in self.meanwhile.take().unwrap_or_default() {
            if there && !self.running.contains(&place) {
                self.put(place)
            } else {
                self.waiting.remove(&place);
                self.held.remove(&place);
            }
        }
        false
    }

    /// The store could not be read.
    pub(super) fn not_read(&mut self) {
        self.meanwhile = None;
    }

    /// An event's turn is over. If its function ran, another may.
    pub(super) fn done(&mut self, place: Place, ran: bool) {
        self.running.remove(&place);
        if ran {
            self.throttled = None;
            self.at_once = (self.at_once + 1).min(self.at_once_max);
        }
    }

    /// An event met a limit: the function waits for one of its own that runs, or for a while, but not beyond the event's
    /// last moment.
    pub(super) fn throttled(&mut self, place: Place, now: Timestamp, last: Timestamp) {
        self.running.remove(&place);
        self.waiting.insert(place);
        self.at_once = self.running.len().max(1);
        // Several that are turned away at the same moment were so by the same limit.
        if self.throttled.is_some_and(|throttled| throttled.until > now) {
            return;
        }
        let times = self.throttled.map_or(0, |throttled| throttled.times + 1);
        let until = now.plus(pause(times)).min(last.max(now.plus(Duration::from_millis(1))));
        self.throttled = Some(Throttled { times, until, tried: false });
    }
}

#[cfg(test)]
mod tests;
