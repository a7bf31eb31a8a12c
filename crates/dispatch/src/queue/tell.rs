//! The end of an event, told to who wants to know: functions through this very queue, others through
//! [`Destinations`](super::Destinations). Never loses one in silence: what cannot be delivered is counted and logged.

use std::sync::Arc;

use lambent_core::lambda::arn::{FunctionId, Qualifier, Reference};
use lambent_core::lambda::event::{Delivery, Ended, Event, Place};
use lambent_core::lambda::lineage::reached;
use lambent_core::limits::{ASYNC_PAYLOAD_MAX_BYTES, DELIVERIES_MAX};
use lambent_core::monitoring::measure::Measure;
use lambent_store::{Record, StoreError, tables};
use tracing::{error, warn};

use super::attempt::Turn;
use super::{DeliveryError, Parcel};
use crate::{Dispatcher, InvokeError};

impl Dispatcher {
    /// Tells the end of an event to all who are still to be told; those who could not be come again, a few times.
    pub(super) async fn tell(
        self: &Arc<Self>,
        record: Record<Event>,
        place: Place,
    ) -> Result<Turn, StoreError> {
        let mut event = record.value.clone();
        let Some(mut ended) = event.ended.take() else { return Ok(Turn::NotRun) };
        let mut left = Vec::new();
        for delivery in &ended.deliveries {
            let parcel = Parcel { event: &event, ended: &ended, delivery, id: place.id };
            // Who stops the server does not wait for other services: what is not told comes again at the next start.
            let delivered = self.closing.run_until_cancelled(self.deliver(parcel)).await;
            let Some(delivered) = delivered else { return Ok(Turn::Closing) };
            if let Err(fault) = delivered {
                let tries = ended.failures + 1;
                if fault.is_lasting || tries >= DELIVERIES_MAX {
                    self.count_undelivered(&event, delivery, &fault);
                } else {
                    warn!(function = %event.function.arn(), to = delivery.arn(), tries, %fault, "a record is delivered later");
                    left.push(delivery.clone());
                }
            }
        }
        if left.is_empty() {
            self.replace(&record, None).await?;
            return Ok(Turn::NotRun);
        }
        ended = Ended { deliveries: left, failures: ended.failures + 1, ..ended };
        event.ended = Some(ended);
        let due = event.told_again(self.clock.now());
        self.replace(&record, Some((event, Place { due, ..place }))).await?;
        Ok(Turn::NotRun)
    }

    async fn deliver(&self, parcel: Parcel<'_>) -> Result<(), DeliveryError> {
        match function_of(parcel.delivery.arn()) {
            Some((id, qualifier)) => self.deliver_to_function(parcel, id, qualifier).await,
            None => self.queue.destinations.deliver(parcel).await,
        }
    }

    /// The record becomes an event of another function.
    async fn deliver_to_function(
        &self,
        parcel: Parcel<'_>,
        id: FunctionId,
        qualifier: Qualifier,
    ) -> Result<(), DeliveryError> {
        let Parcel { event, ended, delivery, .. } = parcel;
        let failed = |fault: &StoreError| DeliveryError { reason: fault.to_string(), is_lasting: false };
        let function = self.queue.store.get(&tables::FUNCTIONS, &tables::function_key(&id)).await;
        let Some(function) = function.map_err(|fault| failed(&fault))? else {
            return Err(DeliveryError { reason: "there is no such function".to_owned(), is_lasting: true });
        };
        if matches!(self.routes.find(&id, &qualifier, || 0.0), Err(InvokeError::NotFound)) {
            return Err(DeliveryError {
                reason: "there is no such version or alias".to_owned(),
                is_lasting: true,
            });
        }
        self.queue.destinations.may_invoke(parcel, &function.value, &qualifier)?;
        let whole = event.record(ended, true);
        let fits = whole.len() as u64 <= ASYNC_PAYLOAD_MAX_BYTES;
        let next = Event {
            trace_id: event.trace_id.as_deref().map(|trace_id| reached(trace_id, &id)),
            function: id,
            qualifier,
            incarnation: function.value.incarnation,
            request_id: self.dice.uuid().to_string(),
            invoked_function_arn: delivery.arn().to_owned(),
            payload: if fits { whole } else { event.record(ended, false) },
            received: self.clock.now(),
            attempts: 0,
            turned_away: 0,
            last: None,
            ended: None,
        };
        self.accept(&next).await.map_err(|fault| failed(&fault))
    }

    fn count_undelivered(&self, event: &Event, delivery: &Delivery, fault: &DeliveryError) {
        let measure = match delivery {
            Delivery::Destination(_) => Measure::DestinationDeliveryFailures,
            Delivery::DeadLetter(_) => Measure::DeadLetterErrors,
        };
        self.count_event(event, measure);
        error!(
            function = %event.function.arn(), request_id = event.request_id, to = delivery.arn(), %fault,
            "the record of an async event is lost: it cannot be delivered"
        );
    }
}

/// The function an ARN names, and what of it; nothing for the ARN of anything else.
fn function_of(arn: &str) -> Option<(FunctionId, Qualifier)> {
    let reference = Reference::read(arn).ok()?;
    let id = FunctionId {
        account: reference.account?.try_into().ok()?,
        region: reference.region?.try_into().ok()?,
        name: reference.name,
    };
    Some((id, reference.qualifier.unwrap_or(Qualifier::Latest)))
}
