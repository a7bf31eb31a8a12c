//! What an alarm watches: one metric, or several with an expression over them. Never asks for a value.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitoring::metric::MetricKey;

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

    /// The unit it asks for.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Single { unit, .. } => unit.as_deref(),
            Self::Queries(_) => None,
        }
    }
}
