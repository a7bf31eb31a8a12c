//! An alarm over its minutes.

use super::*;
use crate::monitoring::metric::MetricKey;

const MINUTE_MS: i64 = 60_000;

fn alarm(missing: Missing) -> Alarm {
    let metric = MetricKey::new("AWS/Lambda", "Errors", Vec::new());
    Alarm {
        id: AlarmId {
            account: AccountId::default_account(),
            region: Region::default_region(),
            name: "errors".into(),
        },
        description: None,
        actions: Actions::default(),
        watch: Watch::Single { metric, stat: "Sum".into(), period_s: 60, unit: None, low_samples: None },
        rule: Rule {
            comparison: Comparison::GreaterThanThreshold,
            threshold: 0.0,
            evaluation_periods: 1,
            datapoints_to_alarm: None,
            missing,
        },
        missing_given: false,
        configured: at(0),
        standing: Standing::initial(at(0)),
        tags: BTreeMap::new(),
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * MINUTE_MS)
}

/// The state after each minute in which this value was there, or none.
fn states(alarm: &mut Alarm, values: &[Option<f64>]) -> Vec<State> {
    let mut states = Vec::new();
    for minute in 1..=i64::try_from(values.len()).unwrap() {
        let (start, end) = alarm.window(at(minute));
        assert_eq!(end, at(minute));
        let periods: Vec<_> = (start.as_millis() / MINUTE_MS..minute)
            .map(|m| {
                let value = usize::try_from(m).ok().and_then(|m| values.get(m).copied()).flatten()?;
                Some(Datapoint { at: at(m), value })
            })
            .collect();
        _ = alarm.step(&periods, at(minute));
        states.push(alarm.standing.state);
    }
    states
}

#[test]
fn an_alarm_goes_off_and_comes_back() {
    use State::{Alarm as Alarmed, InsufficientData, Ok};
    let mut errors = alarm(Missing::Missing);
    let values = [None, Some(0.0), Some(2.0), Some(0.0), None, None, None];
    let expected = [InsufficientData, Ok, Alarmed, Ok, Ok, Ok, InsufficientData];
    assert_eq!(states(&mut errors, &values), expected);
    let mut errors = alarm(Missing::NotBreaching);
    assert_eq!(states(&mut errors, &[None, Some(2.0), None]), [Ok, Alarmed, Alarmed]);
}

#[test]
fn a_state_that_stays_keeps_its_reason_and_time() {
    let mut errors = alarm(Missing::Missing);
    let period = |value| [Some(Datapoint { at: at(1), value })];
    let first = errors.step(&period(2.0), at(2)).expect("it went off");
    assert_eq!((first.old.state, first.new.state), (State::InsufficientData, State::Alarm));
    assert_eq!(errors.step(&period(3.0), at(3)), None);
    assert_eq!((errors.standing.updated, errors.standing.transitioned), (at(2), at(2)));
    _ = errors.become_another(State::Alarm, "said so".into(), None, at(4));
    assert_eq!((errors.standing.updated, errors.standing.transitioned), (at(4), at(2)));
}

#[test]
fn evaluations_are_at_whole_minutes_or_shorter_periods() {
    let mut errors = alarm(Missing::Missing);
    assert_eq!(errors.due(Timestamp::from_millis(61_000)), at(2));
    assert_eq!(errors.due(at(2)), at(3));
    if let Watch::Single { period_s, .. } = &mut errors.watch {
        *period_s = 10;
    }
    assert_eq!(errors.due(Timestamp::from_millis(61_000)), Timestamp::from_millis(70_000));
}
