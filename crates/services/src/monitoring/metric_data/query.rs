//! Queries, read and held against each other. Never answered here.

use std::collections::BTreeSet;

use lambent_core::monitoring::math::Expression;
use lambent_core::monitoring::metric::MetricKey;
use lambent_core::monitoring::period::is_period;
use lambent_core::monitoring::statistic::Statistic;
use lambent_wire::monitoring::metric::{MetricDataQuery, MetricStat};

use super::super::{Error, metric_list};

/// One query.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    /// Whether it is in the answer, or only used by others.
    pub(crate) returned: bool,
    pub(crate) what: What,
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum What {
    /// A statistic of a metric.
    Statistic(Asked),
    /// What is computed of others.
    Expression { expression: Expression, period_s: Option<i64> },
}

/// A statistic of a metric.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) metric: MetricKey,
    pub(crate) period_s: i64,
    pub(crate) statistic: Statistic,
    /// As it was named.
    pub(crate) stat: String,
    pub(crate) unit: Option<String>,
}

/// All queries of a request.
pub(crate) fn read(given: Vec<MetricDataQuery>) -> Result<Vec<Query>, Error> {
    let queries: Vec<Query> = given
        .into_iter()
        .enumerate()
        .map(|(index, query)| one(index + 1, query))
        .collect::<Result<_, _>>()?;
    let mut ids = BTreeSet::new();
    if !queries.iter().all(|query| ids.insert(&query.id)) {
        let words = "The values for parameter id in MetricDataQueries are not unique.";
        return Err(Error::Validation(words.to_owned()));
    }
    Ok(queries)
}

/// The query at this place, from 1.
fn one(number: usize, query: MetricDataQuery) -> Result<Query, Error> {
    let MetricDataQuery { id, metric_stat, expression, label, return_data, period, .. } = query;
    if !is_id(&id) {
        let words = format!("The value {id} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.");
        return Err(Error::Validation(words));
    }
    let what = match (metric_stat, expression) {
        (Some(stat), None) => What::Statistic(statistic(number, stat)?),
        (None, Some(text)) => {
            let expression = Expression::read(&text)
                .map_err(|fault| Error::Validation(format!("Error in expression '{id}': {fault}")))?;
            What::Expression { expression, period_s: period.map(checked_period).transpose()? }
        }
        (Some(_), Some(_)) => {
            let member = format!("MetricDataQueries.member.{number}");
            let words = format!(
                "The parameters {member}.MetricStat and {member}.Expression are mutually exclusive and you have specified both."
            );
            return Err(Error::Validation(words));
        }
        (None, None) => {
            let words = format!("The parameter MetricDataQueries.member.{number}.MetricStat is required.\n");
            return Err(Error::Validation(words));
        }
    };
    Ok(Query { id, label, returned: return_data.unwrap_or(true), what })
}

fn is_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn statistic(number: usize, stat: MetricStat) -> Result<Asked, Error> {
    let MetricStat { metric, period, stat, unit } = stat;
    let period_s = checked_period(period)?;
    let statistic = Statistic::read(&stat)
        .map_err(|_| Error::Validation(format!("The value {stat} for parameter Stat is not supported.")))?;
    for (name, missing) in
        [("Namespace", metric.namespace.is_none()), ("MetricName", metric.metric_name.is_none())]
    {
        if missing {
            let member = format!("MetricDataQueries.member.{number}.MetricStat.Metric");
            return Err(Error::Validation(format!("The parameter {member}.{name} is required.\n")));
        }
    }
    Ok(Asked { metric: metric_list::key(metric), period_s, statistic, stat, unit })
}

fn checked_period(period: i32) -> Result<i64, Error> {
    let period_s = i64::from(period);
    if is_period(period_s) {
        return Ok(period_s);
    }
    let words = "The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.";
    Err(Error::Validation(words.to_owned()))
}
