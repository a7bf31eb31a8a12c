//! Whether an event is one that a filter lets through. Never judges the pattern: what has another form than
//! [`is_pattern`](super::is_pattern) asks for lets nothing through.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html>

use std::net::IpAddr;

use serde_json::Value;

/// Whether an event has what a pattern asks for, in every field that it names.
#[must_use]
pub fn matches(pattern: &Value, event: &Value) -> bool {
    pattern.as_object().is_some_and(|fields| fields.iter().all(|(name, asked)| field(name, asked, event)))
}

fn field(name: &str, asked: &Value, event: &Value) -> bool {
    let found = event.get(name);
    match asked {
        Value::Array(alternatives) if name == "$or" => alternatives.iter().any(|one| matches(one, event)),
        Value::Array(rules) => leaf(rules, found),
        Value::Object(_) => match found {
            // One of the objects must fulfil all of it.
            Some(Value::Array(objects)) => objects.iter().any(|object| matches(asked, object)),
            Some(object) => matches(asked, object),
            // Fields of what is absent are absent.
            None => matches(asked, &Value::Null),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a value, or one of a list, is what one of the rules asks for.
fn leaf(rules: &[Value], found: Option<&Value>) -> bool {
    let values = found.map(leaves).unwrap_or_default();
    rules.iter().any(|rule| match rule.get("exists").and_then(Value::as_bool) {
        Some(wanted) => wanted != values.is_empty(),
        None => values.iter().any(|value| is(rule, value)),
    })
}

/// The plain values in a value: an object has none of its own.
fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(_) => Vec::new(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![value],
    }
}

fn is(rule: &Value, value: &Value) -> bool {
    let Some((name, asked)) = rule.as_object().and_then(|object| object.iter().next()) else {
        return same(rule, value);
    };
    match name.as_str() {
        "anything-but" => !is_any(asked, value),
        "numeric" => asked.as_array().is_some_and(|terms| numeric(terms, value)),
        _ => value.as_str().is_some_and(|text| has(name, asked, text)),
    }
}

/// Numbers are the same whatever their form: `1.0` is `1`.
fn same(asked: &Value, value: &Value) -> bool {
    match (asked.as_f64(), value.as_f64()) {
        (Some(asked), Some(value)) => same_number(asked, value),
        _ => asked == value,
    }
}

#[expect(clippy::float_cmp, reason = "two texts of one number are the same double")]
fn same_number(asked: f64, value: f64) -> bool {
    asked == value
}

/// Whether a value is one of those that it must not be.
fn is_any(unwanted: &Value, value: &Value) -> bool {
    match unwanted {
        Value::Array(all) => all.iter().any(|one| same(one, value)),
        Value::Object(rule) => rule.iter().any(|(name, asked)| {
            let texts = asked.as_array().map_or_else(|| vec![asked], |all| all.iter().collect());
            let text = value.as_str();
            text.is_some_and(|text| texts.iter().any(|asked| has(name, asked, text)))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => same(unwanted, value),
    }
}

/// Whether a text is as a rule of this name asks.
fn has(name: &str, asked: &Value, text: &str) -> bool {
    let in_any_case =
        |asked: &Value| asked.get("equals-ignore-case").and_then(Value::as_str).map(str::to_lowercase);
    match (name, asked.as_str(), in_any_case(asked)) {
        ("prefix", Some(prefix), _) => text.starts_with(prefix),
        ("suffix", Some(suffix), _) => text.ends_with(suffix),
        ("prefix", None, Some(prefix)) => text.to_lowercase().starts_with(&prefix),
        ("suffix", None, Some(suffix)) => text.to_lowercase().ends_with(&suffix),
        ("equals-ignore-case", Some(asked), _) => text.to_lowercase() == asked.to_lowercase(),
        ("wildcard", Some(asked), _) => wildcard(asked, text),
        ("cidr", Some(asked), _) => cidr(asked, text).unwrap_or(false),
        _ => false,
    }
}

/// Pairs of a sign and a bound, all of which must hold.
fn numeric(terms: &[Value], value: &Value) -> bool {
    let Some(value) = value.as_f64() else { return false };
    terms.chunks(2).all(|term| match (term[0].as_str(), term.get(1).and_then(Value::as_f64)) {
        (Some("="), Some(bound)) => same_number(value, bound),
        (Some("<"), Some(bound)) => value < bound,
        (Some("<="), Some(bound)) => value <= bound,
        (Some(">"), Some(bound)) => value > bound,
        (Some(">="), Some(bound)) => value >= bound,
        _ => false,
    })
}

/// `*` stands for any text, also none; a backslash takes a star or a backslash at its word.
fn wildcard(pattern: &str, text: &str) -> bool {
    let (mut pieces, mut characters) = (vec![String::new()], pattern.chars());
    while let Some(character) = characters.next() {
        match character {
            '*' => pieces.push(String::new()),
            '\\' => pieces.last_mut().into_iter().for_each(|piece| piece.extend(characters.next())),
            other => pieces.last_mut().into_iter().for_each(|piece| piece.push(other)),
        }
    }
    let [first, middle @ .., last] = pieces.as_slice() else {
        return pieces.first().is_some_and(|p| p == text);
    };
    let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
    let rest = middle
        .iter()
        .try_fold(rest, |rest, piece| rest.find(piece.as_str()).map(|at| &rest[at + piece.len()..]));
    rest.is_some_and(|rest| rest.ends_with(last.as_str()))
}

/// Whether an address is in a block; none where either is none.
fn cidr(block: &str, address: &str) -> Option<bool> {
    let (start, bits) = block.split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    match (start.parse().ok()?, address.parse().ok()?) {
        (IpAddr::V4(start), IpAddr::V4(address)) => {
            let rest = 32_u32.checked_sub(bits)?;
            Some((start.to_bits() ^ address.to_bits()).checked_shr(rest).unwrap_or(0) == 0)
        }
        (IpAddr::V6(start), IpAddr::V6(address)) => {
            let rest = 128_u32.checked_sub(bits)?;
            Some((start.to_bits() ^ address.to_bits()).checked_shr(rest).unwrap_or(0) == 0)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Some(false),
    }
}

#[cfg(test)]
mod tests;
