//! Unpacks a zip nobody trusts into an empty folder.
//!
//! Invariants: nothing is written outside the folder, not even through a symlink of the zip; no more is
//! written than AWS allows, whatever the headers say; each byte written was checked by the zip's own CRC
//! before the tree is shown to anyone.
//!
//! Source: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>

mod archive;
mod entry;
mod path;
#[cfg(test)]
mod tests;
mod writer;

use std::io::{self, Read};
use std::path::Path;

use lambent_core::limits::UNZIPPED_MAX_BYTES;
use zip::read::ZipFile;

use crate::package::{EntryFault, PackageError};
use archive::Archive;
use entry::{Entry, Kind};
use writer::Writer;

/// As Linux has it, its end included.
const SYMLINK_TARGET_MAX_BYTES: usize = 4096;
const COPY_BUFFER_BYTES: usize = 128 * 1024;

/// Unpacks `zip` into the existing, empty folder `into`; returns the sum of the file sizes.
///
/// On an error the folder holds a part of the files: the caller removes it.
pub(crate) fn unpack(zip: &[u8], into: &Path) -> Result<u64, PackageError> {
    unpack_limited(zip, into, UNZIPPED_MAX_BYTES)
}

fn unpack_limited(zip: &[u8], into: &Path, max_bytes: u64) -> Result<u64, PackageError> {
    let mut archive = archive::open(zip)?;
    let entries = archive::entries(&mut archive, max_bytes)?;
    let mut job = Job { writer: Writer::open(into)?, left: max_bytes, buffer: vec![0; COPY_BUFFER_BYTES] };
    for entry in &entries {
        job.unpack(&mut archive, entry)?;
    }
    job.writer.finish()?;
    Ok(max_bytes - job.left)
}

struct Job {
    writer: Writer,
    /// How many bytes may still come out.
    left: u64,
    buffer: Vec<u8>,
}

impl Job {
    fn unpack(&mut self, archive: &mut Archive<'_>, entry: &Entry) -> Result<(), PackageError> {
        match entry.kind {
            Kind::Folder => self.writer.folder(entry),
            Kind::File => {
                let mut content = open_content(archive, entry)?;
                let mut file = self.writer.file(entry)?;
                self.copy(entry, &mut content, &mut file)?;
                writer::seal(&file, entry)
            }
            Kind::Symlink => {
                let mut content = open_content(archive, entry)?;
                let mut target = Vec::new();
                self.copy(entry, &mut content, &mut SymlinkTarget(&mut target))?;
                self.writer.symlink(entry, &target)
            }
        }
    }

    /// Copies to the end of the entry, which is where the reader checks the CRC.
    fn copy(
        &mut self,
        entry: &Entry,
        content: &mut impl Read,
        to: &mut impl io::Write,
    ) -> Result<(), PackageError> {
        let mut actual = 0;
        loop {
            let count = match content.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(entry.fault(EntryFault::Damaged(error.to_string()))),
            };
            actual += count as u64;
            self.left = self.left.checked_sub(count as u64).ok_or(PackageError::UnpackedTooLarge)?;
            if actual > entry.stated_bytes {
                break;
            }
            to.write_all(&self.buffer[..count]).map_err(|error| {
                if error.kind() == io::ErrorKind::InvalidData {
                    return entry.fault(EntryFault::BadSymlinkTarget);
                }
                PackageError::storage("write a file of the zip", error)
            })?;
        }
        if actual == entry.stated_bytes {
            return Ok(());
        }
        Err(entry.fault(EntryFault::WrongSize { stated: entry.stated_bytes, actual }))
    }
}

fn open_content<'a, 'z>(
    archive: &'a mut Archive<'z>,
    entry: &Entry,
) -> Result<ZipFile<'a, io::Cursor<&'z [u8]>>, PackageError> {
    archive.by_index(entry.index).map_err(|error| entry.fault(EntryFault::Damaged(error.to_string())))
}

/// Collects a symlink's target, refusing what Linux would.
struct SymlinkTarget<'a>(&'a mut Vec<u8>);

impl io::Write for SymlinkTarget<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() >= SYMLINK_TARGET_MAX_BYTES || bytes.contains(&0) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
