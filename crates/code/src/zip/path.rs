//! Where an entry goes: a name of the zip turned into a path that stays inside. Never looks at the disk.

use crate::package::EntryFault;

const COMPONENT_MAX_BYTES: usize = 255;
const PATH_MAX_BYTES: usize = 4095;

/// A path below the folder: no empty part, no `.`, no `..`, no NUL, not longer than Linux takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EntryPath(String);

impl EntryPath {
    /// Parses `name`; `None` is the folder itself (`./`).
    pub(super) fn parse(name: &str) -> Result<Option<Self>, EntryFault> {
        // A backslash is a legal character here, but a zip that has one was meant to have folders.
        if name.is_empty() || name.contains(['\0', '\\']) {
            return Err(EntryFault::BadName);
        }
        if name.starts_with('/') {
            return Err(EntryFault::AbsolutePath);
        }
        let mut path = String::with_capacity(name.len());
        for part in name.split('/').filter(|part| !matches!(*part, "" | ".")) {
            if part == ".." {
                return Err(EntryFault::ParentPath);
            }
            if part.len() > COMPONENT_MAX_BYTES {
                return Err(EntryFault::NameTooLong);
            }
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
        }
        match path.len() {
            0 => Ok(None),
            length if length > PATH_MAX_BYTES => Err(EntryFault::NameTooLong),
            _ => Ok(Some(Self(path))),
        }
    }

    /// The path with `/` between its parts.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder it lies in (empty at the top) and its last part.
    pub(super) fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Result<Option<&str>, EntryFault>) {
        let got = EntryPath::parse(name);
        let got = got.as_ref().map(|path| path.as_ref().map(EntryPath::as_str)).map_err(Clone::clone);
        assert_eq!(got, expected, "{name:?}");
    }

    #[test]
    fn a_name_stays_inside_or_is_refused() {
        check("a.py", Ok(Some("a.py")));
        check("./a//b/./c/", Ok(Some("a/b/c")));
        check("...", Ok(Some("...")));
        check("./", Ok(None));
        check("", Err(EntryFault::BadName));
        check("a\0b", Err(EntryFault::BadName));
        check("a\\b", Err(EntryFault::BadName));
        check("/etc/passwd", Err(EntryFault::AbsolutePath));
        check("//x", Err(EntryFault::AbsolutePath));
        check("..", Err(EntryFault::ParentPath));
        check("a/../b", Err(EntryFault::ParentPath));
        check("a/..", Err(EntryFault::ParentPath));
        check(&"x".repeat(255), Ok(Some(&"x".repeat(255))));
        check(&"x".repeat(256), Err(EntryFault::NameTooLong));
        check(&"xy/".repeat(2000), Err(EntryFault::NameTooLong));
    }
}
