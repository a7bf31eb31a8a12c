//! Whether a function's code names the SDK and does not bring it: only then is it worth an installation. Reads a bounded part
//! of the code; runs nothing of it.

use std::fs;
use std::path::{Path, PathBuf};

use lambent_core::limits::{SDK_SEARCH_MAX_BYTES, SDK_SEARCH_MAX_FILES};

use super::Kit;
use crate::interpreter::Family;

/// What is looked for, and where.
struct Search {
    words: [&'static str; 2],
    endings: &'static [&'static str],
    /// Folders that are the SDK itself, below the root of code or of a layer.
    brought: &'static [&'static str],
    files: usize,
    bytes: u64,
}

/// Whether code or layers at these folders name the kit, and none brings it.
pub(super) fn names(kit: &Kit, folders: &[PathBuf]) -> bool {
    let mut search = match kit.family() {
        Family::Nodejs => Search {
            words: ["@aws-sdk/", "aws-sdk"],
            endings: &["js", "mjs", "cjs"],
            brought: &["node_modules/@aws-sdk", "nodejs/node_modules/@aws-sdk"],
            files: SDK_SEARCH_MAX_FILES,
            bytes: SDK_SEARCH_MAX_BYTES,
        },
        Family::Python | Family::Java | Family::Ruby => Search {
            words: ["boto3", "botocore"],
            endings: &["py"],
            brought: &["boto3", "python/boto3"],
            files: SDK_SEARCH_MAX_FILES,
            bytes: SDK_SEARCH_MAX_BYTES,
        },
    };
    if folders.iter().any(|folder| search.brought.iter().any(|sdk| folder.join(sdk).is_dir())) {
        return false;
    }
    folders.iter().any(|folder| search.below(folder))
}

impl Search {
    fn below(&mut self, root: &Path) -> bool {
        let mut waiting = vec![root.to_owned()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if self.files == 0 || self.bytes == 0 {
                    // What is so large and does not say it early may still need it: better there than missed.
                    return true;
                }
                self.files -= 1;
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    waiting.push(entry.path());
                } else if kind.is_file() && self.is_source(&entry.path()) && self.names_it(&entry.path()) {
                    return true;
                }
            }
        }
        false
    }

    fn is_source(&self, path: &Path) -> bool {
        path.extension().is_some_and(|end| self.endings.iter().any(|ending| end == *ending))
    }

    fn names_it(&mut self, path: &Path) -> bool {
        let Ok(bytes) = fs::read(path) else { return false };
        self.bytes = self.bytes.saturating_sub(bytes.len() as u64);
        let text = String::from_utf8_lossy(&bytes);
        self.words.iter().any(|word| text.contains(word))
    }
}
