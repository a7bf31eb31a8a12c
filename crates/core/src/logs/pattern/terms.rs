//! `ERROR -debug "two words"`, `?a ?b`: terms that an event has or has not, anywhere and in this case.

use regex::Regex;

use super::PatternError;
use super::reader::Reader;

/// What must be in an event, what must not, or of what one must be.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    needed: Vec<Term>,
    banned: Vec<Term>,
    /// Counts only where there is nothing else.
    any: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Text(String),
    Regex(Regex),
}

impl Terms {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PatternError> {
        let mut terms = Self::default();
        while !reader.is_at_end() {
            let list = match () {
                () if reader.eat("?") => &mut terms.any,
                () if reader.eat("-") => &mut terms.banned,
                () => &mut terms.needed,
            };
            list.push(Term::read(reader)?);
            reader.skip_space();
        }
        Ok(terms)
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        if self.needed.is_empty() && self.banned.is_empty() {
            return self.any.iter().any(|term| term.is_in(text));
        }
        self.needed.iter().all(|term| term.is_in(text)) && !self.banned.iter().any(|term| term.is_in(text))
    }
}

impl Term {
    fn read(reader: &mut Reader<'_>) -> Result<Self, PatternError> {
        if let Some(text) = reader.quoted()? {
            return Ok(Self::Text(text));
        }
        if let Some(regex) = reader.regex()? {
            return Ok(Self::Regex(regex));
        }
        let term = reader.take_while(|c| !c.is_whitespace());
        if term.is_empty() {
            return Err(PatternError::Malformed);
        }
        if term.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Ok(Self::Text(term.to_owned()));
        }
        Err(PatternError::Term { term: term.to_owned() })
    }

    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Text(term) => text.contains(term),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}
