//! What real tools make is unpacked as they meant it.

#![expect(clippy::disallowed_methods, reason = "runs the zip tools of the machine, waited for at once")]

use std::process::Command;

use super::raw::{self, RawEntry};
use super::*;

#[test]
fn files_folders_and_modes_come_out_as_they_went_in() {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.add_directory("pkg", options.unix_permissions(0o750)).unwrap();
    writer.start_file("pkg/deep/er/a.py", options.unix_permissions(0o640)).unwrap();
    writer.write_all(b"print()").unwrap();
    let stored = options.compression_method(zip::CompressionMethod::Stored);
    writer.start_file("bootstrap", stored.unix_permissions(0o755)).unwrap();
    writer.write_all(b"#!/bin/sh").unwrap();
    writer.add_symlink("link", "pkg/deep", options).unwrap();
    check(
        &writer.finish().unwrap().into_inner(),
        &[
            ("bootstrap", "file 755 #!/bin/sh"),
            ("link", "link pkg/deep"),
            ("pkg", "folder 750"),
            ("pkg/deep", "folder 755"),
            ("pkg/deep/er", "folder 755"),
            ("pkg/deep/er/a.py", "file 640 print()"),
        ],
    );
}

#[test]
fn a_zip_from_windows_gets_default_modes() {
    let mut file = RawEntry::file("a.py", "x").mode(0);
    file.made_by = 20;
    let mut folder = RawEntry::file("d/", "");
    (folder.made_by, folder.attributes) = (20, 0x10);
    check(&raw::build(&[file, folder]), &[("a.py", "file 644 x"), ("d", "folder 755")]);
}

#[test]
fn setuid_setgid_and_sticky_are_dropped() {
    let zip =
        raw::build(&[RawEntry::file("s", "x").mode(0o107_755), RawEntry::file("t/", "").mode(0o041_777)]);
    check(&zip, &[("s", "file 755 x"), ("t", "folder 777")]);
}

#[test]
fn folders_closed_to_their_owner_can_be_filled() {
    let zip = raw::build(&[
        RawEntry::file("a/", "").mode(0o040_500),
        RawEntry::file("a/b/", "").mode(0o040_500),
        RawEntry::file("a/b/f", "x"),
    ]);
    check(&zip, &[("a", "folder 500"), ("a/b", "folder 500"), ("a/b/f", "file 644 x")]);
}

#[test]
fn symlinks_may_dangle_or_be_absolute() {
    let zip = raw::build(&[
        RawEntry::symlink("nowhere", "../../not/there"),
        RawEntry::symlink("opt", "/opt/lib"),
        RawEntry::symlink("bin/tool", "../tool.js"),
    ]);
    let expected = [
        ("bin", "folder 755"),
        ("bin/tool", "link ../tool.js"),
        ("nowhere", "link ../../not/there"),
        ("opt", "link /opt/lib"),
    ];
    check(&zip, &expected);
}

#[test]
fn times_are_kept() {
    let place = Place::new();
    let folder = RawEntry::file("d/", "").mode(0o040_755);
    let mut extended = RawEntry::file("d/unix", "x");
    extended.extra = [b"UT\x05\0\x01".as_slice(), &1_234_567_890_u32.to_le_bytes()].concat();
    place.unpack(&raw::build(&[folder, extended, RawEntry::file("d/dos", "x")])).unwrap();
    let mtime = |name: &str| place.tree().join(name).metadata().unwrap().mtime();
    assert_eq!(mtime("d/unix"), 1_234_567_890);
    // 0x5D6E 0x6000 is 2026-11-14 12:00:00.
    assert_eq!(mtime("d/dos"), 1_794_657_600);
    assert_eq!(mtime("d"), 1_794_657_600);
}

#[test]
fn names_are_utf8_or_cp437() {
    let mut flagged = RawEntry::file("grün.txt", "1");
    flagged.flags = 1 << 11;
    // As macOS writes them: UTF-8 without the flag.
    let unflagged = RawEntry::file("café.txt", "2");
    let mut dos = RawEntry::file(b"\x81ber.txt", "3");
    dos.made_by = 20;
    let expected = [("café.txt", "file 644 2"), ("grün.txt", "file 644 1"), ("über.txt", "file 644 3")];
    check(&raw::build(&[flagged, unflagged, dos]), &expected);
}

#[test]
fn dots_and_double_slashes_mean_nothing() {
    let zip = raw::build(&[RawEntry::file("./", "").mode(0o040_700), RawEntry::file("./a//b/./c", "x")]);
    check(&zip, &[("a", "folder 755"), ("a/b", "folder 755"), ("a/b/c", "file 644 x")]);
}

#[test]
fn the_last_of_equal_names_wins() {
    let zip = raw::build(&[
        RawEntry::file("a", "first").mode(0o100_600),
        RawEntry::file("./b", "first"),
        RawEntry::symlink("c", "/etc/passwd"),
        RawEntry::file("b", "second"),
        RawEntry::file("a", "second"),
        RawEntry::file("c", "plain"),
        RawEntry::file("d", "plain"),
        RawEntry::symlink("./d", "a"),
    ]);
    let expected =
        [("a", "file 644 second"), ("b", "file 644 second"), ("c", "file 644 plain"), ("d", "link a")];
    check(&zip, &expected);
}

#[test]
fn data_before_and_after_the_zip_is_passed_over() {
    let zip = zip_of(&[("a", b"deflated")]);
    check(&[b"#!/usr/bin/env python3\n", zip.as_slice()].concat(), &[("a", "file 644 deflated")]);
    check(&[zip.as_slice(), b"\n\n"].concat(), &[("a", "file 644 deflated")]);
}

#[test]
fn streamed_entries_have_their_sizes_behind_them() {
    let mut entry = RawEntry::file("a", "streamed");
    (entry.flags, entry.streamed) = (1 << 3, true);
    let crc = raw::crc32(b"streamed");
    entry.trailer =
        [b"PK\x07\x08".as_slice(), &crc.to_le_bytes(), &8_u32.to_le_bytes(), &8_u32.to_le_bytes()].concat();
    check(
        &raw::build(&[entry, RawEntry::file("b", "x")]),
        &[("a", "file 644 streamed"), ("b", "file 644 x")],
    );
}

#[test]
fn zip64_is_a_zip() {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("large", SimpleFileOptions::default().large_file(true)).unwrap();
    writer.write_all(b"not really").unwrap();
    let place = Place::new();
    place.unpack(&writer.finish().unwrap().into_inner()).unwrap();
    assert_eq!(fs::read(place.tree().join("large")).unwrap(), b"not really");

    let entry = RawEntry::file("a", "x");
    let mut zip = entry.local();
    let (at, directory) = (zip.len() as u64, entry.central(0));
    zip.extend(&directory);
    raw::zip64_end(&mut zip, at, directory.len() as u64, 1);
    check(&zip, &[("a", "file 644 x")]);
}

#[test]
fn seventy_thousand_entries_are_many_but_fine() {
    let names: Vec<String> = (0..70_000).map(|n| format!("d{}/f{n}", n % 100)).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    let place = Place::new();
    assert_eq!(place.unpack(&zip_of(&files)).unwrap(), 0);
    let count = |folder: &Path| fs::read_dir(folder).unwrap().count();
    assert_eq!(count(&place.tree()), 100);
    assert_eq!(count(&place.tree().join("d42")), 700);
}

#[test]
fn the_size_is_the_sum_of_the_files() {
    let zip = zip_of(&[("a", &[b'a'; 100_000]), ("b/c", b"12345")]);
    assert_eq!(Place::new().unpack(&zip).unwrap(), 100_005);
    assert_eq!(Place::new().unpack_up_to(&zip, 100_005).unwrap(), 100_005);
}

/// Python's `zipfile` on a folder, and streamed into something that cannot seek.
const PYTHON: &str = r"
import io, sys, zipfile
class Pipe(io.RawIOBase):
    def __init__(self): self.data = b''
    def writable(self): return True
    def write(self, b): self.data += bytes(b); return len(b)
pipe = Pipe()
with zipfile.ZipFile(pipe, 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('plain.py', 'x = 1')
    info = zipfile.ZipInfo('run.sh'); info.external_attr = 0o100755 << 16
    z.writestr(info, '#!/bin/sh')
    link = zipfile.ZipInfo('link'); link.external_attr = 0o120777 << 16
    z.writestr(link, 'run.sh')
    z.writestr(zipfile.ZipInfo('bare'), 'bare')
    z.writestr('naïve.txt', 'ï')
sys.stdout.buffer.write(pipe.data)
";

#[test]
fn pythons_zipfile_is_understood() {
    let output =
        Command::new("python3").args(["-c", PYTHON]).output().expect("python3 is needed by this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    check(
        &output.stdout,
        &[
            // Whoever gives `writestr` no mode gets 600, which keeps functions out on AWS too.
            ("bare", "file 600 bare"),
            ("link", "link run.sh"),
            ("naïve.txt", "file 600 ï"),
            ("plain.py", "file 600 x = 1"),
            ("run.sh", "file 755 #!/bin/sh"),
        ],
    );
}

#[test]
fn info_zip_is_understood() {
    let source = tempfile::tempdir().unwrap();
    let path = |name: &str| source.path().join(name);
    fs::create_dir(path("lib")).unwrap();
    fs::write(path("lib/a.so"), [7; 5000]).unwrap();
    fs::write(path("ünï.py"), "x").unwrap();
    fs::set_permissions(path("lib/a.so"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("lib/a.so", path("a.so")).unwrap();
    let packed = tempfile::tempdir().unwrap();
    let file = packed.path().join("out.zip");
    let pack = |options: &[&str]| {
        let mut command = Command::new("zip");
        command.args(options).arg(&file).arg(".").current_dir(source.path());
        let output = command.output().expect("Info-ZIP's zip is needed by this test");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let zip = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        zip
    };
    // Plain, zip64 throughout, and stored without times and owners.
    for options in [["-ryq", "-fz-"], ["-ryq", "-fz"], ["-ryq0", "-X"]] {
        let place = Place::new();
        let zip = pack(&options);
        place.unpack(&zip).unwrap_or_else(|error| panic!("{options:?}: {error}, {} bytes", zip.len()));
        let listing = place.listing();
        assert_eq!(listing["a.so"], "link lib/a.so", "{options:?}");
        assert_eq!(listing["ünï.py"], "file 644 x", "{options:?}");
        assert_eq!(fs::read(place.tree().join("lib/a.so")).unwrap(), [7; 5000]);
        let mtime = |path: &Path| path.metadata().unwrap().mtime();
        if options[1] != "-X" {
            assert_eq!(mtime(&place.tree().join("ünï.py")), mtime(&path("ünï.py")));
        }
    }
    let secret = pack(&["-ryqe", "-Psecret"]);
    let fault = Place::new().unpack(&secret).unwrap_err();
    assert!(matches!(fault, PackageError::Entry { fault: EntryFault::Encrypted, .. }), "{fault:?}");
}
