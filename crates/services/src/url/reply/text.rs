//! The body of an answer that is no envelope: the JSON itself. Never changes a value.

/// The text of a JSON value: compact; of a string what it says, without quotes.
///
/// AWS parses the answer and writes it again, so that the blanks Python's runtime puts between members are not seen; the
/// spelling of numbers and the order of members stay.
pub(super) fn inferred(json: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<String>(json) {
        Ok(text) => text.into_bytes(),
        Err(_no_string) => compact(json),
    }
}

/// Without blanks between tokens.
fn compact(json: &[u8]) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let keeps = |byte: &u8| {
        let kept = inside || !byte.is_ascii_whitespace();
        match (*byte, escaped) {
            (b'"', false) => inside = !inside,
            (b'\\', false) => escaped = inside,
            _ => escaped = false,
        }
        kept
    };
    json.iter().copied().filter(keeps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_between_tokens_go_and_nothing_else() {
        for (json, text) in [
            (r#"{"a": [1, 2.50, 1e3], "b": " x , y "}"#, r#"{"a":[1,2.50,1e3],"b":" x , y "}"#),
            ("\"a \\\" b\"", "a \" b"),
            (r#"["a \" , b", "\\", 1]"#, r#"["a \" , b","\\",1]"#),
            (" null\n", "null"),
            ("\"\"", ""),
            ("\"\\u20ac\"", "€"),
            ("true", "true"),
        ] {
            assert_eq!(String::from_utf8(inferred(json.as_bytes())).unwrap(), text, "{json}");
        }
    }
}
