//! Queries answered: metrics first, then expressions, each after those it names.

use std::collections::BTreeMap;

use lambent_core::account::{AccountId, Region};
use lambent_core::monitoring::math::{Line, MathError, Scope, Value};
use lambent_core::monitoring::period::Spans;
use lambent_core::time::Timestamp;

use super::super::Error;
use super::super::metrics::{Question, all_units};
use super::query::{Query, What};
use crate::Server;

/// Who asks, and for which time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) place: (&'a AccountId, &'a Region),
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) now: Timestamp,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    values: BTreeMap<String, Value>,
    /// The ids of metrics in the order they were asked for.
    metrics: Vec<String>,
    periods_s: BTreeMap<String, i64>,
}

/// The lines of each query, by its id.
pub(crate) async fn lines(
    server: &Server,
    asked: Asked<'_>,
    queries: &[Query],
) -> Result<BTreeMap<String, Vec<Line>>, Error> {
    let mut found = Found::default();
    for query in queries {
        let What::Statistic(wanted) = &query.what else { continue };
        let spans = Spans::new(asked.start, asked.end, wanted.period_s, asked.now);
        let question =
            Question { place: asked.place, metric: &wanted.metric, unit: wanted.unit.as_deref(), spans };
        let buckets = all_units(server.metrics.buckets(question).await?);
        let points = buckets.iter().filter_map(|(at_s, b)| Some((*at_s, wanted.statistic.of(b)?))).collect();
        let line = Line { id: query.id.clone(), points };
        found.values.insert(query.id.clone(), Value::Line(line));
        found.periods_s.insert(query.id.clone(), wanted.period_s);
        found.metrics.push(query.id.clone());
    }
    expressions(&mut found, asked, queries)?;
    let returned = queries.iter().filter(|query| query.returned);
    returned
        .map(|query| {
            let value = found.values.get(&query.id).cloned();
            let lines = value.map_or(Ok(Vec::new()), Value::lines).map_err(|fault| wrong(query, &fault))?;
            Ok((query.id.clone(), lines))
        })
        .collect()
}

/// Each expression once all it names is there; those that wait for each other are refused.
fn expressions(found: &mut Found, asked: Asked<'_>, queries: &[Query]) -> Result<(), Error> {
    let mut left: Vec<&Query> =
        queries.iter().filter(|query| matches!(query.what, What::Expression { .. })).collect();
    while !left.is_empty() {
        let (ready, waiting): (Vec<&Query>, Vec<&Query>) =
            left.iter().partition(|query| missing(query, found).is_none());
        let Some(first) = ready.first().or_else(|| waiting.first()) else { return Ok(()) };
        if let Some(name) = missing(first, found) {
            return Err(wrong(first, &MathError::Undefined(name)));
        }
        for query in ready {
            evaluate(query, found, asked)?;
        }
        left = waiting;
    }
    Ok(())
}

/// The first name of an expression that is not there.
fn missing(query: &Query, found: &Found) -> Option<String> {
    let What::Expression { expression, .. } = &query.what else { return None };
    expression.names().into_iter().find(|name| !found.values.contains_key(name))
}

fn evaluate(query: &Query, found: &mut Found, asked: Asked<'_>) -> Result<(), Error> {
    let What::Expression { expression, period_s } = &query.what else { return Ok(()) };
    let names = expression.names();
    let of = |names: &mut dyn Iterator<Item = &String>| {
        names.filter_map(|name| found.periods_s.get(name)).max().copied()
    };
    // As long as the longest of what it is made of.
    let own = period_s.or_else(|| of(&mut names.iter())).or_else(|| of(&mut found.metrics.iter()));
    let period_s = own.unwrap_or(300);
    let spans = Spans::new(asked.start, asked.end, period_s, asked.now);
    let (values, metrics) = (&found.values, found.metrics.as_slice());
    let scope = Scope { values, metrics, periods_s: &found.periods_s, spans };
    let value = expression.evaluate(&scope).map_err(|fault| wrong(query, &fault))?;
    found.values.insert(query.id.clone(), value);
    found.periods_s.insert(query.id.clone(), period_s);
    Ok(())
}

fn wrong(query: &Query, fault: &MathError) -> Error {
    Error::Validation(format!("Error in expression '{}': {fault}", query.id))
}
