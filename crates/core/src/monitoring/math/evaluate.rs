//! What an expression is. A span in which one side has no value has none in the result, and what has no finite value is left
//! out.

use super::parse::Node;
use super::{Line, MathError, Points, Scope, Value, function};

impl Node {
    pub(super) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, MathError> {
        match self {
            Self::Number(number) => Ok(Value::Number(*number)),
            Self::Text(text) => Ok(Value::Text(text.clone())),
            Self::Name(name) if function::is_word(name) => Ok(Value::Text(name.clone())),
            Self::Name(name) => {
                scope.values.get(name).cloned().ok_or_else(|| MathError::Undefined(name.clone()))
            }
            Self::List(nodes) => {
                let mut lines = Vec::new();
                for node in nodes {
                    let value = node.evaluate(scope)?;
                    lines.extend(value.lines().map_err(|_| MathError::Operands("[]"))?);
                }
                Ok(Value::Lines(lines))
            }
            Self::Negated(node) => node.evaluate(scope)?.each("-", |number| -number),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.evaluate(scope)?, right.evaluate(scope)?);
                let compute = operation(operator);
                left.with(right, operator, compute)
            }
            Self::Call(name, nodes) => function::call(name, nodes, scope),
        }
    }
}

fn operation(operator: &str) -> fn(f64, f64) -> f64 {
    match operator {
        "+" => |a, b| a + b,
        "-" => |a, b| a - b,
        "*" => |a, b| a * b,
        "/" => |a, b| a / b,
        "^" => f64::powf,
        "==" => |a, b| truth_of((a - b).abs() < f64::EPSILON),
        "!=" => |a, b| truth_of((a - b).abs() >= f64::EPSILON),
        "<" => |a, b| truth_of(a < b),
        ">" => |a, b| truth_of(a > b),
        "<=" => |a, b| truth_of(a <= b),
        ">=" => |a, b| truth_of(a >= b),
        "&&" => |a, b| truth_of(a != 0.0 && b != 0.0),
        _ => |a, b| truth_of(a != 0.0 || b != 0.0),
    }
}

/// 1 for true, 0 for false.
pub(super) fn truth_of(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

impl Line {
    /// The same line with each value changed.
    pub(super) fn each(self, change: impl Fn(f64) -> f64) -> Self {
        let changed = self.points.into_iter().map(|(at_s, value)| (at_s, change(value)));
        Self { id: self.id, points: changed.filter(|(_, value)| value.is_finite()).collect() }
    }

    /// Both lines where both have values.
    pub(super) fn with(self, other: &Points, compute: impl Fn(f64, f64) -> f64) -> Self {
        let both =
            self.points.into_iter().filter_map(|(at_s, a)| Some((at_s, compute(a, *other.get(&at_s)?))));
        Self { id: self.id, points: both.filter(|(_, value)| value.is_finite()).collect() }
    }
}

impl Value {
    /// The same with each number changed.
    pub(super) fn each(
        self,
        what: &'static str,
        change: impl Fn(f64) -> f64 + Copy,
    ) -> Result<Self, MathError> {
        match self {
            Self::Number(number) => Ok(Self::Number(change(number))),
            Self::Line(line) => Ok(Self::Line(line.each(change))),
            Self::Lines(lines) => Ok(Self::Lines(lines.into_iter().map(|line| line.each(change)).collect())),
            Self::Text(_) => Err(MathError::Operands(what)),
        }
    }

    /// Both together: a number with each value of a line, a line with each of several.
    pub(super) fn with(
        self,
        other: Self,
        what: &'static str,
        compute: impl Fn(f64, f64) -> f64 + Copy,
    ) -> Result<Self, MathError> {
        match (self, other) {
            (one, Self::Number(b)) => one.each(what, |a| compute(a, b)),
            (Self::Number(a), other) => other.each(what, |b| compute(a, b)),
            (Self::Line(one), Self::Line(other)) => Ok(Self::Line(one.with(&other.points, compute))),
            (Self::Lines(lines), Self::Line(other)) => {
                let each = lines.into_iter().map(|line| line.with(&other.points, compute));
                Ok(Self::Lines(each.collect()))
            }
            (Self::Line(one), Self::Lines(lines)) => {
                let each = lines.into_iter().map(|line| {
                    let id = line.id.clone();
                    Line { id, ..one.clone().with(&line.points, compute) }
                });
                Ok(Self::Lines(each.collect()))
            }
            (Self::Lines(_), Self::Lines(_)) | (Self::Text(_), _) | (_, Self::Text(_)) => {
                Err(MathError::Operands(what))
            }
        }
    }
}
