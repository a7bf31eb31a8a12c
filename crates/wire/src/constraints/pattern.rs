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

/// Inside a class, Java takes a `-` after a range or class, and a `[`, in ways Rust's engine does not.
fn java(pattern: &str) -> String {
    pattern.replace("9-_", r"9\-_").replace(r"\w-_", r"\w\-_")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text:?}");
        }
    }
}
