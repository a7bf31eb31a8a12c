//! No module is called after nothing: a name that fits everything finds nothing.

use super::{Fault, code};
use crate::project::Project;

const BANNED: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"];

/// Faults: a file or folder of such a name, an inline module of such a name.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in project.files() {
        let source = [".rs", ".py", ".mjs", ".js"].iter().any(|suffix| path.ends_with(suffix));
        if !source {
            continue;
        }
        let banned = |part: &str| BANNED.contains(&part.split('.').next().unwrap_or(part));
        if path.split('/').any(banned) {
            faults.push(Fault::at(path, "the name says nothing: name what is in it"));
        }
        if !path.ends_with(".rs") {
            continue;
        }
        for (number, line) in code::lines(text) {
            if inline_module(&line).is_some_and(|name| BANNED.contains(&name)) {
                faults.push(Fault::at(format!("{path}:{number}"), "the module's name says nothing"));
            }
        }
    }
    faults
}

/// The name in `mod name {`; `mod name;` is judged by its file.
fn inline_module(line: &str) -> Option<&str> {
    let (before, after) = line.trim().split_once("mod ")?;
    let visibility = before.is_empty() || before.starts_with("pub");
    let name = after.strip_suffix('{')?.trim();
    visibility.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_says_nothing_is_found() {
        for (path, text) in [
            ("crates/a/src/util.rs", ""),
            ("crates/a/tests/common/mod.rs", ""),
            ("tests/e2e/helpers.py", ""),
            ("crates/a/src/lib.rs", "pub(crate) mod manager {\n}"),
        ] {
            assert_eq!(check(&Project::of(&[(path, text)])).len(), 1, "{path}");
        }
    }

    #[test]
    fn other_names_pass() {
        let files = [("crates/a/src/commonplace.rs", "mod tests {\n}"), ("docs/common.md", "")];
        assert_eq!(check(&Project::of(&files)), []);
    }
}
