//! The bytes of a blob as they come, for code that blocks, hashed on the way. Never holds more than a piece of them.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;

use crate::Digest;
use crate::image::Compressed;

/// Reads an async stream from a thread that may block.
pub(in crate::image) struct Source {
    stream: Compressed,
    runtime: Handle,
    piece: Bytes,
    hash: Sha256,
    /// How many more bytes the manifest lets it have.
    left: u64,
    failure: Option<io::Error>,
}

impl Source {
    /// A source whose stream lives on `runtime`. It is read outside of it.
    pub(in crate::image) fn new(stream: Compressed, runtime: Handle) -> Self {
        let (hash, piece) = (Sha256::new(), Bytes::new());
        Self { stream, runtime, piece, hash, left: 0, failure: None }
    }

    /// A stream that gives more than this is not the blob, and may have no end.
    pub(super) fn expect_bytes(&mut self, bytes: u64) {
        self.left = bytes;
    }

    /// Why the stream stopped, if it did before its end.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// The digest of all that was read.
    pub(super) fn digest(self) -> Digest {
        Digest::from_sha256(self.hash)
    }

    fn next(&mut self) -> io::Result<()> {
        while self.piece.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                None => break,
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => {
                    let told = io::Error::new(error.kind(), "the bytes stopped coming");
                    self.failure = Some(error);
                    return Err(told);
                }
            }
        }
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.next()?;
        let count = buffer.len().min(self.piece.len());
        let over = || io::Error::new(io::ErrorKind::InvalidData, "it is longer than its manifest says");
        self.left = self.left.checked_sub(count as u64).ok_or_else(over)?;
        buffer[..count].copy_from_slice(&self.piece[..count]);
        self.hash.update(&buffer[..count]);
        self.piece.advance(count);
        Ok(count)
    }
}
