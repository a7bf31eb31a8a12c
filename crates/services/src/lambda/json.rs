//! Whether bytes are one JSON text (RFC 8259). Builds nothing: an event is handed on as it came.
//!
//! A parser of values would cost more, and would refuse deep nesting that functions may well send.

use std::fmt;

/// How deep arrays and objects may nest, as on AWS.
const DEPTH_MAX: usize = 1000;

/// Where bytes stop being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotJson {
    at: usize,
    expected: &'static str,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {}", self.expected, self.at)
    }
}

type Step = Result<(), NotJson>;

/// Checks one JSON text.
pub(crate) fn check(bytes: &[u8]) -> Result<(), NotJson> {
    if let Err(fault) = std::str::from_utf8(bytes) {
        return Err(NotJson { at: fault.valid_up_to(), expected: "UTF-8" });
    }
    Reader { bytes, at: 0 }.text()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// One value and nothing after it. What is open stands on a list, not on the call stack.
    fn text(&mut self) -> Step {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.blank();
            match self.peek() {
                Some(b'[') if self.opened(&mut open, b']')? => continue,
                Some(b'{') if self.opened(&mut open, b'}')? => {
                    self.name()?;
                    continue;
                }
                Some(b'[' | b'{') => {}
                _ => self.scalar()?,
            }
            if !self.after_value(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Enters an array or object; tells whether it has anything in it.
    fn opened(&mut self, open: &mut Vec<u8>, end: u8) -> Result<bool, NotJson> {
        self.at += 1;
        self.blank();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(false);
        }
        open.push(end);
        if open.len() > DEPTH_MAX { self.expected("less than 1000 levels") } else { Ok(true) }
    }

    /// Closes what ends after a value; tells whether another value follows.
    fn after_value(&mut self, open: &mut Vec<u8>) -> Result<bool, NotJson> {
        loop {
            self.blank();
            let Some(&end) = open.last() else {
                return if self.peek().is_none() { Ok(false) } else { self.expected("the end") };
            };
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.blank();
                    if end == b'}' {
                        self.name()?;
                    }
                    return Ok(true);
                }
                Some(byte) if byte == end => {
                    self.at += 1;
                    open.pop();
                }
                _ => return self.expected("a comma or the end of an array or object"),
            }
        }
    }

    /// A member's name and its colon.
    fn name(&mut self) -> Step {
        self.string()?;
        self.blank();
        self.literal(b":", "a colon")
    }

    fn scalar(&mut self) -> Step {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b't') => self.literal(b"true", "true"),
            Some(b'f') => self.literal(b"false", "false"),
            Some(b'n') => self.literal(b"null", "null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.expected("a value"),
        }
    }

    fn string(&mut self) -> Step {
        self.literal(b"\"", "a string")?;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.at += 1,
                _ => return self.expected("the rest of a string"),
            }
        }
    }

    fn escape(&mut self) -> Step {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 1..self.at + 5);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return self.expected("four hex digits");
                }
                self.at += 5;
            }
            _ => return self.expected("an escape"),
        }
        Ok(())
    }

    fn number(&mut self) -> Step {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1
        } else {
            self.digits()?
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Step {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { self.expected("a digit") } else { Ok(()) }
    }

    fn literal(&mut self, literal: &[u8], expected: &'static str) -> Step {
        if !self.bytes[self.at..].starts_with(literal) {
            return self.expected(expected);
        }
        self.at += literal.len();
        Ok(())
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, NotJson> {
        Err(NotJson { at: self.at, expected })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;

    proptest! {
        /// serde_json is the judge; both must agree on texts of JSON's own characters.
        #[test]
        fn it_agrees_with_a_parser(text in r#"[\[\]{},:"\\ 0-9eE+.nultrfasé\n-]{0,24}"#) {
            let judged = serde_json::from_str::<serde_json::Value>(&text);
            // A parser of values refuses numbers beyond a float, which are JSON all the same.
            let too_large = judged.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
            prop_assert_eq!(check(text.as_bytes()).is_ok(), judged.is_ok() || too_large);
        }

        #[test]
        fn what_a_writer_writes_is_json(number in any::<f64>(), text in ".{0,40}", deep in 0..100_usize) {
            let mut value = serde_json::json!({ "n": number, "t": text, "": [null, true, {}, []] });
            for _ in 0..deep {
                value = serde_json::json!([value, { "in": 1 }]);
            }
            prop_assert_eq!(check(serde_json::to_string_pretty(&value).unwrap().as_bytes()), Ok(()));
        }
    }
}
