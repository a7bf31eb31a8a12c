//! What each line of an answer is called, where its query does not say. Never a value.

use std::collections::{BTreeMap, BTreeSet};

use lambent_core::monitoring::math::{Line, Points};

use super::compute::Asked as Asker;
use super::dynamic::{self, Subject};
use super::query::{Asked, Query, What};

/// One line of an answer.
#[derive(Debug)]
pub(super) struct Result {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) points: Points,
}

/// The lines that are returned, in the order of the queries.
pub(super) fn labelled(
    asker: Asker<'_>,
    queries: &[Query],
    mut found: BTreeMap<String, Vec<Line>>,
) -> Vec<Result> {
    let defaults = defaults(queries);
    let mut results = Vec::new();
    for query in queries {
        let Some(lines) = found.remove(&query.id) else { continue };
        let several = lines.len() > 1;
        for line in lines {
            let of = if several { &line.id } else { &query.id };
            let default = defaults.get(of.as_str()).unwrap_or(&query.id);
            let metric = metric(queries, of);
            let subject = Subject { default, points: &line.points, metric, asker };
            let label = match (&query.label, several) {
                // A label that names its line by itself needs no addition.
                (Some(label), true) if !label.contains("${") => format!("{label} {default}"),
                (Some(label), _) => dynamic::write(label, &subject),
                (None, _) => default.clone(),
            };
            results.push(Result { id: query.id.clone(), label, points: line.points });
        }
    }
    results
}

/// The metric of this id, if it is one.
fn metric<'a>(queries: &'a [Query], id: &str) -> Option<&'a Asked> {
    queries.iter().find(|query| query.id == id).and_then(|query| match &query.what {
        What::Statistic(asked) => Some(asked),
        What::Expression { .. } => None,
    })
}

/// The names of metrics, with the statistic and the period where those are not all the same.
fn defaults(queries: &[Query]) -> BTreeMap<&str, String> {
    let asked: Vec<(&str, &Asked)> = queries
        .iter()
        .filter_map(|query| match &query.what {
            What::Statistic(asked) => Some((query.id.as_str(), asked)),
            What::Expression { .. } => None,
        })
        .collect();
    let stats: BTreeSet<&str> = asked.iter().map(|(_, asked)| asked.stat.as_str()).collect();
    let periods: BTreeSet<i64> = asked.iter().map(|(_, asked)| asked.period_s).collect();
    let label = |asked: &Asked| {
        let mut label = asked.metric.name.clone();
        if stats.len() > 1 {
            label = format!("{label} {}", asked.stat);
        }
        if periods.len() > 1 {
            label = format!("{label} {}", asked.period_s);
        }
        label
    };
    asked.iter().map(|(id, asked)| (*id, label(asked))).collect()
}
