//! The idle environments of one deployment: provisioned ones go first, then the most recently used. Never holds one that
//! is running.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::environment::Environment;

/// Idle environments, the most recently used last.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    idle: Vec<Idle>,
    /// These stay, however long they are idle.
    provisioned: Vec<Idle>,
    retired: bool,
    /// The freezer has this pool on its list.
    watched: bool,
}

#[derive(Debug)]
struct Idle {
    environment: Environment,
    since: Duration,
}

/// What became of an environment that was given back.
#[derive(Debug)]
pub(crate) enum Given {
    /// It is kept; the freezer is to be told of this pool.
    Kept { tell_freezer: bool },
    /// The pool is retired: the environment is to be stopped.
    Refused(Environment),
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take(&self) -> Option<Environment> {
        let mut inner = self.lock();
        let taken = inner.provisioned.pop().or_else(|| inner.idle.pop());
        taken.map(|idle| idle.environment)
    }

    /// Takes up to so many provisioned ones, to be stopped.
    pub(crate) fn take_provisioned(&self, count: u32) -> Vec<Environment> {
        let mut inner = self.lock();
        let stay = inner.provisioned.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
        inner.provisioned.drain(stay..).map(|idle| idle.environment).collect()
    }

    /// Takes out provisioned ones whose program has ended, and one that was born before, to be stopped.
    pub(crate) fn renew_provisioned(&self, born_before: Option<Duration>) -> Vec<Environment> {
        let mut aged = false;
        let mut worn = |idle: &mut Idle| {
            let old = born_before.is_some_and(|before| idle.environment.born <= before);
            idle.environment.is_dead() || old && !std::mem::replace(&mut aged, true)
        };
        self.lock().provisioned.extract_if(.., &mut worn).map(|idle| idle.environment).collect()
    }

    pub(crate) fn give(&self, environment: Environment, now: Duration) -> Given {
        self.give_new(environment, now, || ())
    }

    /// The same for one that is new; `told` is called before anybody can take it.
    pub(crate) fn give_new(&self, environment: Environment, now: Duration, told: impl FnOnce()) -> Given {
        let mut inner = self.lock();
        if inner.retired {
            return Given::Refused(environment);
        }
        told();
        let list = if environment.is_provisioned() { &mut inner.provisioned } else { &mut inner.idle };
        list.push(Idle { environment, since: now });
        Given::Kept { tell_freezer: !std::mem::replace(&mut inner.watched, true) }
    }

    /// Keeps nothing from now on; what is idle is handed out to be stopped.
    pub(crate) fn retire(&self) -> Vec<Environment> {
        let mut inner = self.lock();
        inner.retired = true;
        let Inner { idle, provisioned, .. } = &mut *inner;
        idle.drain(..).chain(provisioned.drain(..)).map(|idle| idle.environment).collect()
    }

    /// Freezes what has been idle since `before`; tells whether something is left to freeze later.
    pub(crate) fn freeze_idle_since(&self, before: Duration) -> bool {
        let mut inner = self.lock();
        let Inner { idle, provisioned, watched, .. } = &mut *inner;
        *watched = false;
        for idle in idle.iter_mut().chain(provisioned).filter(|idle| !idle.environment.is_frozen()) {
            if idle.since <= before {
                idle.environment.freeze();
            } else {
                *watched = true;
            }
        }
        *watched
    }

    /// Takes out what has been idle since `before` or whose program has ended, to be stopped.
    pub(crate) fn expire_idle_since(&self, before: Duration) -> Vec<Environment> {
        let expired = |idle: &mut Idle| idle.since <= before || idle.environment.is_dead();
        self.lock().idle.extract_if(.., expired).map(|i| i.environment).collect()
    }

    /// Since when the longest idle environment has been idle.
    pub(crate) fn longest_idle_since(&self) -> Option<Duration> {
        self.lock().idle.first().map(|idle| idle.since)
    }

    /// Takes the longest idle environment.
    pub(crate) fn take_longest_idle(&self) -> Option<Environment> {
        let mut inner = self.lock();
        (!inner.idle.is_empty()).then(|| inner.idle.remove(0).environment)
    }
}
