//! Random bytes and zips with random damage: never a panic, never a change outside the tree.

use proptest::prelude::*;

use super::raw::{self, RawEntry};
use super::*;

fn seed() -> Vec<u8> {
    let deflated = zip_of(&[("pkg/a.py", &[b'a'; 3000]), ("pkg/b.py", b"print(1)")]);
    let mut entries = vec![
        RawEntry::file("d/", "").mode(0o040_755),
        RawEntry::symlink("d/up", "../.."),
        RawEntry::symlink("root", "/"),
        RawEntry::file("d/f", "content"),
        RawEntry::file("d/nested.zip", deflated),
    ];
    entries[3].extra = [b"UT\x05\0\x01".as_slice(), &1_234_567_890_u32.to_le_bytes()].concat();
    raw::build(&entries)
}

/// Nothing that is refused at first sight: what matters is what comes together.
fn entry() -> impl Strategy<Value = RawEntry> {
    let names = vec!["l", "./l", "a", "a/l", "a//l", "l/neighbour", "a/l/neighbour", "l/l"];
    let targets = vec!["..", ".", "../..", "../neighbour", "../../neighbour", "a", "l"];
    let modes = vec![0o100_644, 0o040_000, 0o120_777, 0o120_777];
    let parts = (prop::sample::select(names), prop::sample::select(targets), prop::sample::select(modes));
    parts.prop_map(|(name, target, mode)| RawEntry::file(name, target).mode(mode))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        prop_assert!(Place::new().unpack_up_to(&bytes, 1 << 20).is_err());
    }

    #[test]
    fn damage_never_reaches_outside(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
        deflated in any::<bool>(),
    ) {
        let mut zip = if deflated { zip_of(&[("x/y", &[b'z'; 9000]), ("w", b"w")]) } else { seed() };
        for (at, byte) in changes {
            let at = at.index(zip.len());
            zip[at] = byte;
        }
        if let Some(cut) = cut {
            zip.truncate(cut.index(zip.len()) + 1);
        }
        let place = Place::new();
        if let Ok(bytes) = place.unpack_up_to(&zip, 1 << 20) {
            prop_assert!(bytes <= 1 << 20);
        }
    }

    #[test]
    fn well_formed_malice_never_reaches_outside(entries in prop::collection::vec(entry(), 1..8)) {
        // The result doesn't matter; `unpack` checks the neighbour.
        let _any = Place::new().unpack(&raw::build(&entries));
    }
}
