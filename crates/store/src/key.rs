//! Keys made of parts, and the prefixes that select them. Never interprets what a part means.
//!
//! A key is stored as bytes whose order is the order of its parts: each part ends in a NUL, and a NUL or a
//! 0x01 inside a part is escaped by 0x01, so any text can be a part and no key is a prefix of another by
//! accident. Bytes, not text, because a text column cannot hold a NUL in every engine, and because bytes
//! sort the same everywhere, whatever the collation.

use std::fmt;

use serde::{Deserialize, Serialize};

const END: u8 = 0;
const ESCAPE: u8 = 1;

/// Where a record stands in its table: a list of text parts, ordered part by part, bytewise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key of these parts. Any characters are fine, and an empty part differs from no part.
    pub fn of<P: AsRef<str>>(parts: impl IntoIterator<Item = P>) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            escape(part.as_ref(), &mut bytes);
            bytes.push(END);
        }
        Self(bytes)
    }

    /// The parts the key was made of.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        let mut part = Vec::new();
        let mut bytes = self.0.iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                END => parts.push(String::from_utf8_lossy(&std::mem::take(&mut part)).into_owned()),
                ESCAPE => part.push(bytes.next().map_or(ESCAPE, |escaped| escaped - 1)),
                plain => part.push(plain),
            }
        }
        parts
    }

    /// The last part, empty for a key of no parts.
    #[must_use]
    pub fn last(&self) -> String {
        self.parts().pop().unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.parts()).finish()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts().join("/"))
    }
}

/// Which keys a listing covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(Vec<u8>);

impl Prefix {
    /// Every key of the table.
    #[must_use]
    pub const fn all() -> Self {
        Self(Vec::new())
    }

    /// Keys whose leading parts are exactly these, the key of just these parts included.
    pub fn under<P: AsRef<str>>(parts: impl IntoIterator<Item = P>) -> Self {
        Self(Key::of(parts).0)
    }

    /// Narrowed to keys whose next part starts with `text`.
    #[must_use]
    pub fn starting_with(mut self, text: &str) -> Self {
        escape(text, &mut self.0);
        self
    }

    /// Where the range of matching keys starts, inclusive.
    pub(crate) fn first(&self) -> &[u8] {
        &self.0
    }

    /// Where the range of matching keys ends, exclusive; nothing when it reaches to the end of the table.
    pub(crate) fn end(&self) -> Option<Vec<u8>> {
        let mut end = self.0.clone();
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                return Some(end);
            }
        }
        None
    }
}

fn escape(text: &str, out: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        if byte <= ESCAPE {
            out.extend([ESCAPE, byte + 1]);
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_part_differs_from_no_part() {
        assert_ne!(Key::of([""]), Key::of::<&str>([]));
        assert_eq!(Key::of(["a", ""]).parts(), ["a", ""]);
        assert_eq!(Key::of(["a", "b"]).to_string(), "a/b");
    }

    #[test]
    fn a_neighbour_with_the_same_beginning_is_not_under_a_part() {
        let prefix = Prefix::under(["ab"]);
        assert!(covers(&prefix, &Key::of(["ab", "x"])) && covers(&prefix, &Key::of(["ab"])));
        assert!(!covers(&prefix, &Key::of(["abc", "x"])) && !covers(&prefix, &Key::of(["aa"])));
        assert!(covers(&Prefix::all().starting_with("ab"), &Key::of(["abc", "x"])));
    }

    fn covers(prefix: &Prefix, key: &Key) -> bool {
        prefix.first() <= key.as_bytes() && prefix.end().is_none_or(|end| key.as_bytes() < end.as_slice())
    }

    fn parts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[\u{0}\u{1}\u{2}a/é\u{10FFFF}]{0,3}", 0..4)
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_parts_do(a in parts(), b in parts()) {
            prop_assert_eq!(Key::of(&a).cmp(&Key::of(&b)), a.cmp(&b));
            prop_assert_eq!(Key::of(&a).parts(), a);
        }

        #[test]
        fn a_prefix_covers_exactly_the_keys_that_begin_with_it(a in parts(), b in parts()) {
            prop_assert_eq!(covers(&Prefix::under(&a), &Key::of(&b)), b.starts_with(&a));
        }
    }
}
