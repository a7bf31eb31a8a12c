//! What holds for the asynchronous invocations of one qualifier. Never changes it.

use std::time::Duration;

use crate::lambda::arn::Qualifier;
use crate::lambda::function::Function;
use crate::limits::{EVENT_AGE_MAX, EVENT_RETRIES_MAX};

/// What holds for the asynchronous invocations of one qualifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    /// How often a function that failed is run again: 0 to 2.
    pub retries: u32,
    /// How old an event may become: a minute to six hours.
    pub age_max: Duration,
    /// Whether nothing may run: the function's reserved concurrency is 0.
    pub is_stopped: bool,
    /// Where the record of a success goes.
    pub on_success: Option<String>,
    /// Where the record of a failure goes.
    pub on_failure: Option<String>,
    /// Where an event goes that failed.
    pub dead_letter: Option<String>,
    /// The execution role: that of `$LATEST`, until something else has run.
    pub role: String,
}

impl Handling {
    /// As it is set for the qualifier that was invoked; the dead-letter queue is the function's.
    #[must_use]
    pub fn of(function: &Function, qualifier: &Qualifier) -> Self {
        let set = function.settings(qualifier).and_then(|settings| settings.event_invoke.as_ref());
        let age_s = set.and_then(|set| set.maximum_event_age_s);
        Self {
            retries: set.and_then(|set| set.maximum_retry_attempts).unwrap_or(EVENT_RETRIES_MAX),
            age_max: age_s.map_or(EVENT_AGE_MAX, |age_s| Duration::from_secs(age_s.into())),
            is_stopped: function.reserved_concurrency == Some(0),
            on_success: set.and_then(|set| set.on_success.clone()),
            on_failure: set.and_then(|set| set.on_failure.clone()),
            dead_letter: function.latest.configuration.dead_letter.clone().filter(|arn| !arn.is_empty()),
            role: function.latest.configuration.role.clone(),
        }
    }
}
