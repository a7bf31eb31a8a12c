//! The words of an expression. Never what they mean together.

use super::MathError;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    Text(String),
    Sign(&'static str),
}

/// Signs, the longer before those they begin with.
const SIGNS: [&str; 19] =
    ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "="];

/// The words in their order.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, MathError> {
    let (mut rest, mut found) = (text.trim_start(), Vec::new());
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '0'..='9' | '.' => number(rest)?,
            '"' | '\'' => quoted(rest, first)?,
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Name(rest[..end].to_owned()), end)
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign)).ok_or_else(|| near(rest))?;
                (Token::Sign(sign), sign.len())
            }
        };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

fn number(rest: &str) -> Result<(Token, usize), MathError> {
    let mut end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let exponent = rest[end..].strip_prefix(['e', 'E']).map(|after| after.trim_start_matches(['+', '-']));
    if let Some(after) = exponent.filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        end = rest.len() - after.len() + digits;
    }
    let value = rest[..end].parse().map_err(|_| near(rest))?;
    Ok((Token::Number(value), end))
}

fn quoted(rest: &str, quote: char) -> Result<(Token, usize), MathError> {
    let inner = &rest[1..];
    let end = inner.find(quote).ok_or_else(|| near(rest))?;
    Ok((Token::Text(inner[..end].to_owned()), end + 2))
}

/// The fault at this place.
pub(super) fn near(rest: &str) -> MathError {
    MathError::Syntax { near: rest.chars().take(20).collect() }
}
