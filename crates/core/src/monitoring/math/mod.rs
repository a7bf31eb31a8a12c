//! Metric math: expressions over the values of metrics. Never fetches a value.
//!
//! Built: `+ - * / ^`, comparisons, `AND OR`, arrays, and the functions of [`function`]. Not built: `SEARCH`, `SELECT`,
//! `ANOMALY_DETECTION_BAND`, `INSIGHT_RULE_METRIC`, `LAMBDA`, `DB_PERF_INSIGHTS`, `SERVICE_QUOTA`.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>

mod evaluate;
mod function;
mod lex;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::period::Spans;
use parse::Node;

/// Values by the second their spans begin at.
pub type Points = BTreeMap<i64, f64>;

/// An expression that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(Node);

/// One line of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The id of the metric it comes from; of several together the first.
    pub id: String,
    /// Its values.
    pub points: Points,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One number.
    Number(f64),
    /// One line.
    Line(Line),
    /// Several lines.
    Lines(Vec<Line>),
    /// A text, for functions that take one.
    Text(String),
}

/// What an expression may name.
#[derive(Debug)]
pub struct Scope<'a> {
    /// What was found or computed before, by id.
    pub values: &'a BTreeMap<String, Value>,
    /// The ids that are metrics, in the order they were asked for.
    pub metrics: &'a [String],
    /// How long the spans of each id are, in seconds.
    pub periods_s: &'a BTreeMap<String, i64>,
    /// The spans of this expression.
    pub spans: Spans,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MathError {
    /// It cannot be read.
    #[error("Unable to parse the expression near '{near}'")]
    Syntax {
        /// What follows the fault.
        near: String,
    },
    /// It names what is not there.
    #[error("The value '{0}' is not defined")]
    Undefined(String),
    /// It calls what AWS does not have.
    #[error("Unknown function '{0}'")]
    UnknownFunction(String),
    /// It calls what AWS has and this server has not.
    #[error("The function {0} is not there yet in Lambent")]
    NotThereYet(String),
    /// A function is given what it cannot take.
    #[error("Invalid arguments for the function {0}")]
    Arguments(String),
    /// An operator is given what it cannot take.
    #[error("Invalid operands for the operator {0}")]
    Operands(&'static str),
    /// It is no line of values.
    #[error("The expression must return a time series")]
    NoSeries,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`MathError`] if it is none.
    pub fn read(text: &str) -> Result<Self, MathError> {
        // A query of Metrics Insights is no expression, though it stands where one does.
        if text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("SELECT")) {
            return Err(MathError::NotThereYet("SELECT".to_owned()));
        }
        let node = parse::parse(text)?;
        node.refuse_unknown()?;
        Ok(Self(node))
    }

    /// The ids it names.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.0.collect_names(&mut names);
        names
    }

    /// What it is.
    ///
    /// # Errors
    /// [`MathError`] if its parts do not fit together.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, MathError> {
        self.0.evaluate(scope)
    }
}

impl Value {
    /// Its lines.
    ///
    /// # Errors
    /// [`MathError::NoSeries`] if it has none.
    pub fn lines(self) -> Result<Vec<Line>, MathError> {
        match self {
            Self::Line(line) => Ok(vec![line]),
            Self::Lines(lines) => Ok(lines),
            Self::Number(_) | Self::Text(_) => Err(MathError::NoSeries),
        }
    }
}
