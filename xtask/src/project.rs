//! The files of the repository, read once: what tidy judges. Never writes any of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run;

/// Every text file that git tracks or would track, by its path from the root with forward slashes.
#[derive(Debug, Default)]
pub(crate) struct Project {
    files: BTreeMap<String, String>,
}

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}

impl Project {
    /// Reads the repository. Files that are not UTF-8 are left out: nothing here judges them.
    pub(crate) fn read() -> Result<Self> {
        let root = root();
        let listed = run::output("git", &["ls-files", "--cached", "--others", "--exclude-standard"], &root)
            .context("tidy asks git which files belong to the repository")?;
        let mut files = BTreeMap::new();
        for path in listed.lines() {
            // A file that is deleted but not yet committed is still listed; it has no text to judge.
            let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
            if let Ok(text) = String::from_utf8(bytes) {
                files.insert(path.to_owned(), text);
            }
        }
        Ok(Self { files })
    }

    /// A repository made of these files, for tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect() }
    }

    /// Path and text of every file, in order of the path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose name ends so.
    pub(crate) fn ending<'a>(&'a self, suffix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files().filter(move |(path, _)| path.ends_with(suffix))
    }

    /// The manifests of the workspace's crates, itself included; programs that the tests run and fuzzers are not of it.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending("Cargo.toml")
            .filter(|(path, _)| !path.starts_with("tests/") && !path.starts_with("fuzz/"))
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether there is a file or a folder of this path; `*` stands for any characters but a slash.
    pub(crate) fn has(&self, pattern: &str) -> bool {
        let pattern: Vec<&str> = pattern.trim_end_matches('/').split('/').collect();
        self.files.keys().any(|path| {
            let parts: Vec<&str> = path.split('/').collect();
            parts.len() >= pattern.len() && pattern.iter().zip(parts).all(|(p, part)| matches(p, part))
        })
    }
}

/// Whether the file says that a program wrote it.
pub(crate) fn is_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| line.contains(concat!("@", "generated")))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => {
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_a_star_are_found() {
        let project = Project::of(&[("crates/wire/src/lambda/errors.rs", "")]);
        assert!(project.has("crates/wire/"));
        assert!(project.has("crates/*/src/*/errors.rs"));
        assert!(!project.has("crates/*/src/errors.rs"));
        assert!(!project.has("crates/wir"));
    }
}
