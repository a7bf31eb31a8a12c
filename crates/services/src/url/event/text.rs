//! Query parameters, decoded as forms write them. Never refuses one: what cannot be decoded stays as it is.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Each parameter by its name, in the order they came; repeated ones joined by commas.
pub(super) fn parameters(query: &str) -> Map<String, Value> {
    let mut found = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), decoded(value));
        match found.get_mut(&name) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(&value);
            }
            _ => _ = found.insert(name, Value::String(value)),
        }
    }
    found
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_joined() {
        for (query, expected) in [
            ("", "{}"),
            ("&&", "{}"),
            ("a=1&b=2", r#"{"a":"1","b":"2"}"#),
            ("b=2&a=1&b=3", r#"{"b":"2,3","a":"1"}"#),
            ("a=1,2&a=3", r#"{"a":"1,2,3"}"#),
            ("a", r#"{"a":""}"#),
            ("a=&a=", r#"{"a":","}"#),
            ("a=b=c", r#"{"a":"b=c"}"#),
            ("a+b=c%20d%2Be", r#"{"a b":"c d+e"}"#),
            ("%C3%A9=%E2%82%AC", r#"{"é":"€"}"#),
            ("a=%2&b=%zz", r#"{"a":"%2","b":"%zz"}"#),
        ] {
            assert_eq!(Value::Object(parameters(query)).to_string(), expected, "{query}");
        }
    }
}
