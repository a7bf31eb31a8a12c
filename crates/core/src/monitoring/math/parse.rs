//! Words put together by precedence: `OR`, `AND`, comparisons, `+ -`, `* /`, sign, `^`. Never computes.

use std::collections::BTreeSet;

use super::lex::{Token, tokens};
use super::{MathError, function};
use crate::limits::EXPRESSION_DEPTH_MAX;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Text(String),
    Name(String),
    List(Vec<Node>),
    Negated(Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
}

/// Operators by precedence, the loosest first.
const LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/"]];

/// The whole of an expression.
pub(super) fn parse(text: &str) -> Result<Node, MathError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let node = parser.binary(0)?;
    if parser.at < parser.tokens.len() {
        return Err(parser.fault());
    }
    Ok(node)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn binary(&mut self, level: usize) -> Result<Node, MathError> {
        let Some(operators) = LEVELS.get(level) else { return self.sign() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    /// The operator that stands here, if it is one of these; `AND` and `OR` are words for two of them.
    fn operator(&self, of: &[&'static str]) -> Option<&'static str> {
        let sign = match self.tokens.get(self.at)? {
            Token::Sign(sign) => *sign,
            Token::Name(name) if name == "AND" => "&&",
            Token::Name(name) if name == "OR" => "||",
            Token::Name(_) | Token::Number(_) | Token::Text(_) => return None,
        };
        of.contains(&sign).then_some(sign)
    }

    fn sign(&mut self) -> Result<Node, MathError> {
        let mut negated = false;
        while let Some(sign) = ["-", "+"].into_iter().find(|sign| self.take(sign)) {
            negated ^= sign == "-";
        }
        let node = self.power()?;
        Ok(if negated { Node::Negated(Box::new(node)) } else { node })
    }

    fn power(&mut self) -> Result<Node, MathError> {
        let base = self.primary()?;
        if !self.take("^") {
            return Ok(base);
        }
        let exponent = self.deeper(Self::sign)?;
        Ok(Node::Binary("^", Box::new(base), Box::new(exponent)))
    }

    fn primary(&mut self) -> Result<Node, MathError> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Number(number)) => Ok(Node::Number(number)),
            Some(Token::Text(text)) => Ok(Node::Text(text)),
            Some(Token::Name(name)) if self.take("(") => Ok(Node::Call(name, self.list(")")?)),
            Some(Token::Name(name)) => Ok(Node::Name(name)),
            Some(Token::Sign("[")) => Ok(Node::List(self.list("]")?)),
            Some(Token::Sign("(")) => {
                let node = self.deeper(|parser| parser.binary(0))?;
                if self.take(")") { Ok(node) } else { Err(self.fault()) }
            }
            Some(Token::Sign(_)) | None => {
                self.at -= 1;
                Err(self.fault())
            }
        }
    }

    /// What stands between commas, up to the sign that ends it.
    fn list(&mut self, end: &str) -> Result<Vec<Node>, MathError> {
        let mut nodes = Vec::new();
        if self.take(end) {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.deeper(|parser| parser.binary(0))?);
            if self.take(end) {
                return Ok(nodes);
            }
            if !self.take(",") {
                return Err(self.fault());
            }
        }
    }

    fn deeper(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Node, MathError>,
    ) -> Result<Node, MathError> {
        if self.depth >= EXPRESSION_DEPTH_MAX {
            return Err(self.fault());
        }
        self.depth += 1;
        let node = parse(self);
        self.depth -= 1;
        node
    }

    fn take(&mut self, sign: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn fault(&self) -> MathError {
        let near = match self.tokens.get(self.at) {
            None => "the end".to_owned(),
            Some(Token::Number(number)) => number.to_string(),
            Some(Token::Name(text) | Token::Text(text)) => text.clone(),
            Some(Token::Sign(sign)) => (*sign).to_owned(),
        };
        MathError::Syntax { near }
    }
}

impl Node {
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Name(_) => Vec::new(),
            Self::List(nodes) | Self::Call(_, nodes) => nodes.iter().collect(),
            Self::Negated(node) => vec![node],
            Self::Binary(_, left, right) => vec![left, right],
        }
    }

    pub(super) fn collect_names(&self, names: &mut BTreeSet<String>) {
        if let Self::Name(name) = self
            && !function::is_word(name)
        {
            names.insert(name.clone());
        }
        self.parts().into_iter().for_each(|part| part.collect_names(names));
    }

    /// Refuses calls of what is not there, before anything is computed.
    pub(super) fn refuse_unknown(&self) -> Result<(), MathError> {
        if let Self::Call(name, _) = self {
            function::known(name)?;
        }
        self.parts().into_iter().try_for_each(Self::refuse_unknown)
    }
}
