//! Conditions joined by `&&`, `||` and parentheses. Never knows what a condition is.

use super::PatternError;
use super::reader::Reader;

/// A condition, or several.
#[derive(Debug, Clone)]
pub(super) enum Expression<T> {
    /// This one.
    Is(T),
    /// All of them.
    All(Vec<Self>),
    /// One of them.
    Any(Vec<Self>),
}

impl<T> Expression<T> {
    /// Reads an expression of such conditions; `&&` binds closer than `||`.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        condition: &impl Fn(&mut Reader<'_>) -> Result<T, PatternError>,
    ) -> Result<Self, PatternError> {
        let all = |reader: &mut Reader<'_>| {
            joined(reader, "&&", Self::All, &|reader: &mut Reader<'_>| Self::one(reader, condition))
        };
        joined(reader, "||", Self::Any, &all)
    }

    fn one(
        reader: &mut Reader<'_>,
        condition: &impl Fn(&mut Reader<'_>) -> Result<T, PatternError>,
    ) -> Result<Self, PatternError> {
        reader.skip_space();
        if !reader.eat("(") {
            return condition(reader).map(Self::Is);
        }
        let inner = Self::read(reader, condition)?;
        reader.expect(")")?;
        Ok(inner)
    }

    /// Whether it holds where `holds` says so of each condition.
    pub(super) fn holds(&self, holds: &impl Fn(&T) -> bool) -> bool {
        match self {
            Self::Is(condition) => holds(condition),
            Self::All(all) => all.iter().all(|one| one.holds(holds)),
            Self::Any(any) => any.iter().any(|one| one.holds(holds)),
        }
    }
}

/// One or more parts with this between them.
fn joined<T>(
    reader: &mut Reader<'_>,
    between: &str,
    several: impl Fn(Vec<Expression<T>>) -> Expression<T>,
    part: &impl Fn(&mut Reader<'_>) -> Result<Expression<T>, PatternError>,
) -> Result<Expression<T>, PatternError> {
    let first = part(reader)?;
    let mut parts = vec![first];
    loop {
        reader.skip_space();
        if !reader.eat(between) {
            break;
        }
        parts.push(part(reader)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { several(parts) })
}
