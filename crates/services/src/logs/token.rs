//! Where the next page goes on: `f/56 digits/s` forward, `b/56 digits/s` backward, and markers of names. Never valid for
//! another list than the one that gave it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use lambent_store::logs::Position;

use super::Error;

/// A token of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// Behind this event.
    Forward(Position),
    /// Before this event.
    Backward(Position),
}

impl Token {
    /// Reads one.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let read = || {
            let (direction, rest) = text.split_once('/')?;
            let position = rest.strip_suffix("/s")?.parse().ok()?;
            match direction {
                "f" => Some(Self::Forward(position)),
                "b" => Some(Self::Backward(position)),
                _ => None,
            }
        };
        read().ok_or_else(invalid)
    }

    /// As clients carry it.
    pub(super) fn text(self) -> String {
        match self {
            Self::Forward(position) => format!("f/{position}/s"),
            Self::Backward(position) => format!("b/{position}/s"),
        }
    }

    /// The event it stands at.
    pub(super) const fn position(self) -> Position {
        match self {
            Self::Forward(position) | Self::Backward(position) => position,
        }
    }
}

/// The marker of the last item of a page.
pub(super) fn mark(key: &str) -> String {
    BASE64.encode(key)
}

/// The item of a marker.
pub(super) fn unmark(marker: &str) -> Result<String, Error> {
    let key = BASE64.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(invalid)
}

fn invalid() -> Error {
    Error::InvalidParameter("The specified nextToken is invalid.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        for token in
            [Token::Forward(Position::before(7)), Token::Backward(Position { at_ms: 7, place: 1 << 40 })]
        {
            assert_eq!(Token::read(&token.text()).unwrap(), token);
        }
        for text in ["", "f", "f//s", "x/0/s", "f/123/s", "é/é"] {
            assert!(Token::read(text).is_err(), "{text}");
        }
    }
}
