//! One turn of one event: it is run, and comes again or ends; or its end is told. Never decides which.

use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::event::{Condition, Event, Handling, Outcome, Place, Response, Step};
use lambent_core::lambda::function::Function;
use lambent_core::monitoring::measure::Measure;
use lambent_core::time::Timestamp;
use lambent_store::{Expect, Record, StoreError, Transaction, WriteError, tables};
use tracing::{error, info, warn};

use crate::metrics::add;
use crate::{Dispatcher, Invocation, InvokeError};

/// Before every other event of its function: who is told of an end does not wait for those that have not begun.
const AT_ONCE: Timestamp = Timestamp::from_millis(0);

/// How a turn went, as far as others of the function are concerned.
pub(super) enum Turn {
    /// The function was run.
    Ran,
    /// It was not.
    NotRun,
    /// A limit was met; the event may wait until then.
    Throttled(Timestamp),
    /// The server closes: the event stays as it is.
    Closing,
}

impl Dispatcher {
    /// Gives an event its turn. An error of the store is one more reason to come again.
    pub(super) async fn attempt(self: Arc<Self>, id: FunctionId, place: Place) {
        let turn = match self.turn(&id, place).await {
            Ok(turn) => turn,
            Err(StoreError::Closed) => Turn::Closing,
            Err(StoreError::Decode { .. }) => self.drop_unreadable(&id, place).await,
            Err(fault) => {
                error!(function = %id.arn(), %fault, "the turn of an event failed: it comes again");
                Turn::Throttled(Timestamp::from_millis(i64::MAX))
            }
        };
        let now = self.clock.now();
        self.queue.change(&id, |lane| match turn {
            Turn::Ran => lane.done(place, true),
            Turn::NotRun => lane.done(place, false),
            Turn::Throttled(last) => lane.throttled(place, now, last),
            Turn::Closing => {}
        });
    }

    async fn turn(self: &Arc<Self>, id: &FunctionId, place: Place) -> Result<Turn, StoreError> {
        let Some(record) = self.event_in(id, place).await? else { return Ok(Turn::NotRun) };
        if record.value.ended.is_some() {
            return self.tell(record, place).await;
        }
        let function = self.function_of_events(id).await?;
        let function = function.filter(|function| function.incarnation == record.value.incarnation);
        let Some(function) = function else {
            info!(function = %id.arn(), request_id = record.value.request_id, "async event dropped: its function is gone");
            self.replace(&record, None).await?;
            return Ok(Turn::NotRun);
        };
        let handling = Handling::of(&function, &record.value.qualifier);
        let now = self.clock.now();
        if let Some(condition) = record.value.expired(&handling, now) {
            let event = record.value.clone().end(condition, &handling, now);
            self.end(&record, event, place).await?;
            return Ok(Turn::NotRun);
        }
        self.run_event(record, place, handling).await
    }

    /// The event in this place, if it is still there.
    async fn event_in(&self, id: &FunctionId, place: Place) -> Result<Option<Record<Event>>, StoreError> {
        match self.queue.look(id, |lane| lane.take(place)).flatten() {
            Some(held) => held.record(),
            None => self.queue.store.get(&tables::EVENTS, &tables::event_key(id, place)).await,
        }
    }

    /// The function of a lane as it is, read once after each change of it.
    async fn function_of_events(&self, id: &FunctionId) -> Result<Option<Arc<Function>>, StoreError> {
        let (known, changes) = self.queue.look(id, |lane| lane.function()).unwrap_or_default();
        if known.is_some() {
            return Ok(known);
        }
        let found = self.queue.store.get(&tables::FUNCTIONS, &tables::function_key(id)).await?;
        let function = found.map(|record| Arc::new(record.value));
        if let Some(function) = &function {
            self.queue.look(id, |lane| lane.learn(function, changes));
        }
        Ok(function)
    }

    /// Runs the function, and does what its machine says.
    async fn run_event(
        self: &Arc<Self>,
        record: Record<Event>,
        place: Place,
        mut handling: Handling,
    ) -> Result<Turn, StoreError> {
        let event = &record.value;
        let age = self.clock.now().since(event.received);
        let (outcome, turn) = match self.invoke_event(event, &mut handling).await {
            Ok(response) => {
                self.count_event_age(event, age);
                (Outcome::Ran(response), Turn::Ran)
            }
            Err(InvokeError::Closing) => return Ok(Turn::Closing),
            Err(InvokeError::Throttled(_)) => return Ok(Turn::Throttled(event.deadline(&handling))),
            Err(InvokeError::Recursive) => (Outcome::Loop, Turn::NotRun),
            Err(refusal) => {
                warn!(function = %event.function.arn(), request_id = event.request_id, %refusal, "async event not run: tried again");
                (Outcome::TurnedAway, Turn::NotRun)
            }
        };
        match event.clone().step(outcome, &handling, self.clock.now()) {
            Step::Again(event, due) => self.replace(&record, Some((event, Place { due, ..place }))).await?,
            Step::Ended(event) => self.end(&record, event, place).await?,
        }
        Ok(turn)
    }

    async fn invoke_event(
        self: &Arc<Self>,
        event: &Event,
        handling: &mut Handling,
    ) -> Result<Response, InvokeError> {
        let resolved = self.resolve(&event.function, &event.qualifier).await?;
        handling.role.clone_from(&resolved.configuration().role);
        let invocation = Invocation {
            request_id: event.request_id.clone(),
            invoked_function_arn: event.invoked_function_arn.clone(),
            payload: event.payload.clone().into(),
            client_context: None,
            trace_id: event.trace_id.clone(),
            tail: false,
            stream: None,
        };
        let outcome = self.invoke_queued(resolved, invocation).await?;
        let payload = String::from_utf8_lossy(&outcome.payload).into_owned();
        Ok(Response { version: outcome.version, failed: outcome.failed, payload })
    }

    /// An event has ended: it goes, or stays as long as its end is to be told.
    async fn end(&self, record: &Record<Event>, event: Event, place: Place) -> Result<(), StoreError> {
        let Some(ended) = &event.ended else { return Ok(()) };
        let condition = ended.condition;
        let dropped = (condition != Condition::Success).then(|| event.clone());
        let next = (!ended.deliveries.is_empty()).then_some((event, Place { due: AT_ONCE, ..place }));
        self.replace(record, next).await?;
        if let Some(event) = dropped {
            self.count_event(&event, Measure::AsyncEventsDropped);
            warn!(
                function = %event.function.arn(), request_id = event.request_id, attempts = event.attempts,
                condition = condition.as_str(), "async event dropped"
            );
        }
        Ok(())
    }

    /// Puts an event in the place of what it was, or nothing. One that somebody else removed stays removed.
    pub(super) async fn replace(
        &self,
        old: &Record<Event>,
        new: Option<(Event, Place)>,
    ) -> Result<(), StoreError> {
        let expected = Expect::Revision(old.revision);
        let mut transaction = Transaction::new().delete(&tables::EVENTS, old.key.clone(), expected);
        if let Some((event, place)) = new {
            let key = tables::event_key(&event.function, place);
            transaction = transaction.put(&tables::EVENTS, key, &event, Expect::Any);
        }
        match self.queue.store.write(transaction).await {
            Ok(_) | Err(WriteError::Conflict { .. }) => Ok(()),
            Err(WriteError::Store(fault)) => Err(fault),
        }
    }

    /// What no server can read would come again and again.
    async fn drop_unreadable(&self, id: &FunctionId, place: Place) -> Turn {
        error!(function = %id.arn(), event = %place.id, "async event dropped: it cannot be read");
        add(&self.metrics.async_events_dropped, 1);
        let key = tables::event_key(id, place);
        let transaction = Transaction::new().delete(&tables::EVENTS, key, Expect::Any);
        // Where it cannot be removed, the next start meets it again.
        _ = self.queue.store.write(transaction).await;
        Turn::NotRun
    }
}
