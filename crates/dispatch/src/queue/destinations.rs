//! Who carries the records of events that ended to other services. Never decides whether one is tried again.

use std::fmt;

use async_trait::async_trait;
use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::event::{Delivery, Ended, Event};
use lambent_core::lambda::function::Function;
use uuid::Uuid;

/// What is to be carried.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// The event.
    pub event: &'a Event,
    /// How it ended.
    pub ended: &'a Ended,
    /// To whom.
    pub delivery: &'a Delivery,
    /// Names what is carried where the receiver needs a name for it.
    pub id: Uuid,
}

/// Why a parcel was not delivered.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct DeliveryError {
    /// What happened.
    pub reason: String,
    /// Whether it will be so the next time too.
    pub is_lasting: bool,
}

/// Carries parcels to queues, topics, buses and buckets.
#[async_trait]
pub trait Destinations: fmt::Debug + Send + Sync {
    /// Delivers a parcel; it may come twice.
    ///
    /// # Errors
    /// [`DeliveryError`] if it was not taken.
    async fn deliver(&self, parcel: Parcel<'_>) -> Result<(), DeliveryError>;

    /// Whether a parcel may become an event of another function, what is meant of which by this qualifier.
    ///
    /// # Errors
    /// [`DeliveryError`] if the role of the function whose event ended may not invoke it.
    fn may_invoke(
        &self,
        parcel: Parcel<'_>,
        target: &Function,
        qualifier: &Qualifier,
    ) -> Result<(), DeliveryError>;
}
