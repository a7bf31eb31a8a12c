//! Filter patterns: which events a search wants. Never looks at anything but an event's text.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

mod expression;
mod fields;
mod json;
mod reader;
mod terms;
mod test;

use self::fields::Fields;
use self::json::Json;
use self::reader::Reader;
use self::terms::Terms;

/// Which events are wanted.
#[derive(Debug, Clone)]
pub struct Pattern(Form);

#[derive(Debug, Clone)]
enum Form {
    All,
    Terms(Terms),
    Json(Json),
    Fields(Fields),
}

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A term that must stand in quotes.
    #[error("Invalid character(s) in term '{term}'")]
    Term {
        /// The term.
        term: String,
    },
    /// Anything else.
    #[error("Invalid filter pattern")]
    Malformed,
}

impl Pattern {
    /// Reads a pattern; an empty one wants every event.
    ///
    /// # Errors
    /// [`PatternError`] for what is none.
    pub fn read(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        let form = match text.chars().next() {
            None => Form::All,
            Some('{') => Form::Json(Json::read(&mut Reader::of(text))?),
            Some('[') => Form::Fields(Fields::read(&mut Reader::of(text))?),
            Some(_) => Form::Terms(Terms::read(&mut Reader::of(text))?),
        };
        Ok(Self(form))
    }

    /// Whether it wants this event.
    #[must_use]
    pub fn wants(&self, text: &str) -> bool {
        match &self.0 {
            Form::All => true,
            Form::Terms(terms) => terms.are_in(text),
            Form::Json(json) => json.holds(text),
            Form::Fields(fields) => fields.hold(text),
        }
    }
}

#[cfg(test)]
mod tests;
