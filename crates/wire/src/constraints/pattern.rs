//! The models' regular expressions, compiled once. Matches whole strings, as Java's `matches` does.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use fancy_regex::Regex;

/// How many patterns are kept; the models of all services served have fewer.
const PATTERNS_MAX: usize = 4096;

type Cache = RwLock<HashMap<&'static str, Arc<Option<Regex>>>>;

static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);

/// Whether the whole text matches. A pattern no engine of ours reads refuses nothing: the model's authors
/// wrote it for another engine, and a caller must not suffer for it.
pub(super) fn matches(pattern: &'static str, text: &str) -> bool {
    let compiled = compiled(pattern);
    // Backtracking has a limit in the engine; a text that reaches it did not match.
    compiled.as_ref().as_ref().is_none_or(|regex| regex.is_match(text).unwrap_or(false))
}

fn compiled(pattern: &'static str) -> Arc<Option<Regex>> {
    let cached = CACHE.read().unwrap_or_else(|broken| broken.into_inner()).get(pattern).cloned();
    cached.unwrap_or_else(|| {
        let made = Arc::new(Regex::new(&format!(r"\A(?:{})\z", java(pattern))).ok());
        let mut cache = CACHE.write().unwrap_or_else(|broken| broken.into_inner());
        if cache.len() < PATTERNS_MAX {
            cache.insert(pattern, made.clone());
        }
        made
    })
}

/// What Java's engine takes and ours reads otherwise: a `-` after a range or a class inside brackets, and the
/// characters beyond 16 bits written as pairs of surrogates.
const JAVA: [(&str, &str); 6] = [
    ("9-_", r"9\-_"),
    (r"\w-", r"\w\-"),
    // To look ahead twice is to look ahead once.
    (r"(?!\.)+", r"(?!\.)"),
    (r"\p{Z}-", r"\p{Z}\-"),
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}"),
    (r"\uD800\uDBFF-\uDC00\uDFFF", r"\x{10000}-\x{10FFFF}"),
];

fn java(pattern: &str) -> String {
    JAVA.iter().fold(pattern.to_owned(), |pattern, (java, ours)| pattern.replace(java, ours))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::efs::EFS;
    use crate::lambda::LAMBDA;
    use crate::schema::{Kind, Shape};

    #[test]
    fn every_pattern_of_a_service_is_read() {
        fn walk(shape: &'static Shape, seen: &mut BTreeSet<&'static str>) {
            if !seen.insert(shape.name) {
                return;
            }
            if let Some(pattern) = shape.pattern {
                assert!(compiled(pattern).as_ref().is_some(), "{}: {pattern}", shape.name);
            }
            match &shape.kind {
                Kind::Structure { members, .. } => {
                    members.iter().for_each(|member| walk(member.shape(), seen))
                }
                Kind::List(item) => walk(item.shape(), seen),
                Kind::Map { key, value } => {
                    [key, value].into_iter().for_each(|part| walk(part.shape(), seen))
                }
                Kind::String | Kind::Blob | Kind::Boolean | Kind::Integer | Kind::Long => {}
                Kind::Double | Kind::Timestamp | Kind::Document => {}
            }
        }
        for service in [&LAMBDA, &EFS] {
            let mut seen = BTreeSet::new();
            let inputs = service.operations.iter().filter_map(|operation| operation.input);
            inputs.for_each(|shape| walk(shape, &mut seen));
            assert!(seen.len() > 50, "only {} shapes", seen.len());
        }
    }

    #[test]
    fn the_whole_text_must_match() {
        for (pattern, text, expected) in [
            ("[a-z]+", "abc", true),
            ("[a-z]+", "abc1", false),
            ("[a-zA-Z0-9-_]+", "a-b_c", true),
            ("(?!^[0-9]+$)([a-zA-Z0-9-_]+)", "123", false),
            ("(?!^[0-9]+$)([a-zA-Z0-9-_]+)", "v123", true),
            ("a|ab", "ab", true),
            (".*", "", true),
            (".*", "a\nb", false),
            ("[^\\s]+", "a b", false),
            (r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF]*", "a 😹", true),
            (r"[\w- ]*", "a-b c", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text:?}");
        }
    }
}
