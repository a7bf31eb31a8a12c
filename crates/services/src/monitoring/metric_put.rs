//! Values of custom metrics, from whoever puts them.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>

use std::sync::Arc;

use lambent_core::limits;
use lambent_core::monitoring::bucket::Bucket;
use lambent_core::monitoring::metric::{MetricKey, NO_UNIT};
use lambent_core::time::Timestamp;
use lambent_wire::monitoring::metric::{Dimension, MetricDatum, PutMetricDataInput};

use super::Error;
use crate::caller::Context;
use crate::{Reply, Server};

/// The greatest value a metric may have, and the least below zero.
const VALUE_MAX: f64 = 2.348_542_582_773_833_3e108;

/// PutMetricData: all of it or nothing.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn put_metric_data(
    server: &Arc<Server>,
    context: &Context,
    request: PutMetricDataInput,
) -> Result<Reply, Error> {
    let PutMetricDataInput { namespace, metric_data, entity_metric_data, .. } = request;
    if entity_metric_data.is_some_and(|entities| !entities.is_empty()) {
        return Err(Error::NotThereYet("EntityMetricData"));
    }
    if namespace.starts_with("AWS/") {
        return Err(Error::InvalidParameter(format!(
            "The value {namespace} for parameter Namespace is invalid."
        )));
    }
    let data = metric_data.unwrap_or_default();
    if data.is_empty() {
        return Err(Error::Missing("The parameter MetricData is required.".to_owned()));
    }
    if data.len() > limits::METRIC_DATA_MAX {
        return Err(Error::InvalidParameter(format!(
            "The collection MetricData must not have a size greater than {}.",
            limits::METRIC_DATA_MAX
        )));
    }
    let now = server.clock.now();
    let read = |(index, datum)| read(&namespace, Place(index + 1), datum, now);
    let data: Vec<Datum> = data.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let place = (&context.caller.account, &context.caller.region);
    for Datum { metric, unit, at, values } in &data {
        if !server.metrics.kept.put(place, metric, unit, *at, values) {
            let most = limits::METRICS_MAX;
            return Err(Error::LimitExceeded(format!("There may be {most} metrics.")));
        }
    }
    Ok(Reply::of(()))
}

/// A metric's values that can be kept.
struct Datum {
    metric: MetricKey,
    unit: String,
    /// The second, and whether values of a second stand by themselves.
    at: (i64, bool),
    values: Bucket,
}

/// Where a datum stands in the request, from 1.
#[derive(Clone, Copy)]
struct Place(usize);

impl Place {
    fn of(self, member: &str) -> String {
        format!("MetricData.member.{}.{member}", self.0)
    }

    fn invalid(self, member: &str, value: impl std::fmt::Display) -> Error {
        Error::InvalidParameter(format!("The value {value} for parameter {} is invalid.", self.of(member)))
    }

    fn exclusive(self, one: &str, other: &str) -> Error {
        Error::Combination(format!(
            "The parameters {} and {} are mutually exclusive and you have specified both.",
            self.of(one),
            self.of(other)
        ))
    }
}

fn read(namespace: &str, place: Place, datum: MetricDatum, now: Timestamp) -> Result<Datum, Error> {
    let values = values(place, &datum)?;
    let at = datum.timestamp.map_or(Ok(now), |at| time(place, at.as_millis(), now))?;
    let by_second = match datum.storage_resolution {
        None | Some(60) => false,
        Some(1) => true,
        Some(other) => return Err(place.invalid("StorageResolution", other)),
    };
    let dimensions = dimensions(datum.dimensions.unwrap_or_default());
    Ok(Datum {
        metric: MetricKey::new(namespace, datum.metric_name, dimensions),
        unit: datum.unit.unwrap_or_else(|| NO_UNIT.to_owned()),
        at: (at.as_secs(), by_second),
        values,
    })
}

/// Dimensions as metrics have them.
pub(crate) fn dimensions(given: Vec<Dimension>) -> Vec<(String, String)> {
    given.into_iter().map(|dimension| (dimension.name, dimension.value)).collect()
}

fn time(place: Place, at_ms: i64, now: Timestamp) -> Result<Timestamp, Error> {
    let at = Timestamp::from_millis(at_ms);
    let wrong = |words: &str| {
        Err(Error::InvalidParameter(format!("The parameter {} must specify {words}.", place.of("Timestamp"))))
    };
    if now.since(at) > limits::DATUM_AGE_MAX {
        return wrong("a time within the past two weeks");
    }
    if at.since(now) > limits::DATUM_AHEAD_MAX {
        return wrong("a time no more than two hours in the future");
    }
    Ok(at)
}

/// The values of a datum, which come in one of three ways.
fn values(place: Place, datum: &MetricDatum) -> Result<Bucket, Error> {
    let mut bucket = Bucket::default();
    match (datum.value, &datum.statistic_values, &datum.values) {
        (Some(_), Some(_), _) => return Err(place.exclusive("Value", "StatisticValues")),
        (Some(_), _, Some(values)) if !values.is_empty() => return Err(place.exclusive("Value", "Values")),
        (_, Some(_), Some(values)) if !values.is_empty() => {
            return Err(place.exclusive("StatisticValues", "Values"));
        }
        (Some(value), ..) => bucket.add(finite(place, "Value", value)?, 1.0),
        (_, Some(set), _) => {
            let member = |name: &str, value: f64| finite(place, &format!("StatisticValues.{name}"), value);
            let count = member("SampleCount", set.sample_count)?;
            let (min, max) = (member("Minimum", set.minimum)?, member("Maximum", set.maximum)?);
            if count <= 0.0 {
                return Err(place.invalid("StatisticValues.SampleCount", count));
            }
            if min > max {
                return Err(place.invalid("StatisticValues.Minimum", min));
            }
            bucket.add_set(count, member("Sum", set.sum)?, min, max);
        }
        (.., Some(values)) if !values.is_empty() => several(place, datum, values, &mut bucket)?,
        _ => {
            let words = "At least one of the parameters must be specified.";
            return Err(Error::Missing(words.to_owned()));
        }
    }
    Ok(bucket)
}

fn several(place: Place, datum: &MetricDatum, values: &[f64], bucket: &mut Bucket) -> Result<(), Error> {
    let counts = datum.counts.clone().unwrap_or_else(|| vec![1.0; values.len()]);
    if counts.len() != values.len() {
        let (values, counts) = (place.of("Values"), place.of("Counts"));
        let words = format!("The parameters {values} and {counts} must be of the same size.");
        return Err(Error::InvalidParameter(words));
    }
    if values.len() > limits::DATUM_VALUES_MAX {
        let most = limits::DATUM_VALUES_MAX;
        let words =
            format!("The collection {} must not have a size greater than {most}.", place.of("Values"));
        return Err(Error::InvalidParameter(words));
    }
    for (index, (value, count)) in values.iter().zip(&counts).enumerate() {
        let number = index + 1;
        let value = finite(place, &format!("Values.member.{number}"), *value)?;
        let count = finite(place, &format!("Counts.member.{number}"), *count)?;
        if count < 0.0 {
            return Err(place.invalid(&format!("Counts.member.{number}"), count));
        }
        bucket.add(value, count);
    }
    Ok(())
}

fn finite(place: Place, member: &str, value: f64) -> Result<f64, Error> {
    if value.abs() <= VALUE_MAX {
        return Ok(value);
    }
    let shown = match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value => value.to_string(),
    };
    Err(place.invalid(member, shown))
}
