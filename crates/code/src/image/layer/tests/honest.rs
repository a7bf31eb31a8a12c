//! What builders of images write, and what an overlay must find of it.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn unpacked(layer: Layer) -> Place {
    let place = Place::new();
    place.unpack(&layer.tar()).unwrap();
    place
}

#[test]
fn files_folders_and_symlinks_come_with_mode_and_time() {
    let layer = Layer::default()
        .folder("./", 0o755)
        .folder("usr/", 0o711)
        .file("usr/a", "content")
        .symlink("bin", "usr/bin")
        .symlink("up", "../../etc/passwd")
        .entry(EntryType::Fifo, "pipe", "", b"")
        .file("made/by/name", "x");
    let place = unpacked(layer);
    assert_eq!(place.read("usr/a"), "content");
    assert_eq!(place.meta("usr").mode() & 0o7777, 0o711);
    assert_eq!(place.meta("usr/a").mode() & 0o7777, 0o644);
    assert_eq!(place.meta("made/by").mode() & 0o7777, 0o755);
    for path in ["", "usr", "usr/a", "bin", "pipe"] {
        assert_eq!(place.meta(path).mtime(), 1_234_567_890, "{path}");
    }
    assert_eq!(std::fs::read_link(place.root().join("up")).unwrap(), PathBuf::from("../../etc/passwd"));
    assert!(place.meta("pipe").file_type().is_fifo());
}

#[test]
fn owners_and_set_user_id_are_dropped_and_the_sticky_bit_is_not() {
    let place = unpacked(Layer::default().mode("su", 0o6755).mode("closed", 0).folder("tmp", 0o1777));
    assert_eq!(place.meta("su").mode() & 0o7777, 0o755);
    assert_eq!(place.meta("closed").mode() & 0o7777, 0);
    assert_eq!(place.meta("tmp").mode() & 0o7777, 0o1777);
    assert_eq!(place.meta("su").uid(), rustix::process::geteuid().as_raw());
}

#[test]
fn a_layer_is_the_same_however_it_is_compressed() {
    let tar = Layer::default().file("a", &"content ".repeat(10_000)).tar();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&tar).unwrap();
    let two_members: Vec<u8> = tar.chunks(5000).flat_map(gzipped).collect();
    let skippable =
        [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2], zstd::encode_all(&tar[..], 3).unwrap().as_slice()]
            .concat();
    let blobs =
        [tar.clone(), gzip.finish().unwrap(), two_members, zstd::encode_all(&tar[..], 3).unwrap(), skippable];
    for blob in blobs {
        let place = Place::new();
        assert_eq!(place.unpack_blob(blob, Digest::of(&tar), &limits()).unwrap(), 80_000);
        assert_eq!(place.read("a").len(), 80_000);
    }
}

pub(super) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn whiteouts_become_an_overlays() {
    let layer = Layer::default()
        .file("etc/.wh.gone", "")
        .file("var/.wh..wh..opq", "")
        .file("var/kept", "kept")
        .file(".wh..wh.plnk/1.2", "of AUFS")
        .file("late/file", "x")
        .file("late/.wh..wh..opq", "");
    let place = unpacked(layer);
    assert!(place.is_whiteout("etc/gone"));
    assert!(place.is_opaque("var") && place.is_opaque("late") && !place.is_opaque("etc"));
    assert_eq!(place.read("var/kept"), "kept");
    assert!(!place.root().join(".wh..wh.plnk").exists());
}

#[test]
fn a_whiteout_hides_only_what_is_below_its_layer() {
    let layer = Layer::default()
        .file(".wh.file", "")
        .file("file", "new")
        .file(".wh.folder", "")
        .file("folder/new", "new")
        .folder("again", 0o755)
        .file(".wh.again", "")
        .file("after", "new")
        .file(".wh.after", "");
    let place = unpacked(layer);
    assert_eq!((place.read("file").as_str(), place.read("after").as_str()), ("new", "new"));
    assert_eq!(place.read("folder/new"), "new");
    assert!(place.is_opaque("folder") && place.is_opaque("again"));
    assert!(place.meta("again").is_dir());
}

#[test]
fn nothing_is_hidden_in_a_folder_that_a_file_took_the_place_of() {
    let layer = Layer::default()
        .file("keep", "file")
        .file("keep/.wh.sub", "")
        .file("keep/.wh..wh..opq", "")
        .file("later/.wh.sub", "")
        .file("later", "file");
    let place = unpacked(layer);
    assert_eq!((place.read("keep").as_str(), place.read("later").as_str()), ("file", "file"));
}

#[test]
fn hard_links_share_a_file_and_a_link_to_itself_changes_nothing() {
    let layer = Layer::default()
        .file("usr/bin/a", "shared")
        .link("b", "usr/bin/a")
        .link("./usr/bin/c", "/b")
        .link("b", "b")
        .symlink("s", "nowhere")
        .link("t", "s");
    let place = unpacked(layer);
    assert_eq!(place.meta("b").ino(), place.meta("usr/bin/a").ino());
    assert_eq!((place.read("b").as_str(), place.meta("b").nlink()), ("shared", 3));
    assert_eq!(std::fs::read_link(place.root().join("t")).unwrap(), PathBuf::from("nowhere"));
}

#[test]
fn the_later_of_two_entries_with_one_name_stays() {
    let layer = Layer::default()
        .file("a", "old and longer")
        .file("a", "new")
        .file("b/deep/file", "gone")
        .symlink("b", "a")
        .symlink("c", "a")
        .folder("c", 0o700)
        .file("d/kept", "kept")
        .folder("d", 0o750)
        .folder("e", 0o700)
        .file("e", "file");
    let place = unpacked(layer);
    assert_eq!(place.read("a"), "new");
    assert_eq!(std::fs::read_link(place.root().join("b")).unwrap(), PathBuf::from("a"));
    assert!(place.meta("c").is_dir());
    assert_eq!(
        (place.read("d/kept").as_str(), place.meta("d").permissions().mode() & 0o777),
        ("kept", 0o750)
    );
    assert_eq!(place.read("e"), "file");
}

#[test]
fn symlinked_folders_lead_where_they_would_in_the_image() {
    let layer = Layer::default()
        .folder("usr/lib", 0o755)
        .symlink("lib", "usr/lib")
        .symlink("abs", "/usr")
        .symlink("climb", "../../../usr")
        .file("lib/a", "a")
        .file("abs/lib/b", "b")
        .file("climb/lib/c", "c");
    let place = unpacked(layer);
    assert_eq!(["a", "b", "c"].map(|name| place.read(&format!("usr/lib/{name}"))), ["a", "b", "c"]);
}

#[test]
fn long_names_come_in_both_dialects() {
    let long = format!("{}/file", "folder-with-a-long-name/".repeat(12));
    let gnu = Layer::with(|tar| {
        let mut header = Header::new_gnu();
        header.set_size(3);
        header.set_mode(0o644);
        tar.append_data(&mut header, &long, &b"gnu"[..]).unwrap();
    });
    assert_eq!(unpacked(Layer(gnu.0)).read(&long), "gnu");
    let pax = Layer::with(|tar| {
        let extensions = [("path", long.as_bytes()), ("SCHILY.xattr.security.capability", b"\x01\n\n\0")];
        tar.append_pax_extensions(extensions).unwrap();
        let mut header = Header::new_ustar();
        header.set_path("short").unwrap();
        header.set_size(3);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, &b"pax"[..]).unwrap();
    });
    assert_eq!(unpacked(Layer(pax.0)).read(&long), "pax");
}

#[test]
fn holes_stay_holes() {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_path("sparse").unwrap();
    header.set_mode(0o644);
    header.set_size(512);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.set_real_size(8 << 20);
    gnu.sparse[0].set_offset(4 << 20);
    gnu.sparse[0].set_length(512);
    gnu.sparse[1].set_offset(8 << 20);
    gnu.sparse[1].set_length(0);
    header.set_cksum();
    let mut layer = Layer::default();
    layer.raw(&header, &[7; 512]);
    let place = unpacked(layer);
    let meta = place.meta("sparse");
    assert_eq!(meta.len(), 8 << 20);
    assert!(meta.blocks() * 512 < 1 << 20, "{} blocks", meta.blocks());
    assert_eq!(std::fs::read(place.root().join("sparse")).unwrap()[4 << 20..][..512], [7; 512]);
}

#[test]
fn no_attribute_is_kept_that_an_overlay_or_the_kernel_obeys() {
    let layer = Layer::with(|tar| {
        let extensions = [
            ("SCHILY.xattr.trusted.overlay.redirect", &b"/etc"[..]),
            ("SCHILY.xattr.user.overlay.opaque", b"y"),
            ("SCHILY.xattr.security.capability", b"\x01\0\0\x02"),
            ("SCHILY.xattr.user.mine", b"value"),
        ];
        tar.append_pax_extensions(extensions).unwrap();
        let mut header = Header::new_ustar();
        header.set_path("file").unwrap();
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, &b""[..]).unwrap();
    });
    let place = unpacked(layer);
    let mut names = vec![0; 4096];
    let count = rustix::fs::llistxattr(place.root().join("file"), &mut names[..]).unwrap();
    let names = String::from_utf8_lossy(&names[..count]).into_owned();
    // Not every file system holds it.
    assert!(["", "user.mine\0"].contains(&names.as_str()), "{names:?}");
}
