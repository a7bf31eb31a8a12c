//! What an entry of a zip is: its place, kind, permissions and time. Never reads its content.
//!
//! Source: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT> sections 4.4 and 4.5

use std::io::Read;

use zip::extra_fields::ExtraField;
use zip::read::ZipFile;
use zip::{CompressionMethod, DateTime};

use super::path::EntryPath;
use crate::package::{EntryFault, PackageError};

const TYPE_MASK: u32 = 0o170_000;
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
/// Read, write and execute; setuid, setgid and sticky are dropped.
const PERMISSIONS: u32 = 0o777;
/// Bit 11 of the flags: the name is UTF-8.
const FLAG_UTF8: u16 = 1 << 11;

/// What an entry makes on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Symlink,
}

/// One entry, checked but not read.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its place in the reader's list.
    pub(super) index: usize,
    pub(super) path: EntryPath,
    pub(super) kind: Kind,
    pub(super) mode: u32,
    /// Seconds since the Unix epoch.
    pub(super) modified_s: Option<i64>,
    /// The unzipped size as the zip states it.
    pub(super) stated_bytes: u64,
}

impl Entry {
    /// Checks one entry; `None` for the folder that everything is unpacked into.
    pub(super) fn parse(index: usize, entry: &ZipFile<'_, impl Read>) -> Result<Option<Self>, PackageError> {
        let fault = |fault| PackageError::entry(entry.name_raw(), fault);
        let name = entry.name().map_err(|_| fault(EntryFault::BadName))?;
        if is_utf8(entry) && std::str::from_utf8(entry.name_raw()).is_err() {
            return Err(fault(EntryFault::BadName));
        }
        let Some(path) = EntryPath::parse(&name).map_err(fault)? else {
            return Ok(None);
        };
        if entry.encrypted() {
            return Err(fault(EntryFault::Encrypted));
        }
        let kind = kind_of(&name, entry.external_attributes() >> 16).map_err(fault)?;
        if kind != Kind::Folder {
            method_of(entry).map_err(fault)?;
        }
        Ok(Some(Self {
            index,
            path,
            kind,
            mode: mode_of(kind, entry.external_attributes() >> 16),
            modified_s: modified_s(entry),
            stated_bytes: if kind == Kind::Folder { 0 } else { entry.size() },
        }))
    }

    /// `fault` with this entry's name.
    pub(super) fn fault(&self, fault: EntryFault) -> PackageError {
        PackageError::entry(self.path.as_str().as_bytes(), fault)
    }
}

/// Whether the name claims to be UTF-8. Without the claim it is taken for UTF-8 where it can be (macOS
/// forgets the flag) and for CP437 otherwise, by the reader.
fn is_utf8(entry: &ZipFile<'_, impl Read>) -> bool {
    entry.flags().as_u16() & FLAG_UTF8 != 0
}

/// Whatever system the zip claims to come from: tools that write Unix modes with a DOS mark are common.
fn kind_of(name: &str, unix: u32) -> Result<Kind, EntryFault> {
    match (unix & TYPE_MASK, name.ends_with('/')) {
        (0 | FOLDER | FILE, true) | (FOLDER, false) => Ok(Kind::Folder),
        (0 | FILE, false) => Ok(Kind::File),
        (SYMLINK, false) => Ok(Kind::Symlink),
        (SYMLINK, true) => Err(EntryFault::BadName),
        _ => Err(EntryFault::SpecialFile),
    }
}

/// No permission at all means that the tool knew none, as on Windows.
fn mode_of(kind: Kind, unix: u32) -> u32 {
    match (unix & PERMISSIONS, kind) {
        (0, Kind::Folder) => 0o755,
        (0, Kind::File | Kind::Symlink) => 0o644,
        (mode, _) => mode,
    }
}

fn method_of(entry: &ZipFile<'_, impl Read>) -> Result<(), EntryFault> {
    let method = entry.compression();
    if matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
        return Ok(());
    }
    Err(EntryFault::UnsupportedMethod(method.to_string()))
}

/// From the extended timestamp where there is one. The DOS time has no zone: taken for UTC, as nothing else
/// gives every server the same tree.
fn modified_s(entry: &ZipFile<'_, impl Read>) -> Option<i64> {
    let extended = entry.extra_data_fields().find_map(|field| {
        if let ExtraField::ExtendedTimestamp(times) = field { times.mod_time() } else { None }
    });
    extended.map(i64::from).or_else(|| entry.last_modified().map(dos_time_s))
}

fn dos_time_s(time: DateTime) -> i64 {
    let days = days_since_epoch(time.year().into(), time.month().into(), time.day().into());
    let (hour, minute, second) = (i64::from(time.hour()), i64::from(time.minute()), i64::from(time.second()));
    ((days * 24 + hour) * 60 + minute) * 60 + second
}

/// Counts from March, so that the leap day is the last of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dos_times_are_utc() {
        let check = |(y, mo, d, h, mi, s), expected| {
            let time = DateTime::from_date_and_time(y, mo, d, h, mi, s).unwrap();
            assert_eq!(dos_time_s(time), expected);
        };
        check((1980, 1, 1, 0, 0, 0), 315_532_800);
        check((2000, 2, 29, 12, 0, 0), 951_825_600);
        check((2024, 12, 31, 23, 59, 58), 1_735_689_598);
        check((2026, 11, 23, 13, 8, 54), 1_795_439_334);
    }

    #[test]
    fn the_type_bits_decide_what_is_made() {
        let check = |name, mode, expected| assert_eq!(kind_of(name, mode), expected, "{name} {mode:o}");
        check("f", 0, Ok(Kind::File));
        check("f", 0o100_644, Ok(Kind::File));
        check("d/", 0, Ok(Kind::Folder));
        check("d", 0o040_755, Ok(Kind::Folder));
        check("l", 0o120_777, Ok(Kind::Symlink));
        check("l/", 0o120_777, Err(EntryFault::BadName));
        for special in [0o010_644, 0o020_644, 0o060_644, 0o140_644] {
            check("s", special, Err(EntryFault::SpecialFile));
        }
    }

    #[test]
    fn unknown_modes_get_defaults_and_special_bits_go() {
        assert_eq!(mode_of(Kind::File, 0), 0o644);
        assert_eq!(mode_of(Kind::Folder, 0o040_000), 0o755);
        assert_eq!(mode_of(Kind::File, 0o106_755), 0o755);
        assert_eq!(mode_of(Kind::File, 0o100_600), 0o600);
    }
}
