//! `[ip, user, status = 4*, ...]`: conditions on the fields of an event that are set apart by spaces.

use super::PatternError;
use super::expression::Expression;
use super::reader::Reader;
use super::test::{Given, Test};

/// What the fields of an event must be.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    /// Those before `...`, or all.
    first: Vec<Field>,
    /// Those behind it; nothing without it.
    last: Option<Vec<Field>>,
}

/// A field: nothing is asked of one that is only named.
type Field = Option<Expression<Test>>;

impl Fields {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PatternError> {
        reader.expect("[")?;
        let mut fields = Self { first: Vec::new(), last: None };
        loop {
            reader.skip_space();
            if reader.eat("...") {
                if fields.last.replace(Vec::new()).is_some() {
                    return Err(PatternError::Malformed);
                }
            } else if !reader.peek().is_some_and(|c| ",]".contains(c)) || fields.first.is_empty() {
                let field = read_field(reader)?;
                fields.last.as_mut().unwrap_or(&mut fields.first).push(field);
            }
            reader.skip_space();
            if !reader.eat(",") {
                break;
            }
        }
        reader.expect("]")?;
        if reader.is_at_end() { Ok(fields) } else { Err(PatternError::Malformed) }
    }

    pub(super) fn hold(&self, text: &str) -> bool {
        let found = split(text);
        let (first, last) = (self.first.len(), self.last.as_ref().map_or(0, Vec::len));
        let fits = if self.last.is_some() { found.len() >= first + last } else { found.len() == first };
        fits && self.first.iter().zip(&found).all(|(field, text)| holds(field, text))
            && self
                .last
                .iter()
                .flatten()
                .zip(&found[found.len() - last..])
                .all(|(field, text)| holds(field, text))
    }
}

/// A name, or an expression whose conditions all begin with it.
fn read_field(reader: &mut Reader<'_>) -> Result<Field, PatternError> {
    let mut ahead = reader.clone();
    name(&mut ahead);
    ahead.skip_space();
    if ahead.peek().is_some_and(|c| ",]".contains(c)) {
        *reader = ahead;
        return Ok(None);
    }
    let condition = |reader: &mut Reader<'_>| {
        reader.skip_space();
        if name(reader).is_empty() {
            return Err(PatternError::Malformed);
        }
        Test::read(reader)
    };
    Expression::read(reader, &condition).map(Some)
}

fn name<'p>(reader: &mut Reader<'p>) -> &'p str {
    reader.take_while(|c| c.is_alphanumeric() || "_-.*$#@".contains(c))
}

fn holds(field: &Field, text: &str) -> bool {
    field.as_ref().is_none_or(|field| field.holds(&|test: &Test| test.holds(Given::Text(text))))
}

/// The fields of an event: what stands between spaces, in quotes or in brackets.
fn split(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let close = match rest.as_bytes()[0] {
            b'"' => Some('"'),
            b'[' => Some(']'),
            _ => None,
        };
        let enclosed = close.and_then(|close| rest[1..].split_once(close));
        let (field, behind) = match enclosed {
            Some(parts) => parts,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        found.push(field);
        rest = behind.trim_start();
    }
    found
}
