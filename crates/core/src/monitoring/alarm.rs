//! Metric alarms: what they watch, what state they are in and why. A machine that is asked at each evaluation, and says what
//! changed; never asks for datapoints, and never does an alarm's actions.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html>

mod history;
mod reason;
mod rule;
mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::history::{HistoryItem, HistoryKind};
use self::reason::Asked;
pub use self::rule::{Comparison, Datapoint, Evaluated, Missing, Rule};
pub use self::watch::{Query, Source, Watch};
use crate::account::{AccountId, Region};
use crate::time::Timestamp;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The threshold is not crossed.
    Ok,
    /// It is.
    Alarm,
    /// There is too little data to say.
    InsufficientData,
}

impl State {
    /// By AWS's name.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.as_str() == name)
    }

    /// AWS's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// Which alarm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlarmId {
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// Its name: 1 to 255 characters.
    pub name: String,
}

impl AlarmId {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { account, region, name } = self;
        format!("arn:{}:cloudwatch:{region}:{account}:alarm:{name}", region.partition())
    }
}

/// What is done when a state is reached: ARNs, at most five a state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actions {
    /// Whether any is done: `ActionsEnabled`.
    pub enabled: bool,
    /// On `OK`.
    pub ok: Vec<String>,
    /// On `ALARM`.
    pub alarm: Vec<String>,
    /// On `INSUFFICIENT_DATA`.
    pub insufficient_data: Vec<String>,
}

impl Actions {
    /// Those of one state, whether they are enabled or not.
    #[must_use]
    pub fn of(&self, state: State) -> &[String] {
        match state {
            State::Ok => &self.ok,
            State::Alarm => &self.alarm,
            State::InsufficientData => &self.insufficient_data,
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.ok.iter().chain(&self.alarm).chain(&self.insufficient_data)
    }
}

/// A state, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// `StateReason`.
    pub reason: String,
    /// `StateReasonData`: JSON.
    pub data: Option<String>,
    /// When state or reason were last written: `StateUpdatedTimestamp`.
    pub updated: Timestamp,
    /// When the state last became another: `StateTransitionedTimestamp`.
    pub transitioned: Timestamp,
}

/// A metric alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Which.
    pub id: AlarmId,
    /// `AlarmDescription`.
    pub description: Option<String>,
    /// What is done.
    pub actions: Actions,
    /// What it watches.
    pub watch: Watch,
    /// When it goes off.
    pub rule: Rule,
    /// Whether `TreatMissingData` was given: it is shown only then.
    pub missing_given: bool,
    /// When it was last put: `AlarmConfigurationUpdatedTimestamp`.
    pub configured: Timestamp,
    /// Its state.
    pub standing: Standing,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// An alarm has another state.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// What was.
    pub old: Standing,
    /// What is.
    pub new: Standing,
}

impl Standing {
    /// Of an alarm that was just created.
    #[must_use]
    pub fn initial(now: Timestamp) -> Self {
        Self {
            state: State::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            data: None,
            updated: now,
            transitioned: now,
        }
    }

    /// What follows it.
    #[must_use]
    pub fn then(&self, state: State, reason: String, data: Option<String>, now: Timestamp) -> Self {
        let transitioned = if state == self.state { self.transitioned } else { now };
        Self { state, reason, data, updated: now, transitioned }
    }
}

impl Alarm {
    /// How often it is evaluated: each minute, or each period where that is shorter.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.watch.period().min(Duration::from_secs(60))
    }

    /// When it is evaluated next after `last`.
    #[must_use]
    pub fn due(&self, last: Timestamp) -> Timestamp {
        let every_ms = i64::try_from(self.every().as_millis()).unwrap_or(i64::MAX).max(1);
        Timestamp::from_millis((last.as_millis().div_euclid(every_ms) + 1) * every_ms)
    }

    /// The periods that count at `now`: the beginnings of the first and the end of the last, which is over.
    #[must_use]
    pub fn window(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let every_ms = i64::try_from(self.every().as_millis()).unwrap_or(i64::MAX).max(1);
        let end = Timestamp::from_millis(now.as_millis().div_euclid(every_ms) * every_ms);
        (end.minus(self.watch.period() * self.rule.periods()), end)
    }

    /// Takes in what was found at `now`: the periods of its [`window`](Self::window), oldest first. Says what changed; where
    /// nothing did, it is as it was.
    #[must_use]
    pub fn step(&mut self, periods: &[Option<Datapoint>], now: Timestamp) -> Option<Transition> {
        let found = self.rule.judge(periods);
        let state = found.state?;
        if state == self.standing.state && !self.standing.reason.starts_with("Unchecked:") {
            return None;
        }
        let period = self.watch.period();
        let period_s = u32::try_from(period.as_secs()).unwrap_or(u32::MAX);
        let last = self.window(now).1.minus(period);
        let (statistic, unit) = (self.watch.statistic(), self.watch.unit());
        let data = reason::data(&self.rule, &found, Asked { at: now, statistic, unit, period_s, last });
        let reason = reason::words(&self.rule, state, &found);
        Some(self.become_another(state, reason, Some(data), now))
    }

    /// Takes a state somebody found, or set.
    pub fn become_another(
        &mut self,
        state: State,
        reason: String,
        data: Option<String>,
        now: Timestamp,
    ) -> Transition {
        let new = self.standing.then(state, reason, data, now);
        let old = std::mem::replace(&mut self.standing, new.clone());
        Transition { old, new }
    }
}

#[cfg(test)]
mod tests;
