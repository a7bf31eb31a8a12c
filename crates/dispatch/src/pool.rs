//! The idle environments of one deployment: provisioned ones go first, then the most recently used, those that were reset
//! last. Never holds one that is running.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambent_core::lambda::life::{Action, Event};
use lambent_core::time::Moment;

use crate::environment::Environment;

/// Idle environments, the most recently used last.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    idle: Vec<Idle>,
    /// Those without processes: the next invocation begins with Init.
    reset: Vec<Idle>,
    /// These stay, however long they are idle.
    provisioned: Vec<Idle>,
    /// So do these, which wait for others to be there too.
    held: Vec<Idle>,
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
    Refused(Box<Environment>),
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an idle environment; a provisioned one only for who may have one, and then before all others.
    pub(crate) fn take(&self, may_be_provisioned: bool) -> Option<Environment> {
        let mut inner = self.lock();
        let Inner { idle, reset, provisioned, .. } = &mut *inner;
        let first = if may_be_provisioned { provisioned.pop() } else { None };
        let taken = first.or_else(|| idle.pop()).or_else(|| reset.pop());
        taken.map(|idle| idle.environment)
    }

    /// How many provisioned ones are idle.
    pub(crate) fn idle_provisioned(&self) -> usize {
        self.lock().provisioned.len()
    }

    /// Lets the provisioned ones be used that were held.
    pub(crate) fn open(&self) {
        let mut inner = self.lock();
        let Inner { provisioned, held, .. } = &mut *inner;
        provisioned.append(held);
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
            let old = born_before.is_some_and(|before| idle.environment.life.born() <= before);
            idle.environment.is_dead() || old && !std::mem::replace(&mut aged, true)
        };
        let mut inner = self.lock();
        let Inner { provisioned, held, .. } = &mut *inner;
        let mut all = Vec::new();
        for list in [provisioned, held] {
            all.extend(list.extract_if(.., &mut worn).map(|idle| idle.environment));
        }
        all
    }

    pub(crate) fn give(&self, environment: Environment, now: Duration) -> Given {
        self.put(environment, now, false, || ())
    }

    /// The same for a provisioned one that is new: nobody can take it before [`open`](Self::open). `told` is called before
    /// that can be.
    pub(crate) fn hold(&self, environment: Environment, now: Duration, told: impl FnOnce()) -> Given {
        self.put(environment, now, true, told)
    }

    fn put(&self, environment: Environment, now: Duration, is_new: bool, told: impl FnOnce()) -> Given {
        let mut inner = self.lock();
        if inner.retired {
            return Given::Refused(Box::new(environment));
        }
        told();
        let runs = environment.life.is_ready();
        let list = match (environment.is_provisioned(), runs) {
            (true, _) if is_new => &mut inner.held,
            (true, _) => &mut inner.provisioned,
            (false, true) => &mut inner.idle,
            (false, false) => &mut inner.reset,
        };
        list.push(Idle { environment, since: now });
        Given::Kept { tell_freezer: runs && !std::mem::replace(&mut inner.watched, true) }
    }

    /// Keeps nothing from now on; what is idle is handed out to be stopped.
    pub(crate) fn retire(&self) -> Vec<Environment> {
        let mut inner = self.lock();
        inner.retired = true;
        let Inner { idle, reset, provisioned, held, .. } = &mut *inner;
        let all = idle.drain(..).chain(reset.drain(..)).chain(provisioned.drain(..)).chain(held.drain(..));
        all.map(|idle| idle.environment).collect()
    }

    /// Freezes what has been idle since `before`; tells whether something is left to freeze later.
    pub(crate) fn freeze_idle_since(&self, before: Duration) -> bool {
        let mut inner = self.lock();
        let Inner { idle, provisioned, held, watched, .. } = &mut *inner;
        *watched = false;
        for idle in
            idle.iter_mut().chain(provisioned).chain(held).filter(|idle| !idle.environment.is_frozen())
        {
            if idle.since <= before {
                idle.environment.freeze();
            } else {
                *watched = true;
            }
        }
        *watched
    }

    /// Takes out what has been idle, or is there, for too long, and what has ended by itself, to be stopped.
    pub(crate) fn expire(&self, now: Moment) -> Vec<Environment> {
        let mut inner = self.lock();
        let expired = |idle: &mut Idle| {
            idle.environment.step(Event::Woken, now) != Action::Rest || idle.environment.is_dead()
        };
        let Inner { idle, reset, .. } = &mut *inner;
        let all = idle.extract_if(.., expired).chain(reset.extract_if(.., expired));
        all.map(|idle| idle.environment).collect()
    }

    /// Since when the longest idle environment has been idle. What was reset has less to lose and goes before.
    pub(crate) fn longest_idle_since(&self) -> Option<Duration> {
        let inner = self.lock();
        let reset = inner.reset.first().map(|_| Duration::ZERO);
        reset.or_else(|| inner.idle.first().map(|idle| idle.since))
    }

    /// Takes the longest idle environment.
    pub(crate) fn take_longest_idle(&self) -> Option<Environment> {
        let mut inner = self.lock();
        let Inner { idle, reset, .. } = &mut *inner;
        let list = if reset.is_empty() { idle } else { reset };
        (!list.is_empty()).then(|| list.remove(0).environment)
    }
}
