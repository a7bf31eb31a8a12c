//! The bodies of requests, by length or chunked. Holds no more of one than its limit and copies none twice.

use bytes::{Buf, Bytes, BytesMut};
use lambent_core::limits;

use super::http::{Broken, Framing, end_of_head};
use super::inlet::{Inlet, Source};

/// How much is read at once while a body streams in.
const READ_BYTES: usize = 65_536;
/// Bodies up to this size are copied out of the read buffer, so that it can be used again.
const COPIED_MAX_BYTES: usize = 4096;
/// After so much at once it is the turn of others: somebody may send without end.
const TURN_BYTES: usize = 16_384;
/// The longest line that announces a chunk, extensions included.
const CHUNK_LINE_MAX_BYTES: usize = 4096;

/// A body read to its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// All of it; nothing if it was over the limit.
    pub(crate) bytes: Bytes,
    /// It was larger than the limit.
    pub(crate) too_large: bool,
    /// The trailer `Lambda-Runtime-Function-Error-Type`.
    pub(crate) error_type: Option<String>,
    /// The trailer `Lambda-Runtime-Function-Error-Body`, still in base64.
    pub(crate) error_body: Option<String>,
}

impl<R: Source> Inlet<R> {
    /// Reads a body of at most `limit` bytes; of a larger one nothing is kept.
    pub(crate) async fn body(&mut self, framing: Framing, limit: usize) -> Result<Body, Broken> {
        self.body_left = limits::RUNTIME_API_BODY_MAX_BYTES;
        let body = match framing {
            Framing::Length(length) if length > self.body_left => Err(Broken::Endless),
            Framing::Length(length) => match usize::try_from(length) {
                Ok(length) if length <= limit => self.whole(length).await,
                _ => self.skip(length).await.map(|()| Body { too_large: true, ..Body::default() }),
            },
            Framing::Chunked => self.chunked(limit).await,
        };
        self.tidy();
        body
    }

    async fn whole(&mut self, length: usize) -> Result<Body, Broken> {
        let bytes = if length <= self.ahead.len() {
            if length <= COPIED_MAX_BYTES {
                let copy = Bytes::copy_from_slice(&self.ahead[..length]);
                self.ahead.advance(length);
                copy
            } else {
                self.ahead.split_to(length).freeze()
            }
        } else {
            let mut body = self.ahead.split();
            self.tidy();
            // Room for all at once: only what really comes takes memory.
            body.reserve(length - body.len());
            while body.len() < length {
                let missing = length - body.len();
                if self.fill_body(&mut body, missing).await.map_err(|_| Broken::Truncated)? == 0 {
                    return Err(Broken::Truncated);
                }
            }
            body.freeze()
        };
        Ok(Body { bytes, ..Body::default() })
    }

    /// Reads and forgets.
    async fn skip(&mut self, mut length: u64) -> Result<(), Broken> {
        loop {
            let here = usize::try_from(length).unwrap_or(usize::MAX).min(self.ahead.len());
            self.ahead.advance(here);
            length -= here as u64;
            if length == 0 {
                return Ok(());
            }
            self.more(READ_BYTES).await?;
        }
    }

    pub(super) async fn more(&mut self, room: usize) -> Result<(), Broken> {
        self.acknowledge();
        match self.fill(room).await {
            Ok(0) | Err(Broken::Reset) => Err(Broken::Truncated),
            Ok(read) => {
                self.body_left = self.body_left.checked_sub(read as u64).ok_or(Broken::Endless)?;
                if read >= TURN_BYTES {
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            Err(broken) => Err(broken),
        }
    }

    async fn chunked(&mut self, limit: usize) -> Result<Body, Broken> {
        let mut kept = BytesMut::new();
        let mut too_large = false;
        loop {
            let size = self.chunk_size().await?;
            if size == 0 {
                break;
            }
            too_large |= size > limit.saturating_sub(kept.len()) as u64;
            if too_large {
                kept = BytesMut::new();
                self.skip(size).await?;
            } else {
                self.chunk(size, &mut kept).await?;
            }
            self.chunk_end().await?;
        }
        let mut body = Body { bytes: kept.freeze(), too_large, ..Body::default() };
        // Of what nobody wants no more is kept than of a head.
        let most = if limit == 0 {
            limits::RUNTIME_API_HEAD_MAX_BYTES
        } else {
            limits::RUNTIME_API_ERROR_HEAD_MAX_BYTES
        };
        self.trailers(&mut body, most).await?;
        Ok(body)
    }

    async fn chunk(&mut self, size: u64, kept: &mut BytesMut) -> Result<(), Broken> {
        let mut left = usize::try_from(size).map_err(|_| Broken::Bad("bad chunk size"))?;
        loop {
            let here = left.min(self.ahead.len());
            kept.extend_from_slice(&self.ahead[..here]);
            self.ahead.advance(here);
            left -= here;
            if left == 0 {
                return Ok(());
            }
            self.more(READ_BYTES).await?;
        }
    }

    pub(super) async fn chunk_size(&mut self) -> Result<u64, Broken> {
        let end = self.line(CHUNK_LINE_MAX_BYTES).await?;
        let size = parse_chunk_size(&self.ahead[..end]).ok_or(Broken::Bad("bad chunk size"))?;
        self.ahead.advance(end);
        Ok(size)
    }

    pub(super) async fn chunk_end(&mut self) -> Result<(), Broken> {
        let end = self.line(2).await?;
        let blank = self.ahead[..end].trim_ascii().is_empty();
        self.ahead.advance(end);
        if blank { Ok(()) } else { Err(Broken::Bad("a chunk is longer than it says")) }
    }

    /// Reads until a whole line of at most `max` bytes is there and returns its length, newline included.
    async fn line(&mut self, max: usize) -> Result<usize, Broken> {
        let mut searched = 0;
        loop {
            let fresh = &self.ahead[searched..];
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let end = searched + at + 1;
                return if end > max { Err(Broken::Bad("a line is too long")) } else { Ok(end) };
            }
            searched = self.ahead.len();
            if searched >= max {
                return Err(Broken::Bad("a line is too long"));
            }
            self.more(READ_BYTES).await?;
        }
    }

    pub(super) async fn trailers(&mut self, body: &mut Body, most: usize) -> Result<(), Broken> {
        let mut searched = 0;
        let end = loop {
            match &self.ahead[..] {
                [b'\n', ..] => break 1,
                [b'\r', b'\n', ..] => break 2,
                _ => {}
            }
            if let Some(end) = end_of_head(&self.ahead, searched) {
                break end;
            }
            searched = self.ahead.len();
            if searched > most {
                return Err(Broken::HeadTooLarge);
            }
            self.more(READ_BYTES).await?;
        };
        read_trailers(&self.ahead[..end], body)?;
        self.ahead.advance(end);
        Ok(())
    }
}

fn read_trailers(bytes: &[u8], body: &mut Body) -> Result<(), Broken> {
    let mut fields = [httparse::EMPTY_HEADER; limits::RUNTIME_API_FIELDS_MAX];
    let Ok(httparse::Status::Complete((_, fields))) = httparse::parse_headers(bytes, &mut fields) else {
        return Err(Broken::Bad("bad trailers"));
    };
    for field in fields {
        let text = || Some(String::from_utf8_lossy(field.value).into_owned()).filter(|text| !text.is_empty());
        if field.name.eq_ignore_ascii_case("lambda-runtime-function-error-type") {
            body.error_type = text();
        } else if field.name.eq_ignore_ascii_case("lambda-runtime-function-error-body") {
            body.error_body = text();
        }
    }
    Ok(())
}

/// The size in a chunk's first line; extensions after `;` are ignored.
fn parse_chunk_size(line: &[u8]) -> Option<u64> {
    let size = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let text = std::str::from_utf8(size).ok()?;
    if text.is_empty() || text.len() > 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Body, Broken, Framing, Inlet};
    use crate::runtime_api::allowance::Allowance;
    use crate::runtime_api::inlet::Source;

    impl Source for &[u8] {}

    async fn read(bytes: &[u8], framing: Framing, limit: usize) -> (Result<Body, Broken>, Vec<u8>) {
        let mut inlet = Inlet::new(bytes, Allowance::default().share());
        let body = inlet.body(framing, limit).await;
        (body, inlet.ahead.to_vec())
    }

    #[tokio::test]
    async fn chunks_become_one_body_and_trailers_are_read() {
        let text =
            b"4;a=b\r\nWiki\r\n05\r\npedia\r\n0\r\nX: y\r\nlambda-runtime-function-error-type: E\r\n\r\nGET";
        let (body, rest) = read(text, Framing::Chunked, 9).await;
        let body = body.unwrap();
        assert_eq!((&body.bytes[..], body.error_type.as_deref()), (&b"Wikipedia"[..], Some("E")));
        assert_eq!(rest, b"GET");
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_body_over_the_limit() {
        for (bytes, framing) in [
            (&b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\nNEXT"[..], Framing::Chunked),
            (&b"helloworldNEXT"[..], Framing::Length(10)),
        ] {
            let (body, _) = read(bytes, framing, 9).await;
            assert_eq!(body.unwrap(), Body { too_large: true, ..Body::default() });
        }
    }

    #[tokio::test]
    async fn broken_chunks_are_refused() {
        for bytes in
            [&b"\r\n"[..], b"-1\r\n", b"g\r\n", b"11111111111111111\r\n", b"1\r\nab\r\n", b"0\r\nbad\r\n\r\n"]
        {
            let (body, _) = read(bytes, Framing::Chunked, 100).await;
            assert!(matches!(body, Err(Broken::Bad(_))), "{bytes:?}: {body:?}");
        }
        for bytes in [&b""[..], b"5", b"5\r\nhel", b"5\r\nhello\r\n0\r\n"] {
            let (body, _) = read(bytes, Framing::Chunked, 100).await;
            assert!(matches!(body, Err(Broken::Truncated)), "{bytes:?}: {body:?}");
        }
        assert!(matches!(read(b"abc", Framing::Length(4), 100).await.0, Err(Broken::Truncated)));
    }
}
