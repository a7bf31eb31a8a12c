//! The heads of HTTP/1.1 requests. Reads and writes nothing; knows no route.
//!
//! The end of a head is searched once over each byte and parsed once, so a head that comes in single bytes costs
//! no more than one that comes whole.

use std::io;

use lambent_core::limits;

use super::extension::Given;

/// How the body of a request is marked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// This many bytes; none if the request says nothing.
    Length(u64),
    /// `Transfer-Encoding: chunked`
    Chunked,
}

/// What matters of a request's head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'b> {
    pub(crate) method: &'b str,
    pub(crate) target: &'b str,
    pub(crate) framing: Framing,
    /// `Expect: 100-continue`
    pub(crate) expects_continue: bool,
    /// The client wants the connection closed after the reply.
    pub(crate) close: bool,
    pub(crate) content_type: Option<&'b [u8]>,
    /// `Lambda-Runtime-Function-Error-Type`
    pub(crate) error_type: Option<&'b [u8]>,
    /// `Lambda-Runtime-Function-Response-Mode`
    pub(crate) response_mode: Option<&'b [u8]>,
    /// `Lambda-Extension-…`
    pub(crate) extension: Given<'b>,
}

/// Why no further request can be read from a connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// The client closed it between two requests.
    #[error("the client is gone")]
    Gone,
    /// It was reset: the client is gone and has not read all it was sent.
    #[error("the connection was reset")]
    Reset,
    /// The client closed its side in the middle of a body.
    #[error("HTTP request detected as truncated")]
    Truncated,
    /// The body of a request goes on far beyond all that is read of one.
    #[error("the body of the request is too large")]
    Endless,
    /// What came is no HTTP, or of a kind we do not speak.
    #[error("{0}")]
    Bad(&'static str),
    /// The head is larger, or has more fields, than the limit.
    #[error("the head of the request is too large")]
    HeadTooLarge,
    /// The sandbox has sent more than it may have waiting.
    #[error("too much was sent that is not dealt with yet")]
    Full,
    /// The head was begun and not ended in time.
    #[error("the head of the request took too long")]
    Late,
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Reset
    }
}

/// The length of the head at the start of `bytes`, of which `searched` bytes held no end of it.
pub(super) fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    let mut rest = bytes.get(from..)?;
    let mut at = from;
    while let Some(newline) = rest.iter().position(|byte| *byte == b'\n') {
        rest = rest.get(newline + 1..)?;
        at += newline + 1;
        match rest {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
    None
}

/// Parses a whole head.
pub(crate) fn parse(bytes: &[u8]) -> Result<Head<'_>, Broken> {
    let mut fields = [httparse::EMPTY_HEADER; limits::RUNTIME_API_FIELDS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Broken::Bad("incomplete request")),
        Err(httparse::Error::TooManyHeaders) => return Err(Broken::HeadTooLarge),
        Err(_) => return Err(Broken::Bad("not an HTTP/1.1 request")),
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(Broken::Bad("incomplete request"));
    };
    let mut head = Head {
        method,
        target,
        framing: Framing::Length(0),
        expects_continue: false,
        close: version == 0,
        content_type: None,
        error_type: None,
        response_mode: None,
        extension: Given::default(),
    };
    head.read(request.headers)?;
    Ok(head)
}

impl<'b> Head<'b> {
    fn read(&mut self, fields: &[httparse::Header<'b>]) -> Result<(), Broken> {
        let mut length = None;
        for field in fields {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            let value = field.value;
            if is("content-length") {
                let given = digits(value).ok_or(Broken::Bad("bad Content-Length"))?;
                if length.replace(given).is_some_and(|before| before != given) {
                    return Err(Broken::Bad("two different Content-Length"));
                }
            } else if is("transfer-encoding") {
                if !value.eq_ignore_ascii_case(b"chunked") || self.framing == Framing::Chunked {
                    return Err(Broken::Bad("unknown Transfer-Encoding"));
                }
                self.framing = Framing::Chunked;
            } else if is("connection") {
                self.connection(value);
            } else if is("expect") {
                self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
            } else if is("content-type") {
                self.content_type = Some(value).filter(|value| !value.is_empty());
            } else if is("lambda-runtime-function-error-type") {
                self.error_type = Some(value).filter(|value| !value.is_empty());
            } else if is("lambda-runtime-function-response-mode") {
                self.response_mode = Some(value).filter(|value| !value.is_empty());
            } else {
                self.extension.read(field.name, value);
            }
        }
        match (self.framing, length) {
            // Both together are how requests are smuggled (RFC 9112, 6.1).
            (Framing::Chunked, Some(_)) => Err(Broken::Bad("Content-Length beside Transfer-Encoding")),
            (Framing::Chunked, None) => Ok(()),
            (Framing::Length(_), given) => {
                self.framing = Framing::Length(given.unwrap_or(0));
                Ok(())
            }
        }
    }

    fn connection(&mut self, value: &[u8]) {
        for word in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if word.eq_ignore_ascii_case(b"close") {
                self.close = true;
            } else if word.eq_ignore_ascii_case(b"keep-alive") {
                self.close = false;
            }
        }
    }
}

fn digits(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    // `parse` alone would also take a sign.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Broken, Framing, end_of_head, parse};

    #[test]
    fn the_end_of_a_head_is_found_however_it_is_cut() {
        for head in
            [&b"GET / HTTP/1.1\r\nA: b\r\n\r\n"[..], b"GET / HTTP/1.1\nA: b\n\n", b"GET / HTTP/1.1\r\n\n"]
        {
            let mut more = head.to_vec();
            more.extend_from_slice(b"rest\r\n\r\n");
            for searched in 0..head.len() {
                assert_eq!(end_of_head(&head[..searched], 0), None);
                assert_eq!(end_of_head(&more, searched), Some(head.len()), "searched {searched}");
            }
        }
    }

    #[test]
    fn heads_are_understood_or_refused() {
        let framing = |fields: &str| {
            let text = format!("POST /x HTTP/1.1\r\n{fields}\r\n");
            parse(text.as_bytes()).map(|head| (head.framing, head.close)).map_err(|broken| broken.to_string())
        };
        let bad = |why: &'static str| Err(Broken::Bad(why).to_string());
        assert_eq!(framing(""), Ok((Framing::Length(0), false)));
        assert_eq!(framing("content-length: 12\r\n"), Ok((Framing::Length(12), false)));
        assert_eq!(framing("Content-Length: 1\r\nContent-Length: 1\r\n"), Ok((Framing::Length(1), false)));
        assert_eq!(
            framing("Content-Length: 1\r\nContent-Length: 2\r\n"),
            bad("two different Content-Length")
        );
        assert_eq!(framing("Content-Length: +1\r\n"), bad("bad Content-Length"));
        assert_eq!(framing("Content-Length: 99999999999999999999\r\n"), bad("bad Content-Length"));
        assert_eq!(framing("Transfer-Encoding: Chunked\r\n"), Ok((Framing::Chunked, false)));
        assert_eq!(framing("Transfer-Encoding: gzip\r\n"), bad("unknown Transfer-Encoding"));
        assert_eq!(
            framing("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"),
            bad("Content-Length beside Transfer-Encoding")
        );
        assert_eq!(framing("Connection: TE, close\r\n"), Ok((Framing::Length(0), true)));
        assert!(parse(b"GET / HTTP/1.0\r\n\r\n").unwrap().close);
        assert!(!parse(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").unwrap().close);
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(500));
        assert!(matches!(parse(many.as_bytes()), Err(Broken::HeadTooLarge)));
    }
}
