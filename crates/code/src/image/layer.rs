//! Unpacks one layer nobody trusts into an empty folder: decompressed, hashed and written in one pass.
//!
//! Invariants: nothing is written outside the folder, whatever the paths and symlinks of the tar; no more is written than
//! AWS allows, whatever its headers say; memory does not depend on the layer; the digests of the blob and of the tar were
//! both found right before this returns.
//!
//! Sources: <https://github.com/opencontainers/image-spec/blob/main/layer.md>,
//! <https://docs.kernel.org/filesystems/overlayfs.html>

mod budget;
mod compression;
mod entry;
mod fault;
mod meter;
mod path;
mod source;
#[cfg(test)]
mod tests;
mod writer;

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;

use lambent_core::lambda::image::LayerRef;
use lambent_core::limits::{IMAGE_UNPACKED_MAX_BYTES, LAYER_ENTRIES_MAX, LAYER_ENTRY_HEADERS_MAX_BYTES};

use super::ImageError;
use compression::Decoder;
use entry::{Content, Entry};
use fault::Fault;
use meter::Meter;
use writer::Writer;

pub(super) use budget::Budget;
pub(super) use source::Source;

const COPY_BUFFER_BYTES: usize = 128 * 1024;

/// How much may come out of one layer.
#[derive(Debug, Clone)]
struct Limits {
    /// The whole tar.
    tar_bytes: u64,
    /// Its files, and those of the layers that are unpacked with it.
    files: Budget,
    entries: u64,
}

/// Unpacks `layer` into the existing, empty folder `into`, and takes the sizes of its files from `files`; returns their sum.
///
/// On an error the folder holds a part of the files: the caller removes it.
pub(super) fn unpack(
    source: Source,
    layer: &LayerRef,
    into: &Path,
    files: Budget,
) -> Result<u64, ImageError> {
    let limits = Limits { tar_bytes: IMAGE_UNPACKED_MAX_BYTES, files, entries: LAYER_ENTRIES_MAX };
    unpack_limited(source, layer, into, &limits)
}

fn unpack_limited(
    mut source: Source,
    layer: &LayerRef,
    into: &Path,
    limits: &Limits,
) -> Result<u64, ImageError> {
    source.expect_bytes(layer.bytes);
    let result = decode(&mut source, into, limits);
    // Whatever the tar reader made of it: the bytes stopped coming.
    if let Some(error) = source.take_failure() {
        return Err(ImageError::Stopped { layer: layer.digest, source: error });
    }
    let (bytes, diff_id) = result.map_err(|fault| fault.of(layer.digest))?;
    let digest = source.digest();
    if digest != layer.digest {
        return Err(ImageError::WrongDigest { what: "a layer", expected: layer.digest, actual: digest });
    }
    if diff_id != layer.diff_id {
        let what = "the tar of a layer";
        return Err(ImageError::WrongDigest { what, expected: layer.diff_id, actual: diff_id });
    }
    Ok(bytes)
}

/// Reads the source to its end, so that its digest is that of all of it.
fn decode(source: &mut Source, into: &Path, limits: &Limits) -> Result<(u64, crate::Digest), Fault> {
    let mut decoder = Decoder::new(&mut *source)?;
    let ahead = Cell::new(0);
    let mut meter = Meter::new(&mut decoder, &ahead, limits.tar_bytes);
    let bytes = entries(&mut meter, &ahead, into, limits)?;
    ahead.set(u64::MAX);
    io::copy(&mut meter, &mut io::sink()).map_err(|error| Fault::reading(&error))?;
    let diff_id = meter.digest();
    drop(decoder);
    io::copy(source, &mut io::sink()).map_err(|error| Fault::reading(&error))?;
    Ok((bytes, diff_id))
}

fn entries(tar: &mut impl Read, ahead: &Cell<u64>, into: &Path, limits: &Limits) -> Result<u64, Fault> {
    let mut archive = tar::Archive::new(tar);
    let buffer = vec![0; COPY_BUFFER_BYTES];
    let mut job = Job { writer: Writer::open(into)?, files: &limits.files, written: 0, buffer };
    let mut count = 0;
    let mut entries = archive.entries().map_err(|error| Fault::reading(&error))?;
    loop {
        // The reader keeps names and attributes in memory: this is all it may take before the next entry.
        ahead.set(LAYER_ENTRY_HEADERS_MAX_BYTES);
        let Some(next) = entries.next() else { break };
        ahead.set(u64::MAX);
        count += 1;
        if count > limits.entries {
            return Err(Fault::TooManyEntries);
        }
        job.unpack(&mut next.map_err(|error| Fault::reading(&error))?)?;
    }
    job.writer.finish()?;
    Ok(job.written)
}

struct Job<'a> {
    writer: Writer,
    /// How many bytes may still be written: holes count, as they do for whoever reads the file.
    files: &'a Budget,
    written: u64,
    buffer: Vec<u8>,
}

impl Job<'_> {
    fn unpack(&mut self, tar: &mut tar::Entry<'_, impl Read>) -> Result<(), Fault> {
        let Some(entry) = Entry::parse(tar)? else { return skip(tar) };
        if let Content::File { sparse } = entry.content {
            if !self.files.take(entry.bytes) {
                return Err(Fault::TooLarge);
            }
            self.written += entry.bytes;
            let mut file = self.writer.file(&entry)?;
            self.copy(&entry, sparse, tar, &mut file)?;
            return writer::seal(&file, &entry);
        }
        self.writer.put(&entry)?;
        skip(tar)
    }

    fn copy(
        &mut self,
        entry: &Entry,
        sparse: bool,
        from: &mut impl Read,
        to: &mut std::fs::File,
    ) -> Result<(), Fault> {
        let mut left = entry.bytes;
        while left > 0 {
            let count = match from.read(&mut self.buffer) {
                Ok(0) => return Err(Fault::Damaged("it ends in the middle of a file".to_owned())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Fault::reading(&error)),
            };
            left =
                left.checked_sub(count as u64).ok_or_else(|| Fault::Damaged("too long a file".to_owned()))?;
            writer::append(to, &self.buffer[..count], sparse)?;
        }
        if sparse { writer::end(to, entry.bytes) } else { Ok(()) }
    }
}

/// Reads what an entry holds that is not written, so that it does not count as headers of the next.
fn skip(tar: &mut impl Read) -> Result<(), Fault> {
    io::copy(tar, &mut io::sink()).map(drop).map_err(|error| Fault::reading(&error))
}
