//! The syntax of event filters: patterns of EventBridge's language, as far as Lambda has it. Never matches an event:
//! [`matching`] does.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

mod matching;

use serde_json::{Map, Value};

pub use matching::matches;

/// Whether a text is a pattern: a JSON object whose leaves are lists of values and rules.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => {
            !fields.is_empty() && fields.iter().all(|(name, value)| field(name, value))
        }
        Ok(_) | Err(_) => false,
    }
}

fn field(name: &str, value: &Value) -> bool {
    match value {
        Value::Array(alternatives) if name == "$or" => {
            let object = |one: &Value| one.as_object().is_some_and(|o| o.iter().all(|(n, v)| field(n, v)));
            alternatives.len() > 1 && alternatives.iter().all(object)
        }
        Value::Array(items) => !items.is_empty() && items.iter().all(item),
        Value::Object(fields) => !fields.is_empty() && fields.iter().all(|(name, value)| field(name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// One of the things a value may be.
fn item(item: &Value) -> bool {
    match item {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Object(rule) => self::rule(rule),
        Value::Array(_) => false,
    }
}

fn rule(rule: &Map<String, Value>) -> bool {
    let mut entries = rule.iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else { return false };
    match name.as_str() {
        "exists" => value.is_boolean(),
        "prefix" | "suffix" => value.is_string() || only(value, "equals-ignore-case", Value::is_string),
        "equals-ignore-case" | "wildcard" | "cidr" => value.is_string(),
        "anything-but" => anything_but(value),
        "numeric" => value.as_array().is_some_and(|terms| numeric(terms)),
        _ => false,
    }
}

fn only(value: &Value, name: &str, holds: impl Fn(&Value) -> bool) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1 && object.get(name).is_some_and(holds))
}

fn anything_but(value: &Value) -> bool {
    let plain = |value: &Value| value.is_string() || value.is_number();
    let texts = |value: &Value| {
        value.is_string() || value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
    };
    match value {
        Value::Array(list) => !list.is_empty() && list.iter().all(plain),
        Value::Object(_) => {
            ["prefix", "suffix", "equals-ignore-case", "wildcard"].iter().any(|name| only(value, name, texts))
        }
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) | Value::String(_) => true,
    }
}

/// `["=", 5]`, or one or two bounds: `[">", 0, "<=", 5]`.
fn numeric(terms: &[Value]) -> bool {
    let pairs: Vec<(Option<&str>, bool)> =
        terms.chunks(2).map(|pair| (pair[0].as_str(), pair.get(1).is_some_and(Value::is_number))).collect();
    let is = |pair: &(Option<&str>, bool), signs: [&str; 2]| {
        pair.1 && pair.0.is_some_and(|sign| signs.contains(&sign))
    };
    match pairs.as_slice() {
        [one] => is(one, ["=", "="]) || is(one, [">", ">="]) || is(one, ["<", "<="]),
        [low, high] => is(low, [">", ">="]) && is(high, ["<", "<="]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_objects_whose_leaves_are_lists() {
        for pattern in [
            r#"{"body":{"a":["x",1,null,true]}}"#,
            r#"{"a":[{"prefix":"x"}],"b":[{"suffix":"x"}],"c":[{"exists":false}]}"#,
            r#"{"a":[{"anything-but":["x","y"]}],"b":[{"anything-but":{"prefix":"x"}}]}"#,
            r#"{"a":[{"numeric":[">",0,"<=",5]}],"b":[{"numeric":["=",5]}]}"#,
            r#"{"$or":[{"a":["x"]},{"b":["y"]}]}"#,
            r#"{"a":[{"equals-ignore-case":"x"}]}"#,
        ] {
            assert!(is_pattern(pattern), "{pattern}");
        }
        for wrong in [
            "",
            "asdf",
            "[]",
            "{}",
            "1",
            r#"{"a":"x"}"#,
            r#"{"a":[]}"#,
            r#"{"a":[["x"]]}"#,
            r#"{"a":{}}"#,
            r#"{"a":[{"unknown":"x"}]}"#,
            r#"{"a":[{"exists":1}]}"#,
            r#"{"a":[{"numeric":["<",5,">",0]}]}"#,
            r#"{"a":[{"prefix":1}]}"#,
            r#"{"a":[{"prefix":"x","suffix":"y"}]}"#,
            r#"{"$or":[{"a":["x"]}]}"#,
        ] {
            assert!(!is_pattern(wrong), "{wrong}");
        }
    }
}
