//! What an alarm's datapoints mean: M out of N, and what stands in for those that are missing. Never asks for datapoints.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>

use serde::{Deserialize, Serialize};

use super::State;
use crate::limits::ALARM_PERIODS_BEYOND;
use crate::time::Timestamp;

/// How a datapoint is compared with the threshold: `ComparisonOperator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// It breaches from the threshold on.
    GreaterThanOrEqualToThreshold,
    /// It breaches above.
    GreaterThanThreshold,
    /// It breaches below.
    LessThanThreshold,
    /// It breaches up to the threshold.
    LessThanOrEqualToThreshold,
}

impl Comparison {
    /// By AWS's name; none for those of anomaly detection.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        [
            Self::GreaterThanOrEqualToThreshold,
            Self::GreaterThanThreshold,
            Self::LessThanThreshold,
            Self::LessThanOrEqualToThreshold,
        ]
        .into_iter()
        .find(|comparison| comparison.as_str() == name)
    }

    /// AWS's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "GreaterThanOrEqualToThreshold",
            Self::GreaterThanThreshold => "GreaterThanThreshold",
            Self::LessThanThreshold => "LessThanThreshold",
            Self::LessThanOrEqualToThreshold => "LessThanOrEqualToThreshold",
        }
    }

    /// Whether a value breaches the threshold.
    #[must_use]
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }
}

/// What a missing datapoint counts as: `TreatMissingData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Missing {
    /// Nothing: without any there is too little data.
    #[default]
    Missing,
    /// Nothing: the state stays as it is.
    Ignore,
    /// As one that breaches.
    Breaching,
    /// As one that does not.
    NotBreaching,
}

impl Missing {
    /// By AWS's name.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        [Self::Missing, Self::Ignore, Self::Breaching, Self::NotBreaching]
            .into_iter()
            .find(|missing| missing.as_str() == name)
    }

    /// AWS's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Ignore => "ignore",
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
        }
    }
}

/// When an alarm goes off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// How datapoints are compared.
    pub comparison: Comparison,
    /// With what.
    pub threshold: f64,
    /// N: how many of the last datapoints count.
    pub evaluation_periods: u32,
    /// M: how many of those must breach. As many as count, if not given.
    pub datapoints_to_alarm: Option<u32>,
    /// What stands in for missing ones.
    pub missing: Missing,
}

/// What one period says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datapoint {
    /// The beginning of the period.
    pub at: Timestamp,
    /// The statistic.
    pub value: f64,
}

/// What came of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The state; none where it stays what it is, whatever that is.
    pub state: Option<State>,
    /// The datapoints that counted, oldest first.
    pub datapoints: Vec<Datapoint>,
    /// How many that should have counted were missing.
    pub missing: u32,
}

impl Rule {
    /// M: how many of the datapoints that count must breach.
    #[must_use]
    pub fn to_alarm(&self) -> u32 {
        self.datapoints_to_alarm.unwrap_or(self.evaluation_periods)
    }

    /// How many periods are looked at: more than count, so that late or missing ones can be made up by older ones.
    #[must_use]
    pub fn periods(&self) -> u32 {
        self.evaluation_periods.saturating_add(ALARM_PERIODS_BEYOND)
    }

    /// Whether a value breaches.
    #[must_use]
    pub fn breaches(&self, value: f64) -> bool {
        self.comparison.breaches(value, self.threshold)
    }

    /// Judges the periods looked at, oldest first, none for each without data.
    #[must_use]
    pub fn judge(&self, periods: &[Option<Datapoint>]) -> Evaluated {
        let there: Vec<(usize, Datapoint)> =
            periods.iter().rev().enumerate().filter_map(|(age, point)| Some((age + 1, (*point)?))).collect();
        let counted = &there[..there.len().min(self.evaluation_periods as usize)];
        let breaching = count(counted.iter().filter(|(_, point)| self.breaches(point.value)));
        let missing = self.evaluation_periods - count(counted.iter());
        let datapoints = counted.iter().rev().map(|(_, point)| *point).collect();
        let oldest = counted.last().map(|(age, _)| *age);
        let state = self.state(counted.len(), breaching, missing, oldest);
        Evaluated { state, datapoints, missing }
    }

    fn state(&self, there: usize, breaching: u32, missing: u32, oldest: Option<usize>) -> Option<State> {
        let all_breach = breaching as usize == there;
        let alarm_or_ok =
            |breaching| Some(if breaching >= self.to_alarm() { State::Alarm } else { State::Ok });
        match self.missing {
            _ if missing == 0 || breaching >= self.to_alarm() => alarm_or_ok(breaching),
            Missing::Breaching => alarm_or_ok(breaching + missing),
            Missing::NotBreaching => Some(State::Ok),
            // One that does not breach says that all is well, however few there are.
            Missing::Missing | Missing::Ignore if there > 0 && !all_breach => Some(State::Ok),
            Missing::Ignore => None,
            // What breached long enough ago would have been joined by others by now, had there been any.
            Missing::Missing if oldest.is_some_and(|age| age >= self.to_alarm() as usize) => {
                Some(State::Alarm)
            }
            Missing::Missing => Some(State::InsufficientData),
        }
    }
}

fn count<T>(things: impl Iterator<Item = T>) -> u32 {
    u32::try_from(things.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Periods as AWS's documentation writes them: `0` does not breach, `X` does, `-` is missing.
    fn judged(periods: &str, to_alarm: u32, missing: Missing) -> Option<State> {
        let point = |(at, mark): (usize, char)| {
            let at = Timestamp::from_millis(i64::try_from(at).unwrap() * 60_000);
            (mark != '-').then_some(Datapoint { at, value: f64::from(u8::from(mark == 'X')) })
        };
        let periods: Vec<_> = periods.split(' ').flat_map(str::chars).enumerate().map(point).collect();
        let rule = Rule {
            comparison: Comparison::GreaterThanThreshold,
            threshold: 0.5,
            evaluation_periods: 3,
            datapoints_to_alarm: Some(to_alarm),
            missing,
        };
        rule.judge(&periods).state
    }

    #[track_caller]
    fn check(periods: &str, to_alarm: u32, expected: [Option<State>; 4]) {
        let ways = [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];
        assert_eq!(ways.map(|missing| judged(periods, to_alarm, missing)), expected, "{periods}");
    }

    const OK: Option<State> = Some(State::Ok);
    const ALARM: Option<State> = Some(State::Alarm);
    const UNKNOWN: Option<State> = Some(State::InsufficientData);

    #[test]
    fn three_of_three_as_aws_documents_it() {
        check("0 - X - X", 3, [OK; 4]);
        check("- - - - 0", 3, [OK; 4]);
        check("- - - - -", 3, [UNKNOWN, None, ALARM, OK]);
        check("0 X X - X", 3, [ALARM; 4]);
        check("- - X - -", 3, [ALARM, None, ALARM, OK]);
    }

    #[test]
    fn two_of_three_as_aws_documents_it() {
        check("0 - X - X", 2, [ALARM; 4]);
        check("0 0 X 0 X", 2, [ALARM; 4]);
        check("0 - X - -", 2, [OK, OK, ALARM, OK]);
        check("- - - - 0", 2, [OK, OK, ALARM, OK]);
        check("- - - X -", 2, [ALARM, None, ALARM, OK]);
    }

    #[test]
    fn what_just_breached_is_not_yet_an_alarm() {
        check("- - - - X", 3, [UNKNOWN, None, ALARM, OK]);
        check("- - - - X", 1, [ALARM; 4]);
    }

    #[test]
    fn each_operator_compares_its_way() {
        use Comparison::*;
        let breaching = |comparison: Comparison| [1.0, 2.0, 3.0].map(|value| comparison.breaches(value, 2.0));
        assert_eq!(breaching(GreaterThanOrEqualToThreshold), [false, true, true]);
        assert_eq!(breaching(GreaterThanThreshold), [false, false, true]);
        assert_eq!(breaching(LessThanThreshold), [true, false, false]);
        assert_eq!(breaching(LessThanOrEqualToThreshold), [true, true, false]);
        assert_eq!(Comparison::read("LessThanLowerThreshold"), None);
        assert_eq!(Comparison::read("LessThanThreshold"), Some(LessThanThreshold));
    }
}
