//! What an alarm watches: one metric, or several with an expression over them. Never asks for a value.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitoring::metric::MetricKey;
use crate::monitoring::statistic::Statistic;

/// One of the queries of an alarm over several metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// What expressions call it.
    pub id: String,
    /// Where its values come from.
    pub source: Source,
    /// How it is shown.
    pub label: Option<String>,
    /// Whether it is what is watched: exactly one is.
    pub return_data: Option<bool>,
    /// The period of an expression.
    pub period_s: Option<u32>,
    /// The account of the metric, where it is named.
    pub account: Option<String>,
}

/// Where values come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// One statistic of one metric.
    Stat {
        /// The metric.
        metric: MetricKey,
        /// The period.
        period_s: u32,
        /// `Sum`, `p99` and the like.
        stat: String,
        /// Only datapoints of this unit.
        unit: Option<String>,
    },
    /// An expression over other queries.
    Expression(String),
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watch {
    /// One metric, named by the alarm itself.
    Single {
        /// The metric.
        metric: MetricKey,
        /// `Sum`, or `p99` where it is an extended one.
        stat: String,
        /// The period.
        period_s: u32,
        /// Only datapoints of this unit.
        unit: Option<String>,
        /// What is done where there are too few samples for a percentile: `evaluate` or `ignore`.
        low_samples: Option<String>,
    },
    /// The queries of `Metrics`.
    Queries(Vec<Query>),
}

/// The statistics that have a member of their own; all others are extended ones.
pub(crate) const STATISTICS: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

impl Watch {
    /// The period that is evaluated.
    #[must_use]
    pub fn period(&self) -> Duration {
        let seconds = match self {
            Self::Single { period_s, .. } => *period_s,
            Self::Queries(queries) => {
                let periods = queries.iter().filter_map(|query| match &query.source {
                    Source::Stat { period_s, .. } => Some(*period_s),
                    Source::Expression(_) => query.period_s,
                });
                periods.max().unwrap_or(60)
            }
        };
        Duration::from_secs(u64::from(seconds.max(1)))
    }

    /// The statistic, as `StateReasonData` tells it.
    #[must_use]
    pub fn statistic(&self) -> Option<&str> {
        match self {
            Self::Single { stat, .. } => Some(stat),
            Self::Queries(_) => None,
        }
    }

    /// Whether the statistic is one of the five with a member of their own.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.statistic().is_some_and(|stat| STATISTICS.contains(&stat))
    }

    /// How many samples the periods that count must have together for the state to change; none where any number will
    /// do. AWS takes fewer than ten beyond a percentile for too few to say anything.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html>
    #[must_use]
    pub fn samples_min(&self) -> Option<f64> {
        let Self::Single { stat, low_samples: Some(option), .. } = self else { return None };
        match Statistic::read(stat) {
            Ok(Statistic::Percentile(percent)) if option == "ignore" => {
                let beyond = if percent < 50.0 { percent } else { 100.0 - percent };
                // What is left of 100 is no more exact than such numbers are.
                (beyond > 0.0).then(|| (1000.0 / beyond - 1e-6).ceil())
            }
            Ok(_) | Err(_) => None,
        }
    }

    /// The unit it asks for.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Single { unit, .. } => unit.as_deref(),
            Self::Queries(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_wants_ten_samples_beyond_it_where_fewer_are_ignored() {
        let min = |stat: &str, option: Option<&str>| {
            let metric = MetricKey::new("N", "M", Vec::new());
            let low_samples = option.map(str::to_owned);
            let watch =
                Watch::Single { metric, stat: stat.to_owned(), period_s: 60, unit: None, low_samples };
            watch.samples_min()
        };
        assert_eq!(min("p99", Some("ignore")), Some(1000.0), "AWS's example");
        assert_eq!(min("p99.9", Some("ignore")), Some(10_000.0));
        assert_eq!(min("p97", Some("ignore")), Some(334.0));
        assert_eq!(min("p50", Some("ignore")), Some(20.0));
        assert_eq!(min("p10", Some("ignore")), Some(100.0));
        assert_eq!(min("p99", Some("evaluate")), None);
        assert_eq!(min("p99", None), None);
        assert_eq!(min("p100", Some("ignore")), None, "no sample is beyond it");
        assert_eq!(min("Sum", Some("ignore")), None);
        assert_eq!(min("tm99", Some("ignore")), None);
    }
}
