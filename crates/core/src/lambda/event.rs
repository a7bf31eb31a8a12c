//! One asynchronous invocation from its acceptance to its end: a machine that says when it runs again, and what is told of
//! it at last. Never runs a function, and never sends what is told.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

mod handling;
mod record;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::handling::Handling;
use super::arn::{FunctionId, Qualifier};
use crate::limits::{EVENT_PAUSE_MAX, EVENT_PAUSE_MIN, EVENT_RETRY_FIRST, EVENT_RETRY_SECOND};
use crate::time::Timestamp;

/// Where an event stands in the queue of its function: who is due first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Not before this.
    pub due: Timestamp,
    /// Which event, of those due at that moment.
    pub id: Uuid,
}

/// One asynchronous invocation that was accepted and has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The function.
    pub function: FunctionId,
    /// What of it was invoked; `$LATEST` where the caller named none. An alias draws its version at each attempt.
    pub qualifier: Qualifier,
    /// Which function of that name: an event ends with its own.
    pub incarnation: Uuid,
    /// The id of the request, the same for every attempt.
    pub request_id: String,
    /// The ARN as the caller named the function.
    pub invoked_function_arn: String,
    /// What it is given: JSON.
    pub payload: String,
    /// `X-Amzn-Trace-Id`, which says how often the function was reached on the way here.
    pub trace_id: Option<String>,
    /// When it was accepted.
    pub received: Timestamp,
    /// How often the function ran and failed.
    pub attempts: u32,
    /// How often in a row it could not be run.
    pub turned_away: u32,
    /// What it answered when it last failed.
    #[serde(default)]
    pub last: Option<Response>,
    /// How it ended, while that is still to be told.
    pub ended: Option<Ended>,
}

/// What the function answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The version that ran.
    pub version: String,
    /// Whether the function failed.
    pub failed: bool,
    /// Its words, or the platform's in their place: JSON, unless the runtime gives something else.
    pub payload: String,
}

/// How an event ended, and who is still to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Why it ended.
    pub condition: Condition,
    /// What the last attempt answered; none if it was never run.
    pub response: Option<Response>,
    /// The role in whose name it is told: that of what ran, or would have.
    #[serde(default)]
    pub role: String,
    /// When.
    pub at: Timestamp,
    /// Who is still to be told.
    pub deliveries: Vec<Delivery>,
    /// How often somebody could not be told.
    pub failures: u32,
}

/// Why an event ended: `requestContext.condition` of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// The function did not fail.
    Success,
    /// It failed as often as it may.
    RetriesExhausted,
    /// It is too old to be tried again.
    EventAgeExceeded,
    /// The function's reserved concurrency is 0.
    ZeroReservedConcurrency,
    /// The function was run too often in one chain of requests.
    RecursiveInvocation,
}

/// Who is told of an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// A destination gets the record; its ARN.
    Destination(String),
    /// The dead-letter queue or topic gets the event itself; its ARN.
    DeadLetter(String),
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function was run.
    Ran(Response),
    /// It could not be run: a fault of the system, which is no attempt.
    TurnedAway,
    /// It may not be run: that would be one more turn of a loop.
    Loop,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is tried again then.
    Again(Event, Timestamp),
    /// It has ended; [`Event::ended`] says how, and who is to be told.
    Ended(Event),
}

impl Event {
    /// Why it ends before it is run again, if it does.
    #[must_use]
    pub fn expired(&self, handling: &Handling, now: Timestamp) -> Option<Condition> {
        if handling.is_stopped {
            return Some(Condition::ZeroReservedConcurrency);
        }
        (now > self.deadline(handling)).then_some(Condition::EventAgeExceeded)
    }

    /// Takes in what came of an attempt. AWS retries a failed function after one minute and then two; what could not be
    /// run comes again after a second, twice that and so on up to five minutes, until it is too old.
    #[must_use]
    pub fn step(self, outcome: Outcome, handling: &Handling, now: Timestamp) -> Step {
        match outcome {
            Outcome::Ran(response) => self.ran(response, handling, now),
            Outcome::TurnedAway => self.turned_away(handling, now),
            Outcome::Loop => Step::Ended(self.end(Condition::RecursiveInvocation, handling, now)),
        }
    }

    fn ran(mut self, response: Response, handling: &Handling, now: Timestamp) -> Step {
        let failed = response.failed;
        (self.turned_away, self.last) = (0, Some(response));
        if !failed {
            return Step::Ended(self.end(Condition::Success, handling, now));
        }
        self.attempts += 1;
        if self.attempts > handling.retries {
            return Step::Ended(self.end(Condition::RetriesExhausted, handling, now));
        }
        let due = now.plus(if self.attempts == 1 { EVENT_RETRY_FIRST } else { EVENT_RETRY_SECOND });
        if due > self.deadline(handling) {
            return Step::Ended(self.end(Condition::EventAgeExceeded, handling, now));
        }
        Step::Again(self, due)
    }

    fn turned_away(mut self, handling: &Handling, now: Timestamp) -> Step {
        if now >= self.deadline(handling) {
            return Step::Ended(self.end(Condition::EventAgeExceeded, handling, now));
        }
        let due = now.plus(pause(self.turned_away)).min(self.deadline(handling));
        self.turned_away += 1;
        Step::Again(self, due)
    }

    /// The last moment it may be tried.
    #[must_use]
    pub fn deadline(&self, handling: &Handling) -> Timestamp {
        self.received.plus(handling.age_max)
    }

    /// The same at its end: a failure goes to its destination and to the dead-letter queue, where both are set.
    #[must_use]
    pub fn end(mut self, condition: Condition, handling: &Handling, at: Timestamp) -> Self {
        let Handling { on_success, on_failure, dead_letter, .. } = handling;
        let deliveries = if condition == Condition::Success {
            on_success.iter().cloned().map(Delivery::Destination).collect()
        } else {
            let destination = on_failure.iter().cloned().map(Delivery::Destination);
            destination.chain(dead_letter.iter().cloned().map(Delivery::DeadLetter)).collect()
        };
        let (response, role) = (self.last.take(), handling.role.clone());
        self.ended = Some(Ended { condition, response, role, at, deliveries, failures: 0 });
        self
    }

    /// When those who could not be told are told again.
    #[must_use]
    pub fn told_again(&self, now: Timestamp) -> Timestamp {
        now.plus(pause(self.ended.as_ref().map_or(0, |ended| ended.failures.saturating_sub(1))))
    }
}

impl Condition {
    /// As AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
            Self::RecursiveInvocation => "RecursiveInvocation",
        }
    }
}

impl Delivery {
    /// Where it goes: an ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        match self {
            Self::Destination(arn) | Self::DeadLetter(arn) => arn,
        }
    }
}

/// The pause after so many others: a second, and each next twice as long.
pub fn pause(before: u32) -> std::time::Duration {
    let factor = 1_u32.checked_shl(before).unwrap_or(u32::MAX).max(1);
    EVENT_PAUSE_MIN.saturating_mul(factor).min(EVENT_PAUSE_MAX)
}
