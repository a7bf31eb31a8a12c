//! `{ $.level = "ERROR" && $.took > 100 }`: conditions on an event that is a JSON object.

use serde_json::Value;

use super::PatternError;
use super::expression::Expression;
use super::reader::Reader;
use super::test::{Given, Test};

/// What an event must be.
#[derive(Debug, Clone)]
pub(super) struct Json(Expression<Condition>);

#[derive(Debug, Clone)]
struct Condition {
    path: Vec<Step>,
    is: Is,
}

/// From a value to one in it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
    /// Any member or item.
    Any,
}

#[derive(Debug, Clone)]
enum Is {
    Null,
    True,
    False,
    Absent,
    Present,
    Compared(Test),
}

impl Json {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PatternError> {
        reader.expect("{")?;
        let expression = Expression::read(reader, &Condition::read)?;
        reader.expect("}")?;
        if reader.is_at_end() { Ok(Self(expression)) } else { Err(PatternError::Malformed) }
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        let Ok(event @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) else {
            return false;
        };
        self.0.holds(&|condition: &Condition| condition.holds(&event))
    }
}

impl Condition {
    fn read(reader: &mut Reader<'_>) -> Result<Self, PatternError> {
        reader.expect("$")?;
        let mut path = Vec::new();
        while let Some(step) = Step::read(reader)? {
            path.push(step);
        }
        let is = match () {
            () if reader.eat_word("NOT") => word(reader, "EXISTS", Is::Absent)?,
            () if reader.eat_word("EXISTS") => Is::Present,
            () if reader.eat_word("IS") => match () {
                () if reader.eat_word("NULL") => Is::Null,
                () if reader.eat_word("TRUE") => Is::True,
                () => word(reader, "FALSE", Is::False)?,
            },
            () => Is::Compared(Test::read(reader)?),
        };
        Ok(Self { path, is })
    }

    fn holds(&self, event: &Value) -> bool {
        let mut found = Vec::new();
        find(event, &self.path, &mut found);
        match &self.is {
            Is::Absent => found.is_empty(),
            Is::Present => !found.is_empty(),
            Is::Null => found.iter().any(|value| value.is_null()),
            Is::True => found.iter().any(|value| **value == Value::Bool(true)),
            Is::False => found.iter().any(|value| **value == Value::Bool(false)),
            Is::Compared(test) => found.iter().any(|value| compare(test, value)),
        }
    }
}

fn word(reader: &mut Reader<'_>, word: &str, is: Is) -> Result<Is, PatternError> {
    if reader.eat_word(word) { Ok(is) } else { Err(PatternError::Malformed) }
}

impl Step {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, PatternError> {
        if reader.eat(".") {
            let name = reader.take_while(|c| c.is_alphanumeric() || "_-:@#/*".contains(c));
            return match name {
                "" => Err(PatternError::Malformed),
                "*" => Ok(Some(Self::Any)),
                name => Ok(Some(Self::Member(name.to_owned()))),
            };
        }
        if !reader.eat("[") {
            return Ok(None);
        }
        reader.skip_space();
        let quote = ["'", "\""].into_iter().find(|quote| reader.eat(quote));
        let step = match quote {
            Some(quote) => {
                let name = reader.take_while(|c| !quote.contains(c)).to_owned();
                reader.expect(quote)?;
                Self::Member(name)
            }
            None if reader.eat("*") => Self::Any,
            None => {
                let number = reader.take_while(|c| c.is_ascii_digit());
                Self::Item(number.parse().map_err(|_| PatternError::Malformed)?)
            }
        };
        reader.expect("]")?;
        Ok(Some(step))
    }
}

/// All values that a path leads to.
fn find<'v>(value: &'v Value, path: &[Step], found: &mut Vec<&'v Value>) {
    let Some((step, rest)) = path.split_first() else { return found.push(value) };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            members.get(name).into_iter().for_each(|value| find(value, rest, found));
        }
        (Step::Item(number), Value::Array(items)) => {
            items.get(*number).into_iter().for_each(|value| find(value, rest, found));
        }
        (Step::Any, Value::Object(members)) => {
            members.values().for_each(|value| find(value, rest, found));
        }
        (Step::Any, Value::Array(items)) => items.iter().for_each(|value| find(value, rest, found)),
        (Step::Member(_) | Step::Item(_) | Step::Any, _) => {}
    }
}

fn compare(test: &Test, value: &Value) -> bool {
    match value {
        Value::String(text) => test.holds(Given::Text(text)),
        Value::Number(number) => number.as_f64().is_some_and(|number| test.holds(Given::Number(number))),
        Value::Bool(is) => test.holds(Given::Text(if *is { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
