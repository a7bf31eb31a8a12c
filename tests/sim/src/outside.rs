//! What surrounds the data plane of a world: sessions that are counted, queues that take what they are told, and logs that
//! nobody keeps.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::function::Function;
use lambent_core::limits::{DELIVERIES_MAX, EVENT_RETRY_SECOND};
use lambent_core::time::Clock as _;
use lambent_dispatch::{
    DeliveryError, Destinations, Line, LogSink, Parcel, RoleCredentials, SessionKeys, Source,
};
use tokio::time::sleep;

use crate::ledger::{Answered, Call, Kind};
use crate::sim::Sim;

/// Lines that each invocation has.
const LINES: [&str; 3] = ["START", "END", "REPORT"];

/// All that surrounds it.
#[derive(Clone)]
pub(crate) struct Outside(pub(crate) Arc<Sim>);

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}

impl RoleCredentials for Outside {
    fn issue(&self, _role_arn: &str, _function: &FunctionId) -> SessionKeys {
        self.0.sessions.fetch_add(1, Ordering::SeqCst);
        let id = || "session".to_owned();
        SessionKeys { access_key_id: id(), secret_access_key: id(), session_token: id() }
    }

    fn revoke(&self, _access_key_id: &str) {
        self.0.sessions.fetch_sub(1, Ordering::SeqCst);
    }
}

impl LogSink for Outside {
    fn write(&self, line: &Line<'_>) {
        let text = String::from_utf8_lossy(line.text);
        let mut words = text.split_ascii_whitespace();
        let kind = words.next().and_then(|kind| LINES.iter().position(|known| *known == kind));
        let (Some(kind), Some("RequestId:"), Some(id)) = (kind, words.next(), words.next()) else { return };
        if let Some(call) = self.0.ledger().calls.get_mut(id) {
            call.lines[kind] += 1;
        }
    }

    fn wants(&self, _source: Source) -> bool {
        true
    }
}

#[async_trait]
impl Destinations for Outside {
    async fn deliver(&self, parcel: Parcel<'_>) -> Result<(), DeliveryError> {
        let sim = &self.0;
        let (id, condition) = (&parcel.event.request_id, parcel.ended.condition.as_str());
        sleep(sim.outside_fate.span(0, 200)).await;
        if !sim.is_calm() && sim.outside_fate.chance(sim.world.faults.outside) {
            let is_lasting = sim.outside_fate.chance(100);
            sim.say(&format!("{} does not take {id} {condition}, {is_lasting}", parcel.delivery.arn()));
            // Who was tried as often as may be is given up, with a line in the log and a metric: that is the end of it.
            if sim.is_given_up(id, parcel.delivery.arn()) || is_lasting {
                sim.is_told(id, condition);
            }
            return Err(DeliveryError { reason: "not now".to_owned(), is_lasting });
        }
        sim.say(&format!("{} takes {id} {condition}", parcel.delivery.arn()));
        sim.is_told(id, condition);
        Ok(())
    }

    /// Every role may invoke every function of the world.
    fn may_invoke(
        &self,
        _parcel: Parcel<'_>,
        _target: &Function,
        _qualifier: &Qualifier,
    ) -> Result<(), DeliveryError> {
        Ok(())
    }
}

impl Sim {
    /// Somebody does not take an end: whether that was the last try.
    fn is_given_up(&self, id: &str, by: &str) -> bool {
        let mut ledger = self.ledger();
        let Some(call) = ledger.calls.get_mut(id) else { return false };
        let times = call.not_taken.entry(by.to_owned()).or_default();
        *times += 1;
        *times >= DELIVERIES_MAX
    }

    /// A record says how something has ended.
    pub(crate) fn told(&self, record: &[u8], by: &str) {
        let record: serde_json::Value = serde_json::from_slice(record).unwrap_or_default();
        let context = &record["requestContext"];
        let (Some(id), Some(condition)) = (context["requestId"].as_str(), context["condition"].as_str())
        else {
            return self.broken(format!("{by} was told {record}, which is no record"));
        };
        self.say(&format!("{by} takes {id} {condition}"));
        self.is_told(id, condition);
    }

    /// Somebody was told of an end: whether it can be so.
    fn is_told(&self, id: &str, condition: &str) {
        const CONDITIONS: [&str; 4] =
            ["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"];
        let mut ledger = self.ledger();
        let Some(call) = ledger.calls.get_mut(id) else {
            drop(ledger);
            return self.broken(format!("an end of {id} is told, which nobody asked for"));
        };
        if let Some(known) = CONDITIONS.iter().find(|known| **known == condition) {
            call.told.insert(known);
        }
        let call = call.clone();
        drop(ledger);
        if call.kind == Kind::Sync || call.answered == Answered::Refused {
            self.broken(format!("{id} is told to have ended by {condition}, and was no event"));
        }
        if condition == "Success" && call.succeeded == 0 {
            self.broken(format!("{id} is told to have succeeded, and has not"));
        }
        if !self.may_end(&call, condition) {
            self.broken(format!("{id} is told to have ended by {condition}, which cannot be: {call:?}"));
        }
        if call.told.len() > 1 && self.ledger().mishaps == call.mishaps {
            self.broken(format!("{id} has ended by {:?}", call.told));
        }
    }

    /// Whether an event can have ended so by what was set since it was asked for.
    fn may_end(&self, call: &Call, condition: &str) -> bool {
        let now = self.clock.now();
        let has_jumped = self.ledger().has_jumped;
        self.function(&call.function, |f| match condition {
            "ZeroReservedConcurrency" => f.reserved.since(call.asked.reserved).contains(&Some(0)),
            // It ends as soon as its next attempt would come too late.
            "EventAgeExceeded" => {
                let ages = f.handled_since(&call.asked, &call.qualifier);
                let least = ages.iter().map(|(_, age_s)| *age_s).min().unwrap_or(0);
                now.plus(EVENT_RETRY_SECOND) >= call.asked_at.plus(Duration::from_secs(least)) || has_jumped
            }
            _ => true,
        })
    }
}
