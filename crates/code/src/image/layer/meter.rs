//! Counts and hashes a tar on its way to the reader. Never lets more through than it was told.

use std::cell::Cell;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::Digest;

/// A reader with two limits: of the whole tar, and of what may be read before someone raises `ahead` again.
pub(super) struct Meter<'a, R> {
    inner: R,
    ahead: &'a Cell<u64>,
    left: u64,
    hash: Sha256,
}

impl<'a, R: Read> Meter<'a, R> {
    pub(super) fn new(inner: R, ahead: &'a Cell<u64>, max_bytes: u64) -> Self {
        Self { inner, ahead, left: max_bytes, hash: Sha256::new() }
    }

    /// The digest of all that was read.
    pub(super) fn digest(self) -> Digest {
        Digest::from_sha256(self.hash)
    }
}

impl<R: Read> Read for Meter<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = count as u64;
        let headers = || io::Error::new(io::ErrorKind::InvalidData, "an entry has too long headers");
        self.ahead.set(self.ahead.get().checked_sub(bytes).ok_or_else(headers)?);
        self.left = self.left.checked_sub(bytes).ok_or(io::ErrorKind::FileTooLarge)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}
