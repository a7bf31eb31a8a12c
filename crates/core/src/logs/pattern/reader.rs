//! The letters of a pattern, one after the other. Knows no form of pattern.

use regex::Regex;

use super::PatternError;

/// What is left of a pattern.
#[derive(Debug, Clone)]
pub(super) struct Reader<'p>(&'p str);

impl<'p> Reader<'p> {
    pub(super) const fn of(text: &'p str) -> Self {
        Self(text)
    }

    pub(super) fn skip_space(&mut self) {
        self.0 = self.0.trim_start();
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// What comes next.
    pub(super) fn peek(&self) -> Option<char> {
        self.0.chars().next()
    }

    /// Takes this if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// The same for a word in any case, behind space, and not the beginning of a longer one.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let rest = self.0.trim_start();
        let same = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        match rest.get(word.len()..).filter(|rest| same && ends(rest)) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Takes this, behind space, which must come next.
    pub(super) fn expect(&mut self, text: &str) -> Result<(), PatternError> {
        self.skip_space();
        if self.eat(text) { Ok(()) } else { Err(PatternError::Malformed) }
    }

    /// All letters that are so; may be none.
    pub(super) fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'p str {
        let end = self.0.find(|c| !is(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// What stands in quotes, if they come next; `\"` and `\\` stand for themselves.
    pub(super) fn quoted(&mut self) -> Result<Option<String>, PatternError> {
        if !self.eat("\"") {
            return Ok(None);
        }
        let mut text = String::new();
        let mut letters = self.0.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return Ok(Some(text));
                }
                '\\' => match letters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(PatternError::Malformed)
    }

    /// A regular expression between percent signs, if one comes next.
    pub(super) fn regex(&mut self) -> Result<Option<Regex>, PatternError> {
        if !self.eat("%") {
            return Ok(None);
        }
        let (expression, rest) = self.0.split_once('%').ok_or(PatternError::Malformed)?;
        self.0 = rest;
        Regex::new(expression).map(Some).map_err(|_| PatternError::Malformed)
    }
}
