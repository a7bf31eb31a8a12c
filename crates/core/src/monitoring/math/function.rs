//! The functions of metric math. Never one that reads anything but the values it is given.

mod series;

use super::evaluate::truth_of;
use super::parse::Node;
use super::{Line, MathError, Points, Scope, Value};

/// What is built.
const BUILT: [&str; 27] = [
    "ABS",
    "AVG",
    "CEIL",
    "DATAPOINT_COUNT",
    "DIFF",
    "DIFF_TIME",
    "EPOCH",
    "FILL",
    "FIRST",
    "FLOOR",
    "IF",
    "LAST",
    "LOG",
    "LOG10",
    "MAX",
    "METRICS",
    "METRIC_COUNT",
    "MIN",
    "PERIOD",
    "RATE",
    "REMOVE_EMPTY",
    "RUNNING_SUM",
    "SLICE",
    "SORT",
    "STDDEV",
    "SUM",
    "TIME_SERIES",
];

/// What AWS has besides.
const OTHERS: [&str; 14] = [
    "ANOMALY_DETECTION_BAND",
    "DATE",
    "DAY",
    "DB_PERF_INSIGHTS",
    "HOUR",
    "INSIGHT_RULE_METRIC",
    "LAMBDA",
    "MINUTE",
    "MONTH",
    "SEARCH",
    "SELECT",
    "SERVICE_QUOTA",
    "TIME",
    "YEAR",
];

/// Words that are no ids, since functions take them.
pub(super) fn is_word(name: &str) -> bool {
    matches!(name, "REPEAT" | "LINEAR" | "ASC" | "DESC" | "AVG" | "SUM" | "MIN" | "MAX")
}

/// Refuses what cannot be called.
pub(super) fn known(name: &str) -> Result<(), MathError> {
    match () {
        () if BUILT.contains(&name) => Ok(()),
        () if OTHERS.contains(&name) => Err(MathError::NotThereYet(name.to_owned())),
        () => Err(MathError::UnknownFunction(name.to_owned())),
    }
}

/// What a call is.
pub(super) fn call(name: &str, nodes: &[Node], scope: &Scope<'_>) -> Result<Value, MathError> {
    let wrong = || MathError::Arguments(name.to_owned());
    if name == "PERIOD" {
        let [Node::Name(id)] = nodes else { return Err(wrong()) };
        let period_s = scope.periods_s.get(id).ok_or_else(|| MathError::Undefined(id.clone()))?;
        #[expect(clippy::cast_precision_loss, reason = "periods are far below 2^52 seconds")]
        return Ok(Value::Number(*period_s as f64));
    }
    let given = nodes.iter().map(|node| node.evaluate(scope)).collect::<Result<Vec<_>, _>>()?;
    match (name, given.as_slice()) {
        ("METRICS", []) => Ok(metrics(scope, "")),
        ("METRICS", [Value::Text(part)]) => Ok(metrics(scope, part)),
        ("ABS" | "CEIL" | "FLOOR" | "LOG" | "LOG10", [value]) => {
            value.clone().each("()", scalar(name)).map_err(|_| wrong())
        }
        ("AVG" | "SUM" | "MIN" | "MAX" | "STDDEV", [value]) => {
            together(value.clone(), fold(name)).ok_or_else(wrong)
        }
        ("METRIC_COUNT", [value]) => Ok(count(value).ok_or_else(wrong)?),
        ("IF", [condition, yes]) => choose(condition, yes, None, scope).ok_or_else(wrong),
        ("IF", [condition, yes, no]) => choose(condition, yes, Some(no), scope).ok_or_else(wrong),
        _ => series::call(name, given, scope).ok_or_else(wrong),
    }
}

fn scalar(name: &str) -> fn(f64) -> f64 {
    match name {
        "ABS" => f64::abs,
        "CEIL" => f64::ceil,
        "FLOOR" => f64::floor,
        "LOG" => f64::ln,
        _ => f64::log10,
    }
}

/// The metrics of the request, those alone whose ids hold a text.
fn metrics(scope: &Scope<'_>, part: &str) -> Value {
    let ids = scope.metrics.iter().filter(|id| id.contains(part));
    let values = ids.filter_map(|id| scope.values.get(id).cloned());
    Value::Lines(values.filter_map(|value| value.lines().ok()).flatten().collect())
}

type Fold = fn(&[f64]) -> f64;

#[expect(clippy::cast_precision_loss, reason = "there are never 2^52 values")]
fn fold(name: &str) -> Fold {
    match name {
        "AVG" => |values| values.iter().sum::<f64>() / values.len() as f64,
        "SUM" => |values| values.iter().sum(),
        "MIN" => |values| values.iter().copied().fold(f64::INFINITY, f64::min),
        "MAX" => |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => |values| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        },
    }
}

/// Of one line a number; of several a line, each span by itself.
fn together(value: Value, fold: Fold) -> Option<Value> {
    let lines = match value {
        Value::Number(number) => return Some(Value::Number(fold(&[number]))),
        Value::Line(line) => {
            let values: Vec<f64> = line.points.into_values().collect();
            return Some(Value::Number(if values.is_empty() { f64::NAN } else { fold(&values) }));
        }
        Value::Lines(lines) => lines,
        Value::Text(_) => return None,
    };
    Some(Value::Line(by_span(lines, fold)))
}

fn by_span(lines: Vec<Line>, fold: Fold) -> Line {
    let id = lines.first().map(|line| line.id.clone()).unwrap_or_default();
    let mut spans: std::collections::BTreeMap<i64, Vec<f64>> = std::collections::BTreeMap::new();
    for (at_s, value) in lines.into_iter().flat_map(|line| line.points) {
        spans.entry(at_s).or_default().push(value);
    }
    Line { id, points: spans.into_iter().map(|(at_s, values)| (at_s, fold(&values))).collect() }
}

#[expect(clippy::cast_precision_loss, reason = "a request has 500 metrics at most")]
fn count(value: &Value) -> Option<Value> {
    match value {
        Value::Line(_) => Some(Value::Number(1.0)),
        Value::Lines(lines) => Some(Value::Number(lines.len() as f64)),
        Value::Number(_) | Value::Text(_) => None,
    }
}

/// One of two, by a condition that is 0 or not.
fn choose(condition: &Value, yes: &Value, no: Option<&Value>, scope: &Scope<'_>) -> Option<Value> {
    let at = |value: &Value, at_s: i64| match value {
        Value::Number(number) => Some(*number),
        Value::Line(line) => line.points.get(&at_s).copied(),
        Value::Lines(_) | Value::Text(_) => None,
    };
    let plain = |value: &&Value| matches!(value, Value::Number(_) | Value::Line(_));
    if !plain(&yes) || !no.as_ref().is_none_or(plain) {
        return None;
    }
    match condition {
        Value::Number(number) if truth_of(*number != 0.0) > 0.0 => Some(yes.clone()),
        Value::Number(_) => no.cloned().or_else(|| Some(Value::Line(empty(scope)))),
        Value::Line(line) => {
            let chosen = line.points.iter().filter_map(|(at_s, holds)| {
                let value = if *holds != 0.0 { Some(yes) } else { no };
                Some((*at_s, at(value?, *at_s)?))
            });
            Some(Value::Line(Line { id: line.id.clone(), points: chosen.collect() }))
        }
        Value::Lines(_) | Value::Text(_) => None,
    }
}

fn empty(scope: &Scope<'_>) -> Line {
    Line { id: scope.metrics.first().cloned().unwrap_or_default(), points: Points::new() }
}
