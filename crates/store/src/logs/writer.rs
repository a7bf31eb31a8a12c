//! The task that writes the lines of functions: what came together is written together. Never makes a function wait.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use lambent_core::account::{AccountId, Region};
use lambent_core::limits;
use lambent_core::logs::group::GroupId;
use lambent_core::time::Timestamp;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use super::group::{Added, Group};
use super::groups::Groups;
use super::lines::{Line, Lines, Queue};
use super::{StoreError, blocking};

/// How long lines wait before a full disk is tried again.
const FULL_PAUSE: Duration = Duration::from_secs(1);

/// Writes until told to stop, and then what is left.
pub(super) struct Writer {
    pub(super) queue: Arc<Queue>,
    pub(super) groups: Arc<Groups>,
    pub(super) closing: CancellationToken,
    /// Groups whose last lines may not be on the disk yet.
    pub(super) unsynced: HashMap<Uuid, Arc<Group>>,
}

impl Writer {
    pub(super) async fn run(mut self) {
        let mut sync_at = Instant::now();
        loop {
            tokio::select! {
                () = self.queue.some() => {}
                () = sleep_until(sync_at), if !self.unsynced.is_empty() => {
                    self.sync().await;
                    continue;
                }
                () = self.closing.cancelled() => break,
            }
            tokio::select! {
                () = self.queue.hurry() => {}
                () = sleep(limits::LOG_LINGER) => {}
                () = self.closing.cancelled() => {}
            }
            self.write().await;
            if sync_at <= Instant::now() {
                self.sync().await;
                sync_at = Instant::now() + limits::LOG_SYNC_EVERY;
            }
        }
        self.write().await;
        self.sync().await;
    }

    /// Writes all that waits.
    async fn write(&mut self) {
        let batch = self.queue.take();
        if batch.dropped > 0 {
            warn!(
                lines = batch.dropped,
                "lines of functions were dropped: they could not be written fast enough"
            );
        }
        let (lines, mut askers) = (Arc::new(batch.lines), batch.askers);
        for (id, numbers) in by_group(&lines) {
            if let Err(fault) = self.append_in_time(&id, &lines, &numbers, &mut askers).await {
                error!(group = id.name, %fault, "lines of functions were not written and are lost");
            }
        }
        self.queue.done();
        tell(&mut askers);
    }

    /// Writes lines of one group; on a full disk as soon as there is room. They are held until as many others wait that
    /// functions would be held up; who reads meanwhile gets what is there.
    async fn append_in_time(
        &mut self,
        id: &GroupId,
        lines: &Arc<Lines>,
        numbers: &Arc<Vec<usize>>,
        askers: &mut Vec<oneshot::Sender<()>>,
    ) -> Result<(), StoreError> {
        let mut told = false;
        loop {
            let done = self.append(id, lines, numbers).await;
            let Err(fault @ StoreError::Full) = done else { return done };
            if self.queue.is_full() || self.closing.is_cancelled() {
                return Err(fault);
            }
            if !told {
                warn!(group = id.name, %fault, "lines of functions wait for room");
                told = true;
            }
            tell(askers);
            tokio::select! {
                () = sleep(FULL_PAUSE) => {}
                () = self.queue.hurry() => {}
                () = self.closing.cancelled() => {}
            }
            askers.extend(self.queue.askers());
        }
    }

    async fn append(
        &mut self,
        id: &GroupId,
        lines: &Arc<Lines>,
        numbers: &Arc<Vec<usize>>,
    ) -> Result<(), StoreError> {
        let first = Timestamp::from_millis(lines.get(numbers[0]).at_ms);
        loop {
            let makes = numbers.iter().any(|number| lines.get(*number).makes_group);
            let Some(group) = self.groups.open(id, makes.then_some(first)).await? else { return Ok(()) };
            let (lines, numbers, writing) = (Arc::clone(lines), Arc::clone(numbers), Arc::clone(&group));
            match blocking(&group, move || append(&writing, &lines, &numbers)).await {
                // It was deleted meanwhile: its lines make it anew, as on AWS.
                Err(_) if group.is_deleted() => self.groups.forget(id, &group),
                Err(fault) => return Err(fault),
                Ok(()) => {
                    self.unsynced.insert(group.id, group);
                    return Ok(());
                }
            }
        }
    }

    /// Brings what was written to the disk, while more is taken in.
    async fn sync(&mut self) {
        for (_, group) in self.unsynced.drain() {
            let syncing = Arc::clone(&group);
            if let Err(fault) = blocking(&group, move || syncing.sync()).await {
                error!(%fault, "lines of functions may not have reached the disk");
            }
        }
    }
}

/// Each group of a batch, with the numbers of its lines.
fn by_group(lines: &Lines) -> Vec<(GroupId, Arc<Vec<usize>>)> {
    // Those that make their group come first: the others find it then.
    let mut found: BTreeMap<(bool, &str, &str, &str), Vec<usize>> = BTreeMap::new();
    for number in 0..lines.len() {
        let Line { account, region, group, makes_group, .. } = lines.get(number);
        found.entry((!makes_group, account, region, group)).or_default().push(number);
    }
    let id = |(_, account, region, name): (bool, &str, &str, &str)| {
        let account = AccountId::try_from(account.to_owned()).ok()?;
        let region = Region::try_from(region.to_owned()).ok()?;
        Some(GroupId { account, region, name: name.to_owned() })
    };
    found.into_iter().filter_map(|(group, numbers)| Some((id(group)?, Arc::new(numbers)))).collect()
}

fn tell(askers: &mut Vec<oneshot::Sender<()>>) {
    for asker in askers.drain(..) {
        // Who waits no longer need not be told.
        _ = asker.send(());
    }
}

fn append(group: &Group, lines: &Lines, numbers: &[usize]) -> io::Result<()> {
    let added = |number: &usize| {
        let Line { stream, at_ms, text, .. } = lines.get(*number);
        Added { stream, at_ms, text }
    };
    let events: Vec<Added<'_>> = numbers.iter().map(added).collect();
    // Lines are taken in when they are written.
    let now_ms = events.iter().map(|event| event.at_ms).max().unwrap_or_default();
    group.append(&events, now_ms)
}
