//! Expressions beside what AWS's guide says of them.

use super::*;
use crate::time::Timestamp;

fn points(values: &[(i64, f64)]) -> Points {
    values.iter().map(|(minute, value)| (minute * 60, *value)).collect()
}

fn line(id: &str, values: &[(i64, f64)]) -> Value {
    Value::Line(Line { id: id.to_owned(), points: points(values) })
}

/// The value of an expression over `m1` = 1 2 - 4, `m2` = 10 - 30 40 and the number `e1` = 5.
fn evaluate(text: &str) -> Result<Value, MathError> {
    let values = BTreeMap::from([
        ("m1".to_owned(), line("m1", &[(0, 1.0), (1, 2.0), (3, 4.0)])),
        ("m2".to_owned(), line("m2", &[(0, 10.0), (2, 30.0), (3, 40.0)])),
        ("e1".to_owned(), Value::Number(5.0)),
    ]);
    let metrics = ["m1".to_owned(), "m2".to_owned()];
    let periods_s = metrics.iter().map(|id| (id.clone(), 60)).collect();
    let end = Timestamp::from_millis(240_000);
    let spans = Spans::new(Timestamp::from_millis(0), end, 60, end);
    let scope = Scope { values: &values, metrics: &metrics, periods_s: &periods_s, spans };
    Expression::read(text)?.evaluate(&scope)
}

fn check(text: &str, expected: &[(i64, f64)]) {
    let lines = evaluate(text).and_then(Value::lines).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0].points, points(expected), "{text}");
}

#[test]
fn operators_work_on_each_span_that_both_have() {
    check("m1 + m2", &[(0, 11.0), (3, 44.0)]);
    check("m2 / m1", &[(0, 10.0), (3, 10.0)]);
    check("-m1 + 1", &[(0, 0.0), (1, -1.0), (3, -3.0)]);
    check("2 ^ m1", &[(0, 2.0), (1, 4.0), (3, 16.0)]);
    check("m1 * (2 + 3)", &[(0, 5.0), (1, 10.0), (3, 20.0)]);
    check("1 + m1 * 2", &[(0, 3.0), (1, 5.0), (3, 9.0)]);
    check("m1 - e1", &[(0, -4.0), (1, -3.0), (3, -1.0)]);
    check("m1 > 1 AND m1 < 4", &[(0, 0.0), (1, 1.0), (3, 0.0)]);
    check("m1 == 2 || m1 == 4", &[(0, 0.0), (1, 1.0), (3, 1.0)]);
    check("1 / (m1 - 1)", &[(1, 1.0), (3, 1.0 / 3.0)]);
    check("1e2 * m1", &[(0, 100.0), (1, 200.0), (3, 400.0)]);
}

#[test]
fn functions_of_one_line() {
    check("ABS(-m1)", &[(0, 1.0), (1, 2.0), (3, 4.0)]);
    check("CEIL(m1 / 2)", &[(0, 1.0), (1, 1.0), (3, 2.0)]);
    check("FLOOR(m1 / 2)", &[(0, 0.0), (1, 1.0), (3, 2.0)]);
    check("FILL(m1, 0)", &[(0, 1.0), (1, 2.0), (2, 0.0), (3, 4.0)]);
    check("FILL(m1, REPEAT)", &[(0, 1.0), (1, 2.0), (2, 2.0), (3, 4.0)]);
    check("FILL(m1, LINEAR)", &[(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0)]);
    check("FILL(m1, m2)", &[(0, 1.0), (1, 2.0), (2, 30.0), (3, 4.0)]);
    check("DIFF(m1)", &[(1, 1.0), (3, 2.0)]);
    check("RATE(m1) * 60", &[(1, 1.0), (3, 1.0)]);
    check("RUNNING_SUM(m1)", &[(0, 1.0), (1, 3.0), (3, 7.0)]);
    check("m1 / PERIOD(m1)", &[(0, 1.0 / 60.0), (1, 2.0 / 60.0), (3, 4.0 / 60.0)]);
    check("m1 / SUM(m1)", &[(0, 1.0 / 7.0), (1, 2.0 / 7.0), (3, 4.0 / 7.0)]);
    check("TIME_SERIES(7)", &[(0, 7.0), (1, 7.0), (2, 7.0), (3, 7.0)]);
}

#[test]
fn functions_of_several_lines() {
    check("SUM(METRICS())", &[(0, 11.0), (1, 2.0), (2, 30.0), (3, 44.0)]);
    check("AVG([m1, m2])", &[(0, 5.5), (1, 2.0), (2, 30.0), (3, 22.0)]);
    check("MIN([m1,m2]) + MAX(METRICS(\"m2\"))", &[(0, 11.0), (2, 60.0), (3, 44.0)]);
    check("m1 * METRIC_COUNT(METRICS())", &[(0, 2.0), (1, 4.0), (3, 8.0)]);
    check("FIRST(SORT(METRICS(), SUM, DESC))", &[(0, 10.0), (2, 30.0), (3, 40.0)]);
    let ids = |text: &str| -> Vec<String> {
        evaluate(text).unwrap().lines().unwrap().into_iter().map(|line| line.id).collect()
    };
    assert_eq!(ids("METRICS() * 2"), ["m1", "m2"]);
    assert_eq!(ids("SLICE(METRICS(), 1)"), ["m2"]);
}

#[test]
fn conditions_choose_in_each_span() {
    check("IF(m1 > 1, m1)", &[(1, 2.0), (3, 4.0)]);
    check("IF(m1 > 1, m2, 0)", &[(0, 0.0), (3, 40.0)]);
    check("IF(1, m1, m2)", &[(0, 1.0), (1, 2.0), (3, 4.0)]);
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let fault = |text: &str| evaluate(text).and_then(Value::lines).unwrap_err();
    for text in ["", "m1 +", "(m1", "m1 m2", "m1 ? 2", "[m1", "f(", "\"a", "1.2.3", &"(".repeat(99)] {
        assert!(matches!(fault(text), MathError::Syntax { .. }), "{text}: {}", fault(text));
    }
    assert_eq!(fault("m9"), MathError::Undefined("m9".to_owned()));
    assert_eq!(fault("FOO(m1)"), MathError::UnknownFunction("FOO".to_owned()));
    assert_eq!(fault("select MAX(a) FROM b"), MathError::NotThereYet("SELECT".to_owned()));
    assert_eq!(fault("SEARCH('x', 'Sum', 60)"), MathError::NotThereYet("SEARCH".to_owned()));
    assert_eq!(fault("RATE(1)"), MathError::Arguments("RATE".to_owned()));
    assert_eq!(fault("METRICS() + METRICS()"), MathError::Operands("+"));
    assert_eq!(fault("AVG(m1)"), MathError::NoSeries);
}

#[test]
fn the_ids_an_expression_needs_are_known() {
    let names = Expression::read("IF(a > 1, FILL(b, REPEAT), SUM([c, 2 * d]))").unwrap().names();
    assert_eq!(names.into_iter().collect::<String>(), "abcd");
}
