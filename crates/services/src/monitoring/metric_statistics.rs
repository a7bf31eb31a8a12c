//! Statistics of one metric.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::limits::STATISTICS_POINTS_MAX;
use lambent_core::monitoring::bucket::Bucket;
use lambent_core::monitoring::metric::MetricKey;
use lambent_core::monitoring::period::{Spans, is_period};
use lambent_core::monitoring::statistic::Statistic;
use lambent_core::time::Timestamp;
use lambent_wire::monitoring::metric::{Datapoint, GetMetricStatisticsInput, GetMetricStatisticsOutput};

use super::Error;
use super::metric_put::dimensions;
use super::metrics::Question;
use crate::caller::Context;
use crate::{Reply, Server};

/// GetMetricStatistics: the spans that have values, each unit by itself, oldest first.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn get_metric_statistics(
    server: &Arc<Server>,
    context: &Context,
    request: GetMetricStatisticsInput,
) -> Result<Reply, Error> {
    let wanted = wanted(&request)?;
    let spans = spans(&request, server.clock.now())?;
    let label = Some(request.metric_name.clone());
    let dimensions = dimensions(request.dimensions.unwrap_or_default());
    let metric = MetricKey::new(request.namespace, request.metric_name, dimensions);
    let place = (&context.caller.account, &context.caller.region);
    let question = Question { place, metric: &metric, unit: request.unit.as_deref(), spans };
    let mut points = Vec::new();
    for (unit, buckets) in server.metrics.buckets(question).await? {
        points.extend(buckets.iter().map(|(at_s, bucket)| (*at_s, point(*at_s, &unit, bucket, &wanted))));
    }
    points.sort_by_key(|(at_s, _)| *at_s);
    let datapoints = Some(points.into_iter().map(|(_, point)| point).collect());
    Ok(Reply::of(GetMetricStatisticsOutput { label, datapoints }))
}

/// What is asked, each with its name.
type Wanted = Vec<(String, Statistic)>;

fn wanted(request: &GetMetricStatisticsInput) -> Result<Wanted, Error> {
    let plain = request.statistics.iter().flatten();
    let extended = request.extended_statistics.iter().flatten();
    let mut wanted = Wanted::new();
    for name in plain.chain(extended.clone()) {
        let statistic = Statistic::read(name).map_err(|_| {
            let words = format!("The value {name} for parameter ExtendedStatistics is not supported.");
            Error::InvalidParameter(words)
        })?;
        wanted.push((name.clone(), statistic));
    }
    if let Some(name) = extended.into_iter().find(|name| Statistic::read(name).is_ok_and(Statistic::is_plain))
    {
        let words = format!("The value {name} for parameter ExtendedStatistics is not supported.");
        return Err(Error::InvalidParameter(words));
    }
    if wanted.is_empty() {
        return Err(Error::Combination("Must specify either Statistics or ExtendedStatistics".to_owned()));
    }
    Ok(wanted)
}

fn spans(request: &GetMetricStatisticsInput, now: Timestamp) -> Result<Spans, Error> {
    let period_s = i64::from(request.period);
    if !is_period(period_s) {
        let words = "The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    let start = Timestamp::from_millis(request.start_time.as_millis());
    let end = Timestamp::from_millis(request.end_time.as_millis());
    // Parts of a second are no difference.
    if start.as_secs() >= end.as_secs() {
        let words = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    let asked = end.as_secs().saturating_sub(start.as_secs()) / period_s;
    if asked > STATISTICS_POINTS_MAX {
        return Err(Error::Combination(format!(
            "You have requested up to {asked} datapoints, which exceeds the limit of {STATISTICS_POINTS_MAX}. You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    Ok(Spans::new(start, end, period_s, now))
}

fn point(at_s: i64, unit: &str, bucket: &Bucket, wanted: &Wanted) -> Datapoint {
    let plain = |statistic: Statistic| {
        let asked = wanted.iter().any(|(_, wanted)| *wanted == statistic);
        asked.then(|| statistic.of(bucket)).flatten()
    };
    let extended = wanted.iter().filter(|(_, statistic)| !statistic.is_plain());
    let extended: BTreeMap<String, f64> =
        extended.filter_map(|(name, statistic)| Some((name.clone(), statistic.of(bucket)?))).collect();
    Datapoint {
        timestamp: lambent_wire::timestamp::Timestamp::from_millis(at_s.saturating_mul(1000)).ok(),
        sample_count: plain(Statistic::SampleCount),
        average: plain(Statistic::Average),
        sum: plain(Statistic::Sum),
        minimum: plain(Statistic::Minimum),
        maximum: plain(Statistic::Maximum),
        unit: Some(unit.to_owned()),
        extended_statistics: Some(extended).filter(|extended| !extended.is_empty()),
    }
}
