//! Where an entry of a layer goes: its name turned into a path that stays inside. Never looks at the disk.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::image::LayerFault;

const PART_MAX_BYTES: usize = 255;
const PATH_MAX_BYTES: usize = 4095;

/// A path below the layer's root: no empty part, no `.`, no `..`, no NUL, not longer than Linux takes. Empty is the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LayerPath(Vec<u8>);

impl LayerPath {
    /// Takes a name as Docker does: from the root, whether it begins with `/` or not, and `a/../b` is `b`.
    pub(super) fn parse(name: &[u8]) -> Result<Self, LayerFault> {
        if name.is_empty() || name.contains(&0) {
            return Err(LayerFault::BadName);
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in name.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop().ok_or(LayerFault::Escapes)?),
                _ if part.len() > PART_MAX_BYTES => return Err(LayerFault::NameTooLong),
                _ => parts.push(part),
            }
        }
        let path = parts.join(&b'/');
        if path.len() > PATH_MAX_BYTES { Err(LayerFault::NameTooLong) } else { Ok(Self(path)) }
    }

    pub(super) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path from the root's handle.
    pub(super) fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(if self.is_root() { b"." } else { &self.0 }))
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }

    /// The folder it lies in and its last part, which is empty for the root.
    pub(super) fn split(&self) -> (Self, &OsStr) {
        match self.0.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (Self(self.0[..at].to_owned()), OsStr::from_bytes(&self.0[at + 1..])),
            None => (Self::default(), OsStr::from_bytes(&self.0)),
        }
    }

    /// What has the name `part` in the folder at this path. `part` is one of a path that was parsed.
    pub(super) fn child(&self, part: &[u8]) -> Self {
        let mut path = self.0.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(part);
        Self(path)
    }

    /// The same folder, another name in it. `name` is a part of a path that was parsed.
    pub(super) fn with_name(&self, name: &[u8]) -> Self {
        self.split().0.child(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        let check = |name: &str, expected: Result<&str, LayerFault>| {
            let path = LayerPath::parse(name.as_bytes()).map(|path| String::from_utf8(path.0).unwrap());
            assert_eq!(path.as_deref().map_err(|fault| *fault), expected, "{name:?}");
        };
        check("a", Ok("a"));
        check("./a//b/.", Ok("a/b"));
        check("/etc/passwd", Ok("etc/passwd"));
        check("a/../b", Ok("b"));
        check("./", Ok(""));
        check("/", Ok(""));
        check("..", Err(LayerFault::Escapes));
        check("a/../../b", Err(LayerFault::Escapes));
        check("/../a", Err(LayerFault::Escapes));
        check("", Err(LayerFault::BadName));
        check("a\0b", Err(LayerFault::BadName));
        check(&"n".repeat(256), Err(LayerFault::NameTooLong));
        check(&"n/".repeat(2048), Ok(&"n/".repeat(2048)[..4095]));
        check(&"n/".repeat(2049), Err(LayerFault::NameTooLong));
    }

    #[test]
    fn the_last_part_is_told_from_its_folder() {
        let path = LayerPath::parse(b"a/b/c").unwrap();
        assert_eq!(path.split(), (LayerPath::parse(b"a/b").unwrap(), OsStr::new("c")));
        assert_eq!(path.with_name(b"d"), LayerPath::parse(b"a/b/d").unwrap());
        assert_eq!(LayerPath::parse(b"a").unwrap().with_name(b"d"), LayerPath::parse(b"d").unwrap());
        assert_eq!(path.parts().count(), 3);
        assert_eq!(LayerPath::default().parts().count(), 0);
    }
}
