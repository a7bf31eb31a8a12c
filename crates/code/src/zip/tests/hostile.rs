//! What no tool makes by itself is refused, with nothing written outside and not too much inside.

use super::raw::{self, RawEntry};
use super::*;

fn unreadable(zip: &[u8]) {
    let error = Place::new().unpack(zip).unwrap_err();
    assert!(matches!(error, PackageError::Unreadable { .. }), "{error:?}");
    let message = "Could not unzip uploaded file. Please check your file, then try to upload again.";
    assert_eq!(error.aws_message().as_deref(), Some(message));
}

fn damaged(zip: &[u8]) {
    let error = Place::new().unpack(zip).unwrap_err();
    assert!(matches!(error, PackageError::Entry { fault: EntryFault::Damaged(_), .. }), "{error:?}");
}

#[test]
fn nothing_is_not_a_package() {
    for zip in [Vec::new(), raw::build(&[])] {
        let error = Place::new().unpack(&zip).unwrap_err();
        assert!(matches!(error, PackageError::Empty), "{error:?}");
        assert_eq!(error.aws_message().as_deref(), Some("Uploaded file must be a non-empty zip"));
    }
}

#[test]
fn what_is_no_zip_is_refused() {
    unreadable(b"hello");
    unreadable(&[0; 100]);
    unreadable(b"PK\x03\x04");
    unreadable(&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]);
}

#[test]
fn a_zip_cut_anywhere_is_refused() {
    let zip = zip_of(&[("a", b"some content to deflate"), ("b", b"more")]);
    for length in 1..zip.len() {
        let result = Place::new().unpack(&zip[..length]);
        assert!(result.is_err(), "{length} of {} bytes gave {result:?}", zip.len());
    }
}

#[test]
fn a_wrong_checksum_is_refused() {
    let mut entry = RawEntry::file("a", "x");
    entry.crc = Some(1);
    damaged(&raw::build(&[entry]));
    let mut link = RawEntry::symlink("l", "x");
    link.crc = Some(1);
    damaged(&raw::build(&[link]));
    // An empty file is read too.
    let mut empty = RawEntry::file("e", "");
    empty.crc = Some(1);
    damaged(&raw::build(&[empty]));
}

#[test]
fn a_broken_stream_is_refused() {
    let mut entry = RawEntry::file("a", [0xFF; 50]);
    (entry.method, entry.sizes) = (8, Some((50, 100)));
    damaged(&raw::build(&[entry]));
}

#[test]
fn paths_that_lead_outside_are_refused() {
    let check = |name, fault| check_fault(&raw::build(&[RawEntry::file(name, "x")]), name, &fault);
    check("/etc/passwd", EntryFault::AbsolutePath);
    check("../neighbour", EntryFault::ParentPath);
    check("a/../../neighbour", EntryFault::ParentPath);
    check("..", EntryFault::ParentPath);
    check("C:\\x", EntryFault::BadName);
    check("..\\neighbour", EntryFault::BadName);
    check("a\0b", EntryFault::BadName);
    check("", EntryFault::BadName);
}

#[test]
fn a_name_that_claims_utf8_must_be() {
    let mut entry = RawEntry::file(b"a\xFF", "x");
    entry.flags = 1 << 11;
    check_fault(&raw::build(&[entry]), "a\u{FFFD}", &EntryFault::BadName);
}

#[test]
fn nothing_is_written_through_a_symlink() {
    for target in ["..", "/tmp", ".", "d"] {
        let through = [RawEntry::symlink("link", target), RawEntry::file("link/neighbour", "changed")];
        check_fault(&raw::build(&through), "link/neighbour", &EntryFault::ParentNotAFolder);
        let folder = [RawEntry::symlink("link", target), RawEntry::file("link/", "").mode(0o040_777)];
        check_fault(&raw::build(&folder), "link", &EntryFault::ParentNotAFolder);
        let link = [RawEntry::symlink("link", target), RawEntry::symlink("link/l", "x")];
        check_fault(&raw::build(&link), "link/l", &EntryFault::ParentNotAFolder);
    }
}

#[test]
fn a_symlink_is_replaced_and_not_followed() {
    let place = Place::new();
    let target = place.neighbour().to_str().unwrap().to_owned();
    let zip = raw::build(&[RawEntry::symlink("x", target), RawEntry::file("./x", "mine")]);
    place.unpack(&zip).unwrap();
    assert_eq!(place.listing(), listing([("x", "file 644 mine")]));
}

#[test]
fn a_folder_replaced_by_a_symlink_after_it_was_opened_is_a_clash() {
    let zip = raw::build(&[
        RawEntry::file("d/a", "x"),
        RawEntry::symlink("d", ".."),
        RawEntry::file("d/neighbour", "changed"),
    ]);
    check_fault(&zip, "d", &EntryFault::Clash);
}

#[test]
fn a_file_and_a_folder_of_one_name_clash() {
    let file_first = [RawEntry::file("a", "x"), RawEntry::file("a/b", "x")];
    check_fault(&raw::build(&file_first), "a/b", &EntryFault::ParentNotAFolder);
    let folder_first = [RawEntry::file("a/b", "x"), RawEntry::file("a", "x")];
    check_fault(&raw::build(&folder_first), "a", &EntryFault::Clash);
}

#[test]
fn devices_and_their_like_are_refused() {
    for mode in [0o010_644, 0o020_644, 0o060_644, 0o140_644] {
        check_fault(&raw::build(&[RawEntry::file("s", "").mode(mode)]), "s", &EntryFault::SpecialFile);
    }
}

#[test]
fn symlink_targets_are_what_linux_takes() {
    let check = |target: &[u8]| {
        check_fault(&raw::build(&[RawEntry::symlink("l", target)]), "l", &EntryFault::BadSymlinkTarget);
    };
    check(b"");
    check(b"a\0b");
    check(&[b'x'; 4096]);
    Place::new().unpack(&raw::build(&[RawEntry::symlink("l", [b'x'; 4095])])).unwrap();
}

#[test]
fn encrypted_and_unknown_methods_are_refused() {
    let mut entry = RawEntry::file("a", "x");
    entry.flags = 1;
    check_fault(&raw::build(&[entry]), "a", &EntryFault::Encrypted);
    for method in [1, 9, 12, 14, 93, 99] {
        let mut entry = RawEntry::file("a", "x");
        entry.method = method;
        let error = Place::new().unpack(&raw::build(&[entry])).unwrap_err();
        assert!(
            matches!(error, PackageError::Entry { fault: EntryFault::UnsupportedMethod(_), .. }),
            "{error:?}"
        );
    }
}

/// Ten megabytes of zeroes in ten kilobytes.
fn bomb() -> Vec<u8> {
    zip_of(&[("zeroes", &vec![0; 10 << 20])])
}

fn too_large(result: Result<u64, PackageError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, PackageError::UnpackedTooLarge), "{error:?}");
    let message = "Unzipped size must be smaller than 262144000 bytes";
    assert_eq!(error.aws_message().as_deref(), Some(message));
}

#[test]
fn a_bomb_that_states_its_size_is_not_even_started() {
    let place = Place::new();
    too_large(place.unpack_up_to(&bomb(), (10 << 20) - 1));
    assert_eq!(place.listing(), Listing::new());
}

/// Overwrites the uncompressed size in both headers of a one-file zip.
fn lie_about_size(zip: &mut [u8], stated: u32) {
    let central = zip.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    zip[central + 24..central + 28].copy_from_slice(&stated.to_le_bytes());
    zip[22..26].copy_from_slice(&stated.to_le_bytes());
}

#[test]
fn a_bomb_that_hides_its_size_is_stopped_early() {
    for stated in [0, 1, 100] {
        let mut zip = bomb();
        lie_about_size(&mut zip, stated);
        let place = Place::new();
        let error = place.unpack(&zip).unwrap_err();
        assert!(matches!(error, PackageError::Entry { .. }), "{error:?}");
        let written = fs::metadata(place.tree().join("zeroes")).unwrap().len();
        assert!(written <= 256 * 1024, "{written} bytes were written for a file of {stated}");
    }
}

#[test]
fn a_file_shorter_than_stated_is_refused() {
    let mut zip = bomb();
    lie_about_size(&mut zip, 11 << 20);
    let error = Place::new().unpack(&zip).unwrap_err();
    assert!(matches!(error, PackageError::Entry { .. }), "{error:?}");
}

#[test]
fn the_real_limit_is_aws_limit() {
    // 1,000 files that each state a little more than a thousandth of it.
    let mut entry = RawEntry::file("", "x");
    entry.method = 8;
    entry.sizes = Some((1, 262_145));
    let entries: Vec<_> =
        (0..1000).map(|n| RawEntry { name: format!("f{n}").into_bytes(), ..entry.clone() }).collect();
    too_large(Place::new().unpack(&raw::build(&entries)));
}

#[test]
fn entries_that_share_bytes_are_refused() {
    // Every entry points at the same compressed bytes: the small quine of David Fifield's bombs.
    let entry = RawEntry::file("a", "x".repeat(1000));
    let body = entry.local();
    let mut other = entry.clone();
    other.name = b"b".to_vec();
    let directory = [entry.central(0), other.central(0)].concat();
    unreadable(&raw::finish(body, &directory, 2));

    // One entry's bytes are the next one's local header.
    let inner = RawEntry::file("inner", "y");
    let outer = RawEntry::file("outer", inner.local());
    let body = outer.local();
    let inside = u32::try_from(body.len() - inner.local().len()).unwrap();
    unreadable(&raw::finish(body, &[outer.central(0), inner.central(inside)].concat(), 2));
}

#[test]
fn an_entry_that_runs_into_the_directory_is_refused() {
    let mut entry = RawEntry::file("a", "x");
    entry.sizes = Some((100, 100));
    unreadable(&raw::build(&[entry]));
}

#[test]
fn too_many_entries_are_refused_before_they_are_read() {
    let mut zip = RawEntry::file("a", "x").local();
    let (at, directory) = (zip.len() as u64, RawEntry::file("a", "x").central(0));
    zip.extend(&directory);
    raw::zip64_end(&mut zip, at, directory.len() as u64, 200_001);
    let error = Place::new().unpack(&zip).unwrap_err();
    assert!(matches!(error, PackageError::TooManyEntries), "{error:?}");
}

#[test]
fn a_count_that_lies_is_refused() {
    let entry = RawEntry::file("a", "x");
    let zip = raw::finish(entry.local(), &entry.central(0), 2);
    unreadable(&zip);
}
