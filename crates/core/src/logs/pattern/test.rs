//! One comparison: `= "v*"`, `>= 400`, `!= %re%`. Never knows where the compared value comes from.

use regex::Regex;

use super::PatternError;
use super::reader::Reader;

/// How it compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// With what.
#[derive(Debug, Clone)]
enum Operand {
    /// A text in which `*` stands for any letters; the number it is, if it is one and not in quotes.
    Text(String, Option<f64>),
    Regex(Regex),
}

/// A comparison with something that is given later.
#[derive(Debug, Clone)]
pub(super) struct Test {
    comparison: Comparison,
    operand: Operand,
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'g> {
    Text(&'g str),
    Number(f64),
}

impl Test {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, PatternError> {
        reader.skip_space();
        let comparison = match () {
            () if reader.eat("!=") => Comparison::Unequal,
            () if reader.eat("<=") => Comparison::LessOrEqual,
            () if reader.eat(">=") => Comparison::GreaterOrEqual,
            () if reader.eat("=") => Comparison::Equal,
            () if reader.eat("<") => Comparison::Less,
            () if reader.eat(">") => Comparison::Greater,
            () => return Err(PatternError::Malformed),
        };
        reader.skip_space();
        let operand = Operand::read(reader)?;
        let orders = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        if orders && operand.number().is_none() {
            return Err(PatternError::Malformed);
        }
        Ok(Self { comparison, operand })
    }

    pub(super) fn holds(&self, given: Given<'_>) -> bool {
        let number = || match given {
            Given::Number(number) => Some(number),
            Given::Text(text) => text.trim().parse().ok(),
        };
        let order = || number()?.partial_cmp(&self.operand.number()?);
        match self.comparison {
            Comparison::Equal => self.equals(given),
            Comparison::Unequal => !self.equals(given),
            Comparison::Less => order().is_some_and(|order| order.is_lt()),
            Comparison::LessOrEqual => order().is_some_and(|order| order.is_le()),
            Comparison::Greater => order().is_some_and(|order| order.is_gt()),
            Comparison::GreaterOrEqual => order().is_some_and(|order| order.is_ge()),
        }
    }

    fn equals(&self, given: Given<'_>) -> bool {
        match (&self.operand, given) {
            (Operand::Regex(regex), Given::Text(text)) => regex.is_match(text),
            (Operand::Regex(regex), Given::Number(number)) => regex.is_match(&number.to_string()),
            #[expect(clippy::float_cmp, reason = "a number equals what is written the same")]
            (Operand::Text(_, Some(wanted)), Given::Number(number)) => *wanted == number,
            (Operand::Text(wanted, None), Given::Number(number)) => fits(wanted, &number.to_string()),
            (Operand::Text(wanted, _), Given::Text(text)) => fits(wanted, text),
        }
    }
}

impl Operand {
    fn read(reader: &mut Reader<'_>) -> Result<Self, PatternError> {
        if let Some(text) = reader.quoted()? {
            return Ok(Self::Text(text, None));
        }
        if let Some(regex) = reader.regex()? {
            return Ok(Self::Regex(regex));
        }
        let text = reader.take_while(|c| !c.is_whitespace() && !"()[]{},&|=!<>\"".contains(c));
        if text.is_empty() {
            return Err(PatternError::Malformed);
        }
        Ok(Self::Text(text.to_owned(), text.parse().ok()))
    }

    const fn number(&self) -> Option<f64> {
        match self {
            Self::Text(_, number) => *number,
            Self::Regex(_) => None,
        }
    }
}

/// Whether a text fits one in which `*` stands for any letters.
pub(super) fn fits(wanted: &str, text: &str) -> bool {
    let Some((head, rest)) = wanted.split_once('*') else { return wanted == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').map_or((None, rest), |(middle, tail)| (Some(middle), tail));
    // Each part is taken where it comes first: then the most is left for those behind it.
    for part in middle.into_iter().flat_map(|middle| middle.split('*')) {
        match text.split_once(part) {
            Some((_, behind)) => text = behind,
            None => return false,
        }
    }
    text.ends_with(tail)
}
