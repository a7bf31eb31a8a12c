//! The driver of one function's lane: starts what is due, reads what it does not know, and ends with the last event.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::limits::EVENTS_READ_MAX;
use lambent_store::{StoreError, tables};
use tokio::sync::Notify;
use tracing::error;

use super::Next;
use super::lane::Lane;
use crate::Dispatcher;

/// How long a driver waits for a store that fails.
const STORE_PAUSE: Duration = Duration::from_secs(1);

impl Dispatcher {
    /// Drives one lane until it is empty or the server closes; what runs then is waited for elsewhere.
    pub(super) async fn drive(self: Arc<Self>, id: FunctionId, wake: Arc<Notify>) {
        while !self.closing.is_cancelled() {
            let now = self.clock.now();
            match self.queue.next(&id, now) {
                Next::Run(place) => {
                    self.tasks.spawn(Arc::clone(&self).attempt(id.clone(), place));
                }
                Next::Read => {
                    if let Err(fault) = self.read_places(&id).await {
                        error!(function = %id.arn(), %fault, "queued events cannot be read: tried again");
                        self.queue.change(&id, Lane::not_read);
                        self.closing.run_until_cancelled(tokio::time::sleep(STORE_PAUSE)).await;
                    }
                }
                Next::Until(then) => {
                    tokio::select! {
                        biased;
                        () = self.closing.cancelled() => {}
                        () = wake.notified() => {}
                        () = self.waiter.until(then) => {}
                    }
                }
                Next::Wait => {
                    self.closing.run_until_cancelled(wake.notified()).await;
                }
                Next::End => return,
            }
        }
    }

    /// Reads places from the store until one is found that does not run yet, or there is no other.
    async fn read_places(&self, id: &FunctionId) -> Result<(), StoreError> {
        self.queue.change(id, Lane::begin_read);
        let under = tables::events_of(id);
        let mut after = None;
        loop {
            let store = &self.queue.store;
            let page =
                store.list(&tables::EVENTS_IF_READABLE, &under, after.as_ref(), EVENTS_READ_MAX).await?;
            let has_more = page.len() == EVENTS_READ_MAX;
            after = page.last().map(|record| record.key.clone());
            let found = page.into_iter().filter_map(|read| Some((tables::event_place(&read.key)?.1, read)));
            let (places, read): (Vec<_>, Vec<_>) = found.unzip();
            let goes_on = self.queue.change(id, |lane| {
                let goes_on = lane.read(places.iter().copied(), has_more);
                for (place, read) in places.into_iter().zip(read) {
                    if let Some(held) = self.queue.shelf.hold_read(read) {
                        lane.hold(place, held);
                    }
                }
                goes_on
            });
            if !goes_on.unwrap_or(false) {
                return Ok(());
            }
        }
    }
}
