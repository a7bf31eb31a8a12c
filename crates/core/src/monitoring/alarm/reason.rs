//! Why an alarm is in its state, in AWS's words: `StateReason` and `StateReasonData`. Never decides the state.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::State;
use super::rule::{Comparison, Datapoint, Evaluated, Missing, Rule};
use crate::time::Timestamp;

/// What stands besides the datapoints in `StateReasonData`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// When the alarm was evaluated.
    pub(super) at: Timestamp,
    /// `Sum` or `p99`.
    pub(super) statistic: Option<&'a str>,
    /// The unit, where the alarm names one.
    pub(super) unit: Option<&'a str>,
    /// The period.
    pub(super) period_s: u32,
    /// The beginning of the last period that was looked at.
    pub(super) last: Timestamp,
}

/// The reason of a state that was found.
#[must_use]
pub(super) fn words(rule: &Rule, state: State, found: &Evaluated) -> String {
    let Evaluated { datapoints, missing, .. } = found;
    match state {
        State::InsufficientData => format!("Insufficient Data: {} unknown.", counted(*missing, "datapoint")),
        State::Ok | State::Alarm if datapoints.is_empty() => format!(
            "Threshold Crossed: no datapoints were received for {} and {} treated as [{}].",
            number(*missing, "period"),
            counted(*missing, "missing datapoint"),
            treated(rule.missing),
        ),
        State::Ok | State::Alarm => crossed(rule, state == State::Alarm, datapoints),
    }
}

/// `Threshold Crossed: 1 out of the last 1 datapoints [5.0 (…)] was greater than the threshold (1.0) …`
fn crossed(rule: &Rule, alarm: bool, datapoints: &[Datapoint]) -> String {
    let telling: Vec<&Datapoint> =
        datapoints.iter().filter(|point| rule.breaches(point.value) == alarm).collect();
    let shown: Vec<String> = telling
        .iter()
        .rev()
        .map(|point| format!("{} ({})", double(point.value), point.at.format("%d/%m/%y %H:%M:%S")))
        .collect();
    let (minimum, way) = if alarm {
        (rule.to_alarm(), "OK -> ALARM")
    } else {
        (rule.evaluation_periods.saturating_sub(rule.to_alarm()) + 1, "ALARM -> OK")
    };
    let mut text = format!(
        "Threshold Crossed: {} out of the last {} datapoints [{}] {} {}{} the threshold ({})",
        telling.len(),
        rule.evaluation_periods,
        shown.join(", "),
        if telling.len() == 1 { "was" } else { "were" },
        if alarm { "" } else { "not " },
        operator(rule.comparison),
        double(rule.threshold),
    );
    _ = write!(text, " (minimum {} for {way} transition).", number(minimum, "datapoint"));
    text
}

/// `StateReasonData`: the datapoints and what was asked, as JSON.
#[must_use]
pub(super) fn data(rule: &Rule, found: &Evaluated, asked: Asked<'_>) -> String {
    let time = |at: Timestamp| at.to_lambda_string();
    let mut data = serde_json::Map::new();
    data.insert("version".to_owned(), json!("1.0"));
    data.insert("queryDate".to_owned(), json!(time(asked.at)));
    if let Some(first) = found.datapoints.first() {
        data.insert("startDate".to_owned(), json!(time(first.at)));
    }
    let mut optional = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            data.insert(name.to_owned(), json!(value));
        }
    };
    optional("unit", asked.unit);
    optional("statistic", asked.statistic);
    let values: Vec<f64> = found.datapoints.iter().map(|point| point.value).collect();
    let mut evaluated: Vec<Value> = found
        .datapoints
        .iter()
        .rev()
        .map(|point| json!({ "timestamp": time(point.at), "value": point.value }))
        .collect();
    if evaluated.is_empty() {
        let back = |periods: u32| asked.last.minus(Duration::from_secs(u64::from(asked.period_s)) * periods);
        evaluated = (0..found.missing).map(|periods| json!({ "timestamp": time(back(periods)) })).collect();
    }
    data.insert("period".to_owned(), json!(asked.period_s));
    data.insert("recentDatapoints".to_owned(), json!(values));
    data.insert("threshold".to_owned(), json!(rule.threshold));
    data.insert("evaluatedDatapoints".to_owned(), json!(evaluated));
    Value::Object(data).to_string()
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::GreaterThanOrEqualToThreshold => "greater than or equal to",
        Comparison::GreaterThanThreshold => "greater than",
        Comparison::LessThanThreshold => "less than",
        Comparison::LessThanOrEqualToThreshold => "less than or equal to",
    }
}

fn treated(missing: Missing) -> &'static str {
    match missing {
        Missing::Breaching => "Breaching",
        Missing::NotBreaching => "NonBreaching",
        Missing::Ignore => "Ignore",
        Missing::Missing => "Missing",
    }
}

/// `1 datapoint`, `2 datapoints`.
fn number(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `1 datapoint was`, `2 datapoints were`.
fn counted(count: u32, what: &str) -> String {
    format!("{} {}", number(count, what), if count == 1 { "was" } else { "were" })
}

/// A number as Java prints it: `5.0`, `0.25`, `1.0E7`.
fn double(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&size) || !value.is_finite() {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, power)) if !digits.contains('.') => format!("{digits}.0E{power}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(evaluation_periods: u32, datapoints_to_alarm: u32, missing: Missing) -> Rule {
        Rule {
            comparison: Comparison::GreaterThanThreshold,
            threshold: 1.0,
            evaluation_periods,
            datapoints_to_alarm: Some(datapoints_to_alarm),
            missing,
        }
    }

    fn point(minute: i64, value: f64) -> Option<Datapoint> {
        let at = Timestamp::read_iso("2026-11-23T22:00:00Z").unwrap();
        Some(Datapoint { at: Timestamp::from_millis(at.as_millis() + minute * 60_000), value })
    }

    #[track_caller]
    fn check(rule: &Rule, periods: &[Option<Datapoint>], expected: &str) {
        let found = rule.judge(periods);
        assert_eq!(words(rule, found.state.expect("a state"), &found), expected);
    }

    #[test]
    fn a_crossed_threshold_is_told_with_its_datapoints() {
        check(
            &rule(1, 1, Missing::Missing),
            &[point(0, 5.0)],
            "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (23/11/26 22:00:00)] was greater than the \
             threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
        );
        check(
            &rule(3, 2, Missing::Missing),
            &[point(0, 5.0), point(1, 0.0), point(2, 6.5)],
            "Threshold Crossed: 2 out of the last 3 datapoints [6.5 (23/11/26 22:02:00), 5.0 (23/11/26 22:00:00)] \
             were greater than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).",
        );
        check(
            &rule(3, 2, Missing::Missing),
            &[point(0, 5.0), point(1, 0.0), point(2, 1.0)],
            "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (23/11/26 22:02:00), 0.0 (23/11/26 22:01:00)] \
             were not greater than the threshold (1.0) (minimum 2 datapoints for ALARM -> OK transition).",
        );
    }

    #[test]
    fn missing_datapoints_are_told_as_what_they_count() {
        check(&rule(1, 1, Missing::Missing), &[None], "Insufficient Data: 1 datapoint was unknown.");
        check(&rule(3, 3, Missing::Missing), &[None; 3], "Insufficient Data: 3 datapoints were unknown.");
        check(
            &rule(1, 1, Missing::NotBreaching),
            &[None],
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as \
             [NonBreaching].",
        );
        check(
            &rule(2, 2, Missing::Breaching),
            &[None; 2],
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as \
             [Breaching].",
        );
    }

    #[test]
    fn the_data_is_what_aws_gives() {
        let rule = rule(1, 1, Missing::Missing);
        let found = rule.judge(&[point(0, 5.0)]);
        let at = Timestamp::read_iso("2026-11-23T22:01:12.5Z").unwrap();
        let last = Timestamp::read_iso("2026-11-23T22:00:00Z").unwrap();
        let asked = Asked { at, statistic: Some("Sum"), unit: None, period_s: 60, last };
        assert_eq!(
            data(&rule, &found, asked),
            "{\"version\":\"1.0\",\"queryDate\":\"2026-11-23T22:01:12.500+0000\",\
             \"startDate\":\"2026-11-23T22:00:00.000+0000\",\"statistic\":\"Sum\",\"period\":60,\
             \"recentDatapoints\":[5.0],\"threshold\":1.0,\"evaluatedDatapoints\":\
             [{\"timestamp\":\"2026-11-23T22:00:00.000+0000\",\"value\":5.0}]}"
        );
        let nothing = data(&rule, &rule.judge(&[None]), asked);
        let told = "\"recentDatapoints\":[],\"threshold\":1.0,\
                    \"evaluatedDatapoints\":[{\"timestamp\":\"2026-11-23T22:00:00.000+0000\"}]}";
        assert!(nothing.ends_with(told) && !nothing.contains("startDate"), "{nothing}");
    }

    #[test]
    fn numbers_are_printed_as_java_does() {
        for (value, expected) in
            [(5.0, "5.0"), (0.25, "0.25"), (1e7, "1.0E7"), (1.5e-4, "1.5E-4"), (-3.0, "-3.0")]
        {
            assert_eq!(double(value), expected);
        }
    }
}
