//! A path that a document names is there. Judges only what looks like a path of this repository.

use super::Fault;
use crate::project::Project;

/// Folders at the root. A path that begins with none of them is not ours (`/var/task`, `target/…`).
const FOLDERS: &[&str] = &[
    ".cargo", ".ci", ".config", "bench", "console", "crates", "docs", "examples", "fuzz", "runtimes",
    "tests", "xtask",
];

/// Fault: a path in backticks that does not exist.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (document, text) in project.ending(".md") {
        for (index, line) in text.lines().enumerate() {
            for path in line.split('`').skip(1).step_by(2).filter_map(as_path) {
                if !expand(path).iter().all(|path| project.has(path)) {
                    let place = format!("{document}:{}", index + 1);
                    faults.push(Fault::at(place, format!("`{path}` does not exist")));
                }
            }
        }
    }
    faults
}

/// The path in a piece of code, without what follows `::`; nothing if it is no path of ours.
fn as_path(code: &str) -> Option<&str> {
    let path = code.split("::").next().unwrap_or(code);
    let (first, _) = path.split_once('/')?;
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-*{},".contains(c));
    // Results of the benchmark are made by running it and are never in the repository.
    (plain && FOLDERS.contains(&first) && !path.starts_with("bench/results")).then_some(path)
}

/// `a/{b,c}/d` stands for `a/b/d` and `a/c/d`.
fn expand(path: &str) -> Vec<String> {
    let parts = path.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    match parts {
        None => vec![path.to_owned()],
        Some((head, (choices, tail))) => {
            choices.split(',').flat_map(|choice| expand(&format!("{head}{choice}{tail}"))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Vec<Fault> {
        check(&Project::of(&[("README.md", text), ("crates/core/src/lib.rs", ""), ("tests/e2e/a.py", "")]))
    }

    #[test]
    fn a_path_that_is_gone_is_found() {
        let faults = check_text("See\n`crates/core/src/gone.rs`.");
        assert_eq!(faults, [Fault::at("README.md:2", "`crates/core/src/gone.rs` does not exist")]);
        assert_eq!(check_text("`crates/{core,gone}/src`").len(), 1);
    }

    #[test]
    fn paths_that_are_there_or_not_ours_pass() {
        assert_eq!(check_text("`crates/*/src/lib.rs`, `tests/e2e/`, `crates/core/src/lib.rs::name`"), []);
        assert_eq!(check_text("`/var/task`, `target/x`, `a/b`, `crates`, `cargo run -p crates/x`"), []);
    }
}
