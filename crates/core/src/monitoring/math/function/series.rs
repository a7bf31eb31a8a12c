//! Functions of the values of a line in their order, and of several lines. None for what does not suit them.

use super::super::{Line, Points, Scope, Value};

/// What a call is; nothing where it is not given what it takes.
pub(super) fn call(name: &str, given: Vec<Value>, scope: &Scope<'_>) -> Option<Value> {
    let mut given = given.into_iter();
    let first = given.next()?;
    let rest: Vec<Value> = given.collect();
    match (name, rest.as_slice()) {
        ("FILL", [with]) => lines(first, |line| fill(line, with, scope)),
        ("DIFF", []) => lines(first, |line| Some(steps(line, |before, now| now.1 - before.1))),
        ("DIFF_TIME", []) => lines(first, |line| Some(steps(line, |before, now| seconds(now.0 - before.0)))),
        ("RATE", []) => lines(first, |line| {
            Some(steps(line, |before, now| (now.1 - before.1) / seconds(now.0 - before.0)))
        }),
        ("RUNNING_SUM", []) => lines(first, |line| Some(running(line))),
        ("EPOCH", []) => lines(first, |line| {
            let points = line.points.keys().map(|at_s| (*at_s, seconds(*at_s))).collect();
            Some(Line { points, ..line })
        }),
        ("FIRST" | "LAST", []) => edge(first, name == "FIRST"),
        ("DATAPOINT_COUNT", []) => match first {
            Value::Line(line) => Some(Value::Number(count(line.points.len()))),
            Value::Lines(_) | Value::Number(_) | Value::Text(_) => None,
        },
        ("TIME_SERIES", []) => {
            let Value::Number(number) = first else { return None };
            let points = scope.spans.starts().map(|at_s| (at_s, number)).collect();
            Some(Value::Line(Line { id: String::new(), points }))
        }
        ("REMOVE_EMPTY", []) => several(first, |lines| lines.retain(|line| !line.points.is_empty())),
        ("SLICE", [Value::Number(start)]) => several(first, |lines| cut(lines, *start, f64::INFINITY)),
        ("SLICE", [Value::Number(start), Value::Number(end)]) => {
            several(first, |lines| cut(lines, *start, *end))
        }
        ("SORT", [Value::Text(by), Value::Text(order)]) => sort(first, by, order, None),
        ("SORT", [Value::Text(by), Value::Text(order), Value::Number(limit)]) => {
            sort(first, by, order, Some(*limit))
        }
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since the epoch are far below 2^52")]
fn seconds(span_s: i64) -> f64 {
    span_s as f64
}

#[expect(clippy::cast_precision_loss, reason = "there are never 2^52 values")]
fn count(number: usize) -> f64 {
    number as f64
}

/// Each line changed.
fn lines(value: Value, change: impl Fn(Line) -> Option<Line>) -> Option<Value> {
    match value {
        Value::Line(line) => change(line).map(Value::Line),
        Value::Lines(lines) => lines.into_iter().map(change).collect::<Option<_>>().map(Value::Lines),
        Value::Number(_) | Value::Text(_) => None,
    }
}

/// Several lines changed together.
fn several(value: Value, change: impl FnOnce(&mut Vec<Line>)) -> Option<Value> {
    let mut lines = value.lines().ok()?;
    change(&mut lines);
    Some(Value::Lines(lines))
}

/// Each value by what came before it; the first has none.
fn steps(line: Line, step: impl Fn((i64, f64), (i64, f64)) -> f64) -> Line {
    let points: Vec<(i64, f64)> = line.points.into_iter().collect();
    let stepped = points.windows(2).map(|pair| (pair[1].0, step(pair[0], pair[1])));
    Line { id: line.id, points: stepped.filter(|(_, value)| value.is_finite()).collect() }
}

fn running(line: Line) -> Line {
    let mut sum = 0.0;
    let points = line.points.into_iter().map(|(at_s, value)| {
        sum += value;
        (at_s, sum)
    });
    Line { id: line.id, points: points.collect() }
}

/// A value in every span.
fn fill(line: Line, with: &Value, scope: &Scope<'_>) -> Option<Line> {
    let mut points = Points::new();
    for at_s in scope.spans.starts() {
        let filled = match (line.points.get(&at_s), with) {
            (Some(value), _) => Some(*value),
            (None, Value::Number(number)) => Some(*number),
            (None, Value::Line(other)) => other.points.get(&at_s).copied(),
            (None, Value::Text(word)) if word == "REPEAT" => {
                line.points.range(..at_s).next_back().map(|(_, value)| *value)
            }
            (None, Value::Text(word)) if word == "LINEAR" => between(&line.points, at_s),
            (None, Value::Text(_) | Value::Lines(_)) => return None,
        };
        points.extend(filled.map(|value| (at_s, value)));
    }
    Some(Line { id: line.id, points })
}

/// On the straight line between the values before and behind; beyond them there is none.
fn between(points: &Points, at_s: i64) -> Option<f64> {
    let (before_s, before) = points.range(..at_s).next_back()?;
    let (behind_s, behind) = points.range(at_s..).next()?;
    Some(before + (behind - before) * seconds(at_s - before_s) / seconds(behind_s - before_s))
}

fn edge(value: Value, is_first: bool) -> Option<Value> {
    match value {
        Value::Lines(mut lines) if !lines.is_empty() => {
            let at = if is_first { 0 } else { lines.len() - 1 };
            Some(Value::Line(lines.swap_remove(at)))
        }
        Value::Lines(_) | Value::Line(_) | Value::Number(_) | Value::Text(_) => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest number"
)]
fn cut(lines: &mut Vec<Line>, start: f64, end: f64) {
    let (start, end) = (start.max(0.0) as usize, end.max(0.0) as usize);
    lines.truncate(end.min(lines.len()));
    lines.drain(..start.min(lines.len()));
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest number"
)]
fn sort(value: Value, by: &str, order: &str, limit: Option<f64>) -> Option<Value> {
    let fold = match by {
        "AVG" | "SUM" | "MIN" | "MAX" => super::fold(by),
        _ => return None,
    };
    let descending = match order {
        "DESC" => true,
        "ASC" => false,
        _ => return None,
    };
    several(value, |lines| {
        let rank = |line: &Line| {
            let values: Vec<f64> = line.points.values().copied().collect();
            if values.is_empty() { f64::NEG_INFINITY } else { fold(&values) }
        };
        lines.sort_by(|one, other| rank(one).total_cmp(&rank(other)));
        if descending {
            lines.reverse();
        }
        if let Some(limit) = limit {
            lines.truncate(limit.max(0.0) as usize);
        }
    })
}
