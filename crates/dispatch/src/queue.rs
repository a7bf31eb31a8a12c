//! Asynchronous invocations: accepted durably, run when they are due, told of when they have ended. What lasts is in the
//! store alone; memory holds places only, and of each function a limited number. Never judges an event: the machine in
//! `core` does.
//!
//! Each function has a lane of its own, so that the backlog of one never stands before the events of another.

mod attempt;
mod destinations;
mod drive;
mod held;
mod lane;
mod tell;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::concurrency::AccountLimits;
use lambent_core::lambda::event::{Event, Place};
use lambent_core::limits::EVENTS_AT_ONCE_MAX;
use lambent_core::monitoring::measure::Measure;
use lambent_core::time::Timestamp;
use lambent_store::{Change, Expect, Store, StoreError, Transaction, WriteError, tables};
use tokio::sync::Notify;
use tracing::error;

pub use self::destinations::{DeliveryError, Destinations, Parcel};
use self::held::Shelf;
use self::lane::{Lane, Next};
use crate::Dispatcher;

/// The queues of all functions.
#[derive(Debug)]
pub(crate) struct Queue {
    store: Store,
    destinations: Arc<dyn Destinations>,
    lanes: Mutex<HashMap<FunctionId, Lane>>,
    shelf: Shelf,
    concurrency: AccountLimits,
}

impl Queue {
    /// A queue for accounts that may run so many functions at once.
    pub(crate) fn new(store: Store, destinations: Arc<dyn Destinations>, concurrency: AccountLimits) -> Self {
        Self { store, destinations, lanes: Mutex::default(), shelf: Shelf::default(), concurrency }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<FunctionId, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the lane of a function, if it has one, and lets its driver look again.
    fn change<T>(&self, id: &FunctionId, change: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        let mut lanes = self.lanes();
        let lane = lanes.get_mut(id)?;
        let changed = change(lane);
        lane.wake.notify_one();
        Some(changed)
    }

    /// Looks at the lane of a function, or changes what its driver need not know; if it has one.
    fn look<T>(&self, id: &FunctionId, look: impl FnOnce(&mut Lane) -> T) -> Option<T> {
        self.lanes().get_mut(id).map(look)
    }

    /// A function has changed, or is gone.
    pub(crate) fn function_changed(&self, id: &FunctionId) {
        self.look(id, Lane::forget);
    }

    /// What the driver of a lane does next. A lane with nothing left is gone with that.
    fn next(&self, id: &FunctionId, now: Timestamp) -> Next {
        let mut lanes = self.lanes();
        let Some(lane) = lanes.get_mut(id) else { return Next::End };
        let next = lane.next(now);
        if matches!(next, Next::End) {
            lanes.remove(id);
        }
        next
    }

    /// Changes the lane of a function, or gives it one; then its new driver's wake-up is handed out.
    fn change_or_open(&self, id: &FunctionId, change: impl FnOnce(&mut Lane)) -> Option<Arc<Notify>> {
        let mut lanes = self.lanes();
        if let Some(lane) = lanes.get_mut(id) {
            change(lane);
            lane.wake.notify_one();
            return None;
        }
        let at_once = (self.concurrency.of(&id.account, &id.region) / 4).clamp(1, EVENTS_AT_ONCE_MAX);
        let lane = lanes.entry(id.clone()).or_insert_with(|| Lane::new(at_once));
        change(lane);
        Some(Arc::clone(&lane.wake))
    }
}

impl Dispatcher {
    /// Accepts an event: when this returns it lasts, and runs as soon as it can.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be kept.
    pub async fn accept(&self, event: &Event) -> Result<(), StoreError> {
        let place = Place { due: event.received, id: self.dice.uuid() };
        let key = tables::event_key(&event.function, place);
        let transaction = Transaction::new().put(&tables::EVENTS, key, event, Expect::Any);
        match self.queue.store.write(transaction).await {
            Ok(_) => {
                self.count_event(event, Measure::AsyncEventsReceived);
                Ok(())
            }
            Err(WriteError::Store(fault)) => Err(fault),
            Err(WriteError::Conflict { .. }) => unreachable!("nothing was expected, so nothing differs"),
        }
    }

    /// Takes up the events that are there and follows what becomes of them.
    pub(crate) async fn follow_events(self: &Arc<Self>) -> Result<(), StoreError> {
        self.queue.store.watch(&tables::EVENTS, self.observer(Self::apply_event));
        let mut after = None;
        loop {
            let everything = lambent_store::Prefix::all();
            let page = self.queue.store.list(&tables::EVENT_PLACES, &everything, after.as_ref(), 1).await?;
            let Some(record) = page.first() else { return Ok(()) };
            after = Some(match tables::event_place(&record.key) {
                Some((id, _)) => {
                    self.open(&id, Lane::look);
                    tables::behind_events_of(&id)
                }
                None => {
                    error!(key = %record.key, "an event has no readable key");
                    record.key.clone()
                }
            });
        }
    }

    fn apply_event(&self, change: &Change) {
        let Some((id, place)) = tables::event_place(&change.key) else {
            return error!(key = %change.key, "an event has no readable key");
        };
        if change.value.is_some() {
            // What waits for a retry would only take the room of those that run now.
            let is_due = place.due <= self.clock.now();
            let held = is_due.then(|| self.queue.shelf.hold(change)).flatten();
            self.open(&id, |lane| {
                lane.put(place);
                if let Some(held) = held {
                    lane.hold(place, held);
                }
            });
        } else {
            self.queue.change(&id, |lane| lane.remove(place));
        }
    }

    /// Changes the lane of a function; one that is new gets its driver.
    fn open(&self, id: &FunctionId, change: impl FnOnce(&mut Lane)) {
        if let (Some(wake), Some(dispatcher)) = (self.queue.change_or_open(id, change), self.itself.upgrade())
        {
            let id = id.clone();
            let driven = async move { dispatcher.drive(id, wake).await };
            self.tasks.spawn_on(driven, &self.runtime);
        }
    }
}
