//! No test is ignored, and no lint is switched off for a whole file that a person wrote.

use super::{Fault, code};
use crate::project::{Project, is_generated};

/// Faults: `ignore` on a test; an inner `allow` outside generated files.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in project.ending(".rs") {
        for (number, line) in code::lines(text) {
            let line = line.trim_start();
            if line.starts_with(concat!("#[", "ignore")) {
                faults.push(Fault::at(
                    format!("{path}:{number}"),
                    "a test is ignored: assert what happens today and say what is wrong with it",
                ));
            }
            if line.starts_with(concat!("#![", "allow")) && !is_generated(text) {
                faults.push(Fault::at(
                    format!("{path}:{number}"),
                    "a lint is switched off for the file: use #[expect(lint, reason = …)] where it is met",
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_test_is_found() {
        let text = concat!("#[test]\n#[", "ignore = \"slow\"]\nfn t() {}");
        let faults = check(&Project::of(&[("crates/a/src/lib.rs", text)]));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].place, "crates/a/src/lib.rs:2");
    }

    #[test]
    fn an_inner_allow_is_for_generated_files_only() {
        let text = concat!("//! A.\n#![", "allow(missing_docs)]");
        let generated = format!("// {}\n{text}", concat!("@", "generated"));
        assert_eq!(check(&Project::of(&[("a.rs", text)])).len(), 1);
        assert_eq!(check(&Project::of(&[("a.rs", &generated)])), []);
    }
}
