//! What an alarm sees when it is evaluated: the values of its periods, and whether there are enough of them. Never decides
//! what they mean.

use std::collections::BTreeMap;

use lambent_core::monitoring::alarm::{Alarm, Datapoint, Watch};
use lambent_core::monitoring::statistic::Statistic;
use lambent_core::time::Timestamp;
use lambent_store::StoreError;
use tracing::warn;

use super::{Error, alarm_shown, metric_data};
use crate::Server;

/// Whether too few samples are there for the percentile that is watched, and the alarm is to ignore that. None at all is
/// no such case: that is data that is missing.
pub(super) async fn says_little(server: &Server, alarm: &Alarm, at: Timestamp) -> Result<bool, StoreError> {
    let (Some(least), Watch::Single { metric, unit, .. }) = (alarm.watch.samples_min(), &alarm.watch) else {
        return Ok(false);
    };
    let (_, end) = alarm.window(at);
    let start = end.minus(alarm.watch.period() * alarm.rule.evaluation_periods);
    let period_s = i64::try_from(alarm.watch.period().as_secs()).unwrap_or(i64::MAX);
    let (place, asked) = ((&alarm.id.account, &alarm.id.region), (metric, unit.as_deref()));
    let counted = server.metrics.statistics(place, asked, (start, end), period_s, Statistic::SampleCount);
    let samples: f64 = counted.await?.into_iter().map(|(_, count)| count).sum();
    Ok(samples > 0.0 && samples < least)
}

/// What each period of an alarm's window says at that moment, oldest first.
pub(super) async fn periods(
    server: &Server,
    alarm: &Alarm,
    at: Timestamp,
) -> Result<Vec<Option<Datapoint>>, StoreError> {
    let (start, end) = alarm.window(at);
    let period = alarm.watch.period();
    let place = (&alarm.id.account, &alarm.id.region);
    let values: BTreeMap<i64, f64> = match &alarm.watch {
        Watch::Single { metric, stat, unit, .. } => {
            let Ok(statistic) = Statistic::read(stat) else { return Ok(Vec::new()) };
            let period_s = i64::try_from(period.as_secs()).unwrap_or(i64::MAX);
            let asked = (metric, unit.as_deref());
            let found = server.metrics.statistics(place, asked, (start, end), period_s, statistic).await?;
            found.into_iter().map(|(at, value)| (at.as_secs(), value)).collect()
        }
        Watch::Queries(queries) => {
            let wire = queries.iter().map(alarm_shown::query).collect();
            let asked = metric_data::Asked { place, start, end, now: at };
            let found = match metric_data::read(wire) {
                Ok(queries) => metric_data::lines(server, asked, &queries).await,
                Err(fault) => Err(fault),
            };
            match found {
                Ok(lines) => lines.into_values().flatten().flat_map(|line| line.points).collect(),
                Err(Error::Store(fault)) => return Err(fault),
                Err(fault) => {
                    warn!(alarm = alarm.id.name, %fault, "the metrics of an alarm cannot be evaluated");
                    BTreeMap::new()
                }
            }
        }
    };
    let begins = (0..alarm.rule.periods()).map(|number| start.plus(period * number));
    Ok(begins.map(|at| values.get(&at.as_secs()).map(|value| Datapoint { at, value: *value })).collect())
}
