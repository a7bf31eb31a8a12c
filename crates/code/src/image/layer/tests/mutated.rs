//! Random bytes and layers with random damage: never a panic, never a change outside the folder.

use proptest::prelude::*;

use super::*;

fn seed() -> Vec<u8> {
    let layer = Layer::default()
        .folder("d/", 0o755)
        .symlink("d/up", "../..")
        .symlink("root", "/")
        .file("d/f", "content")
        .link("d/g", "d/f")
        .file("d/.wh.gone", "")
        .file("d/.wh..wh..opq", "")
        .entry(EntryType::GNULongName, "././@LongLink", "", b"a/long/name\0")
        .file("a/lo", "x")
        .entry(EntryType::XHeader, "pax", "", b"19 path=pax/long/n\n")
        .file("pax", "y");
    layer.tar()
}

fn entry() -> impl Strategy<Value = (EntryType, &'static str, &'static str)> {
    let names =
        vec!["l", "./l", "a", "a/l", "a//l", "l/neighbour", "a/l/neighbour", ".wh.l", "a/.wh..wh..opq"];
    let targets = vec!["..", ".", "../..", "../neighbour", "../../neighbour", "a", "l", "/", "a/l"];
    let kinds =
        [EntryType::Regular, EntryType::Directory, EntryType::Symlink, EntryType::Link, EntryType::Fifo];
    (prop::sample::select(kinds.to_vec()), prop::sample::select(names), prop::sample::select(targets))
}

/// The digests are right, so that damage is looked at and not only noticed.
fn unpack(tar: Vec<u8>) {
    let digest = Digest::of(&tar);
    if let Ok(bytes) = Place::new().unpack_blob(tar, digest, &of(1 << 20, 100)) {
        assert!(bytes <= 1 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        unpack(bytes);
    }

    #[test]
    fn damage_never_reaches_outside(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut tar = seed();
        for (at, byte) in changes {
            let at = at.index(tar.len());
            tar[at] = byte;
            mend(&mut tar, at);
        }
        if let Some(cut) = cut {
            tar.truncate(cut.index(tar.len()) + 1);
        }
        unpack(tar);
    }

    #[test]
    fn well_formed_malice_never_reaches_outside(entries in prop::collection::vec(entry(), 1..10)) {
        let layer = entries.into_iter().fold(Layer::default(), |layer, (kind, name, target)| {
            let content = if kind == EntryType::Regular { &b"content"[..] } else { b"" };
            layer.entry(kind, name, target, content)
        });
        // The result doesn't matter; the neighbours are looked at.
        unpack(layer.tar());
    }
}

/// Makes the checksum of a changed header right again, or most damage would be seen at once.
fn mend(tar: &mut [u8], at: usize) {
    let start = at / 512 * 512;
    let block = &mut tar[start..start + 512];
    let mut header = Header::new_old();
    header.as_mut_bytes().copy_from_slice(block);
    header.set_cksum();
    block.copy_from_slice(header.as_bytes());
}
