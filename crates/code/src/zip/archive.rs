//! Opens a zip and checks everything that can be checked before the first byte is inflated.
//! Never writes.

use std::io::Cursor;

use lambent_core::limits::ZIP_ENTRIES_MAX;
use zip::ZipArchive;

use super::entry::Entry;
use crate::package::PackageError;

/// A zip in memory.
pub(super) type Archive<'z> = ZipArchive<Cursor<&'z [u8]>>;

const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const END64_SIGNATURE: &[u8] = b"PK\x06\x06";
const LOCATOR_SIGNATURE: &[u8] = b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;
/// The fixed part of the end record and its longest comment.
const END_MAX_BYTES: usize = 22 + 65_535;

/// Reads the directory of `zip`.
pub(super) fn open(zip: &[u8]) -> Result<Archive<'_>, PackageError> {
    if zip.is_empty() {
        return Err(PackageError::Empty);
    }
    // The reader allocates for every entry of the directory: its number is looked at before.
    if largest_claimed_count(zip) > ZIP_ENTRIES_MAX {
        return Err(PackageError::TooManyEntries);
    }
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(unreadable)?;
    if archive.is_empty() {
        return Err(PackageError::Empty);
    }
    if archive.has_overlapping_entries().map_err(unreadable)? {
        return Err(PackageError::Unreadable { detail: "entries share bytes".to_owned() });
    }
    Ok(archive)
}

/// The entries in the order of the directory; the sum of their stated sizes is within `max_bytes`.
///
/// Of entries with the very same name the last one counts, as for `unzip -o` and Python's `extractall`:
/// tools make such zips by accident, and AWS takes them.
pub(super) fn entries(archive: &mut Archive<'_>, max_bytes: u64) -> Result<Vec<Entry>, PackageError> {
    let metadata = archive.metadata();
    let mut order = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        order.push((metadata.entry(index).map_err(unreadable)?.central_header_start(), index));
    }
    // The reader keeps a repeated name at its first place.
    order.sort_unstable();
    let mut entries = Vec::with_capacity(order.len());
    let mut stated_bytes = 0_u64;
    for (_, index) in order {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        let Some(entry) = Entry::parse(index, &entry)? else { continue };
        stated_bytes = stated_bytes.saturating_add(entry.stated_bytes);
        if stated_bytes > max_bytes {
            return Err(PackageError::UnpackedTooLarge);
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn unreadable(error: zip::result::ZipError) -> PackageError {
    PackageError::Unreadable { detail: error.to_string() }
}

/// The most entries that any end record in `zip` claims; more than 65,535 only a zip64 one can.
fn largest_claimed_count(zip: &[u8]) -> u64 {
    let tail = zip.len().saturating_sub(END_MAX_BYTES + LOCATOR_BYTES);
    let locators = positions(zip, tail, LOCATOR_SIGNATURE)
        .filter(|at| zip.get(at + LOCATOR_BYTES..).is_some_and(|rest| rest.starts_with(END_SIGNATURE)));
    locators.flat_map(|locator| counts_ending_at(zip, locator)).max().unwrap_or(0)
}

/// The counts in the zip64 end records that end where `locator` starts, as the reader demands.
fn counts_ending_at(zip: &[u8], locator: usize) -> impl Iterator<Item = u64> {
    let before = &zip[..locator];
    positions(before, 0, END64_SIGNATURE).filter_map(move |at| {
        let end = (at as u64).checked_add(12)?.checked_add(number(before, at + 4)?)?;
        if end == locator as u64 { number(before, at + 32) } else { None }
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn positions<'a>(bytes: &'a [u8], from: usize, signature: &'static [u8]) -> impl Iterator<Item = usize> + 'a {
    let windows = bytes[from..].windows(signature.len()).enumerate();
    windows.filter(move |(_, window)| *window == signature).map(move |(at, _)| from + at)
}
