//! What no builder writes: each is refused, or does no harm.

use super::honest::gzipped;
use super::*;

fn refused(layer: Layer) -> ImageError {
    Place::new().unpack(&layer.tar()).unwrap_err()
}

fn check(layer: Layer, expected: LayerFault) {
    let error = refused(layer);
    assert!(
        matches!(error, ImageError::Entry { fault, .. } if fault == expected),
        "{error:?}, not {expected:?}"
    );
}

#[test]
fn paths_that_climb_out_are_refused() {
    for name in ["../neighbour", "a/../../neighbour", "/../../neighbour", ".."] {
        check(Layer::default().file(name, "hit"), LayerFault::Escapes);
    }
    check(Layer::default().link("a", "../neighbour"), LayerFault::Escapes);
    check(Layer::default().file("../.wh.neighbour", ""), LayerFault::Escapes);
    check(Layer::default().file("../.wh..wh..opq", ""), LayerFault::Escapes);
}

#[test]
fn symlinks_never_lead_out() {
    let root = Place::new();
    let outside = root.0.path().to_str().unwrap().to_owned();
    let layer = Layer::default().symlink("out", &outside).file("out/neighbour", "hit");
    check(layer, LayerFault::ParentNotAFolder);
    let layer = Layer::default().symlink("up", "..").file("up/neighbour", "inside");
    let place = Place::new();
    place.unpack(&layer.tar()).unwrap();
    assert_eq!(place.read("neighbour"), "inside");
    check(Layer::default().symlink("a", "b").symlink("b", "a").file("a/f", ""), LayerFault::ParentNotAFolder);
    check(Layer::default().symlink("fd", "/proc/self/fd").file("fd/0", ""), LayerFault::ParentNotAFolder);
}

#[test]
fn the_last_part_of_a_path_is_never_followed() {
    let layer = Layer::default()
        .symlink("a", "../neighbour")
        .file("a", "inside")
        .symlink("b", "../neighbour")
        .link("c", "b")
        .file("c", "inside");
    let place = Place::new();
    place.unpack(&layer.tar()).unwrap();
    assert_eq!((place.read("a"), place.read("c")), ("inside".to_owned(), "inside".to_owned()));
}

#[test]
fn hard_links_need_a_file_of_their_layer() {
    check(Layer::default().link("a", "etc/passwd"), LayerFault::BadLink);
    check(Layer::default().link("a", ""), LayerFault::BadLink);
    check(Layer::default().link("a", "/"), LayerFault::BadLink);
    check(Layer::default().folder("d", 0o755).link("a", "d"), LayerFault::BadLink);
    check(Layer::default().file(".wh.gone", "").link("a", "gone"), LayerFault::BadLink);
    check(Layer::default().file("d/f", "").link("d", "d/f"), LayerFault::BadLink);
}

#[test]
fn names_no_file_can_have_are_refused() {
    for name in [".wh.", ".wh..", ".wh...", "a/.wh."] {
        check(Layer::default().file(name, ""), LayerFault::BadName);
    }
    check(Layer::default().file("/.", "not a folder"), LayerFault::BadName);
    check(Layer::default().symlink("./.", "a"), LayerFault::BadName);
    check(Layer::default().symlink("a", ""), LayerFault::BadSymlinkTarget);
    check(Layer::default().file("f", "").file("f/below", ""), LayerFault::ParentNotAFolder);
    check(Layer::default().entry(EntryType::new(b'Z'), "a", "", b""), LayerFault::UnknownKind);
}

#[test]
fn devices_are_passed_over_even_those_that_look_like_whiteouts() {
    let layer = Layer::default()
        .entry(EntryType::Char, "hidden", "", b"")
        .entry(EntryType::Block, "dev/sda", "", b"content")
        .file("kept", "kept");
    let place = Place::new();
    place.unpack(&layer.tar()).unwrap();
    assert_eq!(place.read("kept"), "kept");
    assert_eq!(std::fs::read_dir(place.root()).unwrap().count(), 1);
}

#[test]
fn bombs_are_cut_off() {
    let zeros = vec![0; 4 << 20];
    let tar = Layer::default().entry(EntryType::Regular, "zeros", "", &zeros).tar();
    let small = || of(1 << 20, 10);
    for blob in [tar.clone(), gzipped(&tar), zstd::encode_all(&tar[..], 3).unwrap()] {
        let result = Place::new().unpack_blob(blob, Digest::of(&tar), &small());
        assert!(matches!(result, Err(ImageError::TooLarge)), "{result:?}");
    }
    // Whatever follows the end of the tar counts as well.
    let tail = [Layer::default().file("a", "").tar(), zeros].concat();
    let result = Place::new().unpack_blob(gzipped(&tail), Digest::of(&tail), &small());
    assert!(matches!(result, Err(ImageError::TooLarge)), "{result:?}");
    let many = (0..11).fold(Layer::default(), |layer, n| layer.file(&n.to_string(), "")).tar();
    let result = Place::new().unpack_blob(many.clone(), Digest::of(&many), &small());
    assert!(matches!(result, Err(ImageError::TooManyEntries { .. })), "{result:?}");
}

#[test]
fn layers_of_one_image_share_what_they_may_unpack_to() {
    let tar = Layer::default().entry(EntryType::Regular, "zeros", "", &[0; 600_000]).tar();
    let limits = Limits { tar_bytes: 1 << 20, files: Budget::new(1 << 20), entries: 10 };
    let unpack = || Place::new().unpack_blob(tar.clone(), Digest::of(&tar), &limits);
    assert_eq!(unpack().unwrap(), 600_000);
    assert!(matches!(unpack(), Err(ImageError::TooLarge)));
}

#[test]
fn names_and_attributes_are_not_kept_in_memory_without_end() {
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        let layer = Layer::default().entry(kind, "x", "", &vec![b'n'; 2 << 20]).file("a", "");
        assert!(matches!(refused(layer), ImageError::Damaged { .. }), "{kind:?}");
    }
}

#[test]
fn a_file_may_say_any_size_and_gets_no_more_than_there_is() {
    let mut header = Header::new_gnu();
    header.set_path("huge").unwrap();
    header.set_size(1 << 33);
    header.set_mode(0o644);
    header.set_cksum();
    let mut layer = Layer::default();
    layer.raw(&header, b"short");
    assert!(matches!(refused(layer), ImageError::Damaged { .. }));
    header.set_size(1 << 40);
    header.set_cksum();
    let mut layer = Layer::default();
    layer.raw(&header, b"short");
    assert!(matches!(refused(layer), ImageError::TooLarge));
}

#[test]
fn wrong_cut_or_long_bytes_are_not_a_layer() {
    let tar = Layer::default().file("a", &"content".repeat(2000)).tar();
    let blob = gzipped(&tar);
    let right = LayerRef { digest: Digest::of(&blob), diff_id: Digest::of(&tar), bytes: blob.len() as u64 };
    let unpack = |blob: Vec<u8>, layer: LayerRef| {
        unpack_limited(source(vec![Ok(blob.into())]), &layer, &Place::new().root(), &limits()).unwrap_err()
    };
    let other = Digest::of(b"other");
    let error = unpack(blob.clone(), LayerRef { digest: other, ..right });
    assert!(matches!(error, ImageError::WrongDigest { what: "a layer", .. }), "{error:?}");
    let error = unpack(blob.clone(), LayerRef { diff_id: other, ..right });
    assert!(matches!(error, ImageError::WrongDigest { what: "the tar of a layer", .. }), "{error:?}");
    for cut in [0, 3, 40, blob.len() / 2, blob.len() - 1] {
        let error = unpack(blob[..cut].to_vec(), right);
        assert!(
            matches!(error, ImageError::Damaged { .. } | ImageError::WrongDigest { .. }),
            "{cut}: {error:?}"
        );
    }
    let longer = [blob, vec![0; 10]].concat();
    let error = unpack(longer, right);
    assert!(matches!(error, ImageError::Damaged { .. }), "{error:?}");
    let error = unpack(b"no tar at all, but some text".repeat(40), right);
    assert!(matches!(error, ImageError::Damaged { .. }), "{error:?}");
}

#[test]
fn bytes_that_stop_coming_are_not_the_images_fault() {
    let tar = Layer::default().file("a", &"content".repeat(2000)).tar();
    let layer = LayerRef { digest: Digest::of(&tar), diff_id: Digest::of(&tar), bytes: tar.len() as u64 };
    let pieces = vec![Ok(Bytes::copy_from_slice(&tar[..1500])), Err(io::ErrorKind::ConnectionReset.into())];
    let error = unpack_limited(source(pieces), &layer, &Place::new().root(), &limits()).unwrap_err();
    assert!(matches!(error, ImageError::Stopped { .. }), "{error:?}");
    assert_eq!(error.aws_message("r.io/a:t"), None);
}
