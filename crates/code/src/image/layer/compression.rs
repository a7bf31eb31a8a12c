//! How a layer is compressed, told from its first bytes: media types are not always true. Never decides what is allowed.
//!
//! Sources: <https://www.rfc-editor.org/rfc/rfc1952>, <https://www.rfc-editor.org/rfc/rfc8878>

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::fault::Fault;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Frames that hold nothing: eStargz's kin begin with one.
const ZSTD_SKIPPABLE: &[u8] = &[0x2a, 0x4d, 0x18];
const BUFFER_BYTES: usize = 64 * 1024;

/// The source, with the bytes put back that told how it is compressed.
type Whole<R> = BufReader<io::Chain<Cursor<Vec<u8>>, R>>;

/// The tar in a layer.
pub(super) enum Decoder<R: Read> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<Whole<R>>>),
    Zstd(zstd::Decoder<'static, Whole<R>>),
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(mut source: R) -> Result<Self, Fault> {
        let mut first = Vec::new();
        source.by_ref().take(4).read_to_end(&mut first).map_err(|error| Fault::reading(&error))?;
        let skippable = first.get(1..) == Some(ZSTD_SKIPPABLE) && first[0] & 0xf0 == 0x50;
        let gzip = first.starts_with(GZIP);
        let zstd = first.starts_with(ZSTD) || skippable;
        let whole = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(first).chain(source));
        if gzip {
            return Ok(Self::Gzip(Box::new(MultiGzDecoder::new(whole))));
        }
        if zstd {
            let decoder = zstd::Decoder::with_buffer(whole).map_err(|error| Fault::reading(&error))?;
            return Ok(Self::Zstd(decoder));
        }
        Ok(Self::Plain(whole))
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(reader) => reader.read(buffer),
            Self::Zstd(reader) => reader.read(buffer),
        }
    }
}
