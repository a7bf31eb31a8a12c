//! Carries the ends of asynchronous invocations to queues, topics, buses and buckets, in the form AWS gives each. Never
//! tries twice: the queue does.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use std::sync::Arc;

use async_trait::async_trait;
use lambent_core::account::Region;
use lambent_core::iam::Document;
use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::event::{Condition, Delivery};
use lambent_core::lambda::function::Function;
use lambent_core::limits::{BUS_ENTRY_MAX_BYTES, SNS_MESSAGE_MAX_BYTES, SQS_MESSAGE_MAX_BYTES};
use lambent_core::time::RealClock;
use lambent_dispatch::{DeliveryError, Destinations, Parcel};
use serde_json::{Value, json};

use super::event_permits::Giver;
use super::lookups::arn::Arn;
use crate::keys::KeyRing;
use crate::upstream::{Attribute, Fault, Roles, Session, Upstream, events, s3, sns, sqs};

/// Carries the ends of asynchronous invocations to other services, if there are any.
#[derive(Debug)]
pub struct Deliveries {
    upstream: Option<Upstream>,
    roles: Roles,
    keys: Arc<KeyRing>,
    clock: Arc<dyn RealClock>,
}

impl Deliveries {
    /// Carried to these services, as the roles on the ring may.
    #[must_use]
    pub fn new(upstream: Option<Upstream>, keys: Arc<KeyRing>, clock: Arc<dyn RealClock>) -> Self {
        Self { upstream, roles: Roles::default(), keys, clock }
    }

    fn permit(&self, parcel: Parcel<'_>, policy: Option<&Document>) -> Result<(), DeliveryError> {
        let Parcel { event, ended, delivery, .. } = parcel;
        let function = &event.function;
        let giver = Giver { keys: &self.keys, role: &ended.role, function, now: self.clock.wall() };
        giver.may_give(delivery.arn(), policy).map_err(|denied| lasting(&denied))
    }
}

#[async_trait]
impl Destinations for Deliveries {
    async fn deliver(&self, parcel: Parcel<'_>) -> Result<(), DeliveryError> {
        let upstream = self
            .upstream
            .as_ref()
            .ok_or_else(|| lasting("there are no other services: --upstream-endpoint says where they are"))?;
        let arn = Arn::read(parcel.delivery.arn()).ok_or_else(|| lasting("this is no ARN"))?;
        self.permit(parcel, None)?;
        told(self.send(upstream, arn, parcel).await)
    }

    fn may_invoke(
        &self,
        parcel: Parcel<'_>,
        target: &Function,
        qualifier: &Qualifier,
    ) -> Result<(), DeliveryError> {
        let policy = target.settings(qualifier).and_then(|settings| settings.policy.as_ref());
        // What is not understood allows nothing.
        let policy = policy.map(|policy| policy.document().unwrap_or_else(|_| Document::nothing()));
        self.permit(parcel, policy.as_ref())
    }
}

impl Deliveries {
    /// Sends a parcel in the name of the execution role.
    async fn send(&self, upstream: &Upstream, arn: Arn<'_>, parcel: Parcel<'_>) -> Result<(), Fault> {
        let Parcel { event, ended, delivery, .. } = parcel;
        let function = &event.function;
        let region = Region::try_from(arn.region.to_owned()).unwrap_or_else(|_none| function.region.clone());
        let now = self.clock.wall();
        let session = Session::by(upstream, function.account.clone(), region, now);
        let role = &ended.role;
        let credentials = match role.as_str() {
            // Kept by a server that did not note it.
            "" => None,
            role => self.roles.credentials(&session, role, &function.name, now).await?,
        };
        let session = session.signed_by(credentials).traced(event.trace_id.clone());
        let sent = match delivery {
            Delivery::DeadLetter(_) => dead_letter(&session, arn, parcel).await,
            Delivery::Destination(_) => record(&session, arn, parcel).await,
        };
        if matches!(&sent, Err(Fault::Refused(refused)) if refused.is_of_key()) {
            self.roles.forget(role, &function.name);
        }
        sent
    }
}

/// The event itself, and beside it what went wrong.
async fn dead_letter(session: &Session<'_>, arn: Arn<'_>, parcel: Parcel<'_>) -> Result<(), Fault> {
    let Parcel { event, ended, delivery, .. } = parcel;
    let attributes = event.dead_letter_attributes(ended);
    message(session, arn, delivery.arn(), &event.payload, &attributes).await
}

/// The record of the end.
async fn record(session: &Session<'_>, arn: Arn<'_>, parcel: Parcel<'_>) -> Result<(), Fault> {
    let Parcel { event, ended, delivery, id } = parcel;
    match arn.service {
        "s3" => {
            let time = ended.at.format("%Y/%m/%d/%Y-%m-%dT%H.%M.%S");
            let key = format!("aws/lambda/async/{}/{time}-{id}", event.function.name);
            s3::put(session, arn.resource, &key, event.record(ended, true)).await
        }
        "events" => {
            let record = within(parcel, BUS_ENTRY_MAX_BYTES);
            events::put(session, &entry(arn, parcel, &record)).await
        }
        "sns" => message(session, arn, delivery.arn(), &within(parcel, SNS_MESSAGE_MAX_BYTES), &[]).await,
        _ => message(session, arn, delivery.arn(), &within(parcel, SQS_MESSAGE_MAX_BYTES), &[]).await,
    }
}

async fn message(
    session: &Session<'_>,
    arn: Arn<'_>,
    whole: &str,
    body: &str,
    attributes: &[Attribute],
) -> Result<(), Fault> {
    match arn.service {
        "sns" => sns::publish(session, whole, body, attributes).await,
        // What is neither could not be set.
        _ => sqs::send(session, (arn.resource, arn.account), body, attributes).await,
    }
}

fn entry(arn: Arn<'_>, Parcel { event, ended, delivery, .. }: Parcel<'_>, record: &str) -> Value {
    // A bus of another account is named by its whole ARN.
    let own = (arn.account, arn.region) == (event.function.account.as_str(), event.function.region.as_str());
    let bus = if own { arn.resource.trim_start_matches("event-bus/") } else { delivery.arn() };
    let how = if ended.condition == Condition::Success { "Success" } else { "Failure" };
    let mut entry = json!({
        "Time": ended.at.as_secs(),
        "Source": "lambda",
        "Resources": [event.function.qualified_arn(&event.qualifier), delivery.arn()],
        "DetailType": format!("Lambda Function Invocation Result - {how}"),
        "Detail": record,
        "EventBusName": bus,
    });
    if let Some(trace_id) = &event.trace_id {
        entry["TraceHeader"] = trace_id.as_str().into();
    }
    entry
}

/// The record, without what callers and functions wrote where it would be too large for who gets it.
fn within(Parcel { event, ended, .. }: Parcel<'_>, limit_bytes: usize) -> String {
    let whole = event.record(ended, true);
    if whole.len() <= limit_bytes { whole } else { event.record(ended, false) }
}

fn lasting(reason: &str) -> DeliveryError {
    DeliveryError { reason: reason.to_owned(), is_lasting: true }
}

/// What a service said. A refusal is for good; a service that failed or cannot be reached may take it later.
fn told(answer: Result<(), Fault>) -> Result<(), DeliveryError> {
    answer.map_err(|fault| match fault {
        Fault::Refused(refused) if refused.is_of_now() => {
            DeliveryError { reason: format!("{}: {}", refused.code, refused.message), is_lasting: false }
        }
        Fault::Refused(refused) | Fault::NotServed(refused) => {
            lasting(&format!("{}: {}", refused.code, refused.message))
        }
        Fault::Upstream(fault) => DeliveryError { reason: fault.to_string(), is_lasting: false },
    })
}
