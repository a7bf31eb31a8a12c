//! What runs of one mapping, whatever it was when that began: how many batches, and whose order they hold; and what keeps
//! it from being read. Never runs anything.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// How long one who waits for a place looks away: the limit grows with the time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What runs.
#[derive(Debug, Default)]
pub(super) struct Crew {
    running: Mutex<Running>,
    freed: Notify,
    problem: Mutex<Option<String>>,
}

#[derive(Debug, Default)]
struct Running {
    batches: usize,
    groups: BTreeSet<String>,
}

/// The place of one batch; it is free when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    crew: Arc<Crew>,
    groups: BTreeSet<String>,
}

impl Crew {
    /// Waits for a place among so many at this time.
    pub(super) async fn place(self: &Arc<Self>, limit: impl Fn() -> usize) -> Place {
        loop {
            let freed = self.freed.notified();
            if self.take(limit()) {
                return Place { crew: Arc::clone(self), groups: BTreeSet::new() };
            }
            _ = tokio::time::timeout(LOOK_AGAIN, freed).await;
        }
    }

    fn take(&self, limit: usize) -> bool {
        let mut running = self.running();
        let free = running.batches < limit;
        running.batches += usize::from(free);
        free
    }

    /// What keeps the mapping from being read.
    pub(super) fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Something keeps it, or nothing does. Says whether that is new.
    pub(super) fn set_problem(&self, problem: Option<String>) -> bool {
        let mut held = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = *held != problem;
        *held = problem;
        is_new
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until no other batch has messages of these groups: SQS itself shows no more of a group that is read, but not
    /// all who stand in for it do so.
    pub(super) async fn claim(&mut self, groups: BTreeSet<String>) {
        let crew = Arc::clone(&self.crew);
        loop {
            let freed = crew.freed.notified();
            {
                let mut running = crew.running();
                if running.groups.is_disjoint(&groups) {
                    running.groups.extend(groups.iter().cloned());
                    self.groups = groups;
                    return;
                }
            }
            freed.await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.crew.running();
        running.batches -= 1;
        running.groups.retain(|group| !self.groups.contains(group));
        drop(running);
        self.crew.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> BTreeSet<String> {
        BTreeSet::from([name.to_owned()])
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_when_its_batch_has_ended() {
        let crew = Arc::new(Crew::default());
        let (first, _second) = (crew.place(|| 2).await, crew.place(|| 2).await);
        let third = tokio::time::timeout(Duration::from_secs(60), crew.place(|| 2));
        assert!(third.await.is_err());
        drop(first);
        crew.place(|| 2).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_grows_is_met() {
        let crew = Arc::new(Crew::default());
        let _first = crew.place(|| 1).await;
        let began = tokio::time::Instant::now();
        crew.place(|| if began.elapsed() > Duration::from_secs(5) { 2 } else { 1 }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn batches_of_one_group_follow_each_other() {
        let crew = Arc::new(Crew::default());
        let (mut first, mut second) = (crew.place(|| 9).await, crew.place(|| 9).await);
        first.claim(group("a")).await;
        second.claim(group("b")).await;
        let mut third = crew.place(|| 9).await;
        assert!(tokio::time::timeout(Duration::from_secs(60), third.claim(group("a"))).await.is_err());
        drop(first);
        third.claim(group("a")).await;
    }
}
