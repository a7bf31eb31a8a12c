//! The idle environments of one deployment: the most recently used goes first. Never holds one that is running.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::environment::Environment;

/// Idle environments, the most recently used last.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    idle: Vec<Idle>,
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
        self.lock().idle.pop().map(|idle| idle.environment)
    }

    pub(crate) fn give(&self, environment: Environment, now: Duration) -> Given {
        let mut inner = self.lock();
        if inner.retired {
            return Given::Refused(environment);
        }
        inner.idle.push(Idle { environment, since: now });
        Given::Kept { tell_freezer: !std::mem::replace(&mut inner.watched, true) }
    }

    /// Keeps nothing from now on; what is idle is handed out to be stopped.
    pub(crate) fn retire(&self) -> Vec<Environment> {
        let mut inner = self.lock();
        inner.retired = true;
        inner.idle.drain(..).map(|idle| idle.environment).collect()
    }

    /// Freezes what has been idle since `before`; tells whether something is left to freeze later.
    pub(crate) fn freeze_idle_since(&self, before: Duration) -> bool {
        let mut inner = self.lock();
        for idle in inner.idle.iter_mut().filter(|i| i.since <= before && !i.environment.is_frozen()) {
            idle.environment.freeze();
        }
        inner.watched = inner.idle.iter().any(|i| !i.environment.is_frozen());
        inner.watched
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
