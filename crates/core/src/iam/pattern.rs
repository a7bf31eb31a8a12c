//! Wildcards and policy variables: `*`, `?`, `${aws:username}`. Never knows what a text means.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use super::Context;

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Only(char),
    /// Any one character.
    One,
    /// Any characters, also none.
    Any,
}

/// A pattern whose variables are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

/// Whether a text fits a pattern of `*` and `?`, where no variables are: actions and principals.
#[must_use]
pub fn wildcard(pattern: &str, text: &str) -> bool {
    Pattern(pattern.chars().map(token).collect()).matches(text)
}

impl Pattern {
    /// Reads wildcards, and variables if the policy's version has them; nothing where a variable has no value, since
    /// such a pattern fits nothing.
    pub(super) fn read(text: &str, variables: Option<&Context>) -> Option<Self> {
        let Some(context) = variables else { return Some(Self(text.chars().map(token).collect())) };
        let mut tokens = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else { break };
            tokens.extend(rest[..start].chars().map(token));
            let value = variable(&rest[start + 2..start + length], context)?;
            tokens.extend(value.chars().map(Token::Only));
            rest = &rest[start + length + 1..];
        }
        tokens.extend(rest.chars().map(token));
        Some(Self(tokens))
    }

    /// The same without regard to case.
    pub(super) fn lowercase(self) -> Self {
        let lower = |token| match token {
            Token::Only(c) => c.to_lowercase().map(Token::Only).collect(),
            Token::One | Token::Any => vec![token],
        };
        Self(self.0.into_iter().flat_map(lower).collect())
    }

    /// The same with wildcards taken as plain characters.
    pub(super) fn plain(self) -> Self {
        let plain = |token| match token {
            Token::Only(_) => token,
            Token::One => Token::Only('?'),
            Token::Any => Token::Only('*'),
        };
        Self(self.0.into_iter().map(plain).collect())
    }

    /// The first `n - 1` parts between colons, and the rest.
    pub(super) fn parts(&self, n: usize) -> Vec<Self> {
        self.0.splitn(n, |token| *token == Token::Only(':')).map(|part| Self(part.to_vec())).collect()
    }

    /// Whether a text fits from beginning to end.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut seen) = (0, 0);
        // Where the last `*` stands, and up to where it reaches: it takes one more whenever what follows does not fit.
        let mut star = None;
        while seen < text.len() {
            match self.0.get(at) {
                Some(Token::Any) => {
                    star = Some((at, seen));
                    at += 1;
                }
                Some(Token::One) => (at, seen) = (at + 1, seen + 1),
                Some(Token::Only(c)) if *c == text[seen] => (at, seen) = (at + 1, seen + 1),
                Some(Token::Only(_)) | None => {
                    let Some((stood, reached)) = star else { return false };
                    star = Some((stood, reached + 1));
                    (at, seen) = (stood + 1, reached + 1);
                }
            }
        }
        self.0[at..].iter().all(|token| *token == Token::Any)
    }
}

fn token(c: char) -> Token {
    match c {
        '*' => Token::Any,
        '?' => Token::One,
        c => Token::Only(c),
    }
}

/// What stands for a variable: its one value, or the default behind it; `${*}`, `${?}` and `${$}` stand for themselves.
fn variable(inside: &str, context: &Context) -> Option<String> {
    if matches!(inside, "*" | "?" | "$") {
        return Some(inside.to_owned());
    }
    let (key, default) =
        inside.split_once(',').map_or((inside, None), |(key, rest)| (key, Some(rest.trim())));
    match context.get(key.trim()) {
        Some([value]) => Some(value.clone()),
        Some(_) => None,
        None => default?.strip_prefix('\'')?.strip_suffix('\'').map(str::to_owned),
    }
}
