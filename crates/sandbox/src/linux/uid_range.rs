//! The range of user ids one server gives to its sandboxes, taken for itself among all servers of this host.
//!
//! Never overlaps the range of another live server, nor the ids set aside for users' containers (`/etc/subuid`):
//! processes of one user count together, and may signal each other.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::{Options, sys};

/// Where servers of this host see each other.
const SHARED: &str = "/run/lambent";
/// One byte of this file stands for each user id.
const FILE: &str = "uids";
/// How many ranges are looked at.
const RANGES_MAX: u32 = 64;

/// A range of user ids, this server's as long as the value, or a copy of this process, lives.
#[derive(Debug)]
pub(super) struct UidRange {
    /// The first.
    pub(super) base: u32,
    /// Whether servers with other data folders are seen.
    pub(super) shared: bool,
    _lock: File,
}

impl UidRange {
    /// Takes the first free range from the one of `options` on.
    ///
    /// # Errors
    /// Where all are in use, or no lock can be had.
    pub(super) fn take(options: &Options) -> io::Result<Self> {
        let (lock, shared) = match open(Path::new(SHARED)) {
            Ok(lock) => (lock, true),
            Err(_) => (open(options.run_dir.parent().unwrap_or(&options.run_dir))?, false),
        };
        let set_aside = set_aside(&fs::read_to_string("/etc/subuid").unwrap_or_default());
        let free = |range: &Range<u32>| !set_aside.iter().any(|other| overlap(range, other));
        for range in ranges(options).filter(free) {
            match sys::lock_range(lock.as_fd(), range.start.into(), range.len()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                locked => return locked.map(|()| Self { base: range.start, shared, _lock: lock }),
            }
        }
        let words = format!("all ranges of user ids from {} on are in use", options.uid_base);
        Err(io::Error::new(io::ErrorKind::ResourceBusy, words))
    }
}

fn open(folder: &Path) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    File::options().create(true).truncate(false).write(true).mode(0o600).open(folder.join(FILE))
}

fn ranges(options: &Options) -> impl Iterator<Item = Range<u32>> {
    let (base, count) = (options.uid_base, options.sandboxes_max.max(1));
    // The last number means "no user".
    (0..RANGES_MAX).map_while(move |n| {
        let start = base.checked_add(n.checked_mul(count)?)?;
        Some(start..start.checked_add(count)?)
    })
}

/// The ranges in lines `name:start:count`.
fn set_aside(subuid: &str) -> Vec<Range<u32>> {
    let range = |line: &str| {
        let mut fields = line.trim().split(':').skip(1);
        let (start, count): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(start..start.saturating_add(count))
    };
    subuid.lines().filter_map(range).collect()
}

fn overlap(one: &Range<u32>, other: &Range<u32>) -> bool {
    one.start < other.end && other.start < one.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_each_other_and_end_with_the_numbers() {
        let options =
            |uid_base, sandboxes_max| Options { uid_base, sandboxes_max, ..Options::new("/nowhere".into()) };
        let first: Vec<_> = ranges(&options(200_000, 10_000)).take(2).collect();
        assert_eq!(first, [200_000..210_000, 210_000..220_000]);
        assert_eq!(ranges(&options(200_000, 10)).count(), 64);
        assert_eq!(ranges(&options(u32::MAX - 25, 10)).count(), 2);
    }

    #[test]
    fn ids_of_containers_are_left_alone() {
        let set_aside = set_aside("ann:165536:65536\n# note\nbroken:1\nbob:300000:1\n");
        assert_eq!(set_aside, [165_536..231_072, 300_000..300_001]);
        let check = |range, expected| assert_eq!(set_aside.iter().any(|r| overlap(&range, r)), expected);
        check(200_000..210_000, true);
        check(231_072..241_072, false);
        check(299_999..300_000, false);
        check(299_999..300_001, true);
    }

    #[test]
    fn a_lock_covers_its_range_only_and_goes_with_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = [open(folder.path()).unwrap(), open(folder.path()).unwrap()];
        let lock = |file: &File, start| sys::lock_range(file.as_fd(), start, 10);
        lock(&one, 100).unwrap();
        assert_eq!(lock(&other, 109).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        lock(&other, 110).unwrap();
        drop(one);
        lock(&other, 100).unwrap();
    }
}
