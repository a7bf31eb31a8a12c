//! Unsafe code stands in one file and its part, where it can be read in one sitting.

use super::{Fault, code};
use crate::project::Project;

const ALLOWED: &str = "crates/sandbox/src/linux/sys.rs";
/// What looks into other processes.
const PART: &str = "crates/sandbox/src/linux/sys/trace.rs";

/// Fault: the word `unsafe` as code, or the lint switched off, anywhere else.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in project.ending(".rs").filter(|(path, _)| *path != ALLOWED && *path != PART) {
        for (number, line) in code::lines(text) {
            let word = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if word.into_iter().any(|word| word == "unsafe" || word == "unsafe_code") {
                faults.push(Fault::at(format!("{path}:{number}"), format!("unsafe code outside {ALLOWED}")));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_code_is_found_outside_its_file() {
        let text = "let x = unsafe { y() };";
        assert_eq!(check(&Project::of(&[("crates/a/src/lib.rs", text)])).len(), 1);
        assert_eq!(check(&Project::of(&[("crates/a/src/lib.rs", "#![expect(unsafe_code)]")])).len(), 1);
        assert_eq!(check(&Project::of(&[(ALLOWED, text)])), []);
        assert_eq!(check(&Project::of(&[("a.rs", "// unsafe\nlet unsafe_words = \"unsafe {\";")])), []);
    }
}
