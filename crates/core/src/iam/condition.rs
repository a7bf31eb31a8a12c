//! One condition of a statement: operator, key and values. Never knows where a key's value comes from.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use serde_json::{Map, Value};

use super::Context;
use super::compare::Comparison;

/// `{operator: {key: values}}`, one key of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    test: Test,
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// `Null`: whether the key is absent.
    Null,
    /// Everything else.
    Value { quantifier: Option<Quantifier>, comparison: Comparison, negated: bool, if_exists: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    All,
    Any,
}

/// Why a condition is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConditionError {
    /// No such operator.
    #[error("invalid condition operator: {0}")]
    Operator(String),
    /// The keys of an operator are no map.
    #[error("the condition operator {0} must have keys with values")]
    Keys(String),
    /// A value that is no text, number or truth value, nor a list of them.
    #[error("the condition key {0} must have texts, numbers or truth values")]
    Values(String),
}

/// Reads the value of `Condition`.
pub(super) fn read(block: &Map<String, Value>) -> Result<Vec<Condition>, ConditionError> {
    let mut conditions = Vec::new();
    for (operator, keys) in block {
        let Value::Object(keys) = keys else { return Err(ConditionError::Keys(operator.clone())) };
        // Where nothing is compared, IAM takes any operator.
        if keys.is_empty() {
            continue;
        }
        let test = test(operator).ok_or_else(|| ConditionError::Operator(operator.clone()))?;
        for (key, values) in keys {
            let values = texts(values).ok_or_else(|| ConditionError::Values(key.clone()))?;
            conditions.push(Condition { test, key: key.clone(), values });
        }
    }
    Ok(conditions)
}

fn test(operator: &str) -> Option<Test> {
    let (quantifier, operator) = match operator.split_once(':') {
        Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
        Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
        Some(_) => return None,
        None => (None, operator),
    };
    if operator == "Null" {
        return quantifier.is_none().then_some(Test::Null);
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let (comparison, negated) = Comparison::named(operator)?;
    Some(Test::Value { quantifier, comparison, negated, if_exists })
}

fn texts(values: &Value) -> Option<Vec<String>> {
    let values = match values {
        Value::Array(values) => values.as_slice(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(values)
        }
    };
    values.iter().map(text).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Condition {
    /// The key it asks for, as written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it holds. `variables` says whether the policy's version has policy variables.
    #[must_use]
    pub fn holds(&self, context: &Context, variables: bool) -> bool {
        let given = context.get(&self.key);
        let Test::Value { quantifier, comparison, negated, if_exists } = self.test else {
            return self.values.iter().any(|value| value.eq_ignore_ascii_case("true") == given.is_none());
        };
        let known = variables.then_some(context);
        let fits = |given: &String| self.values.iter().any(|value| comparison.fits(value, given, known));
        match (given.unwrap_or_default(), quantifier) {
            ([], Some(Quantifier::All)) => true,
            ([], Some(Quantifier::Any)) => if_exists,
            ([], None) => negated || if_exists,
            (given, Some(Quantifier::All)) => given.iter().all(|given| fits(given) != negated),
            (given, Some(Quantifier::Any)) => given.iter().any(|given| fits(given) != negated),
            (given, None) => given.iter().any(fits) != negated,
        }
    }
}
