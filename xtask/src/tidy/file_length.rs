//! Files stay short: 300 lines, never over 800. Those that are longer are listed, and the list only shrinks.

use std::collections::BTreeMap;

use super::Fault;
use crate::project::{Project, is_generated};

const SOFT_LINES: usize = 300;
const HARD_LINES: usize = 800;
const LIST: &str = "xtask/tidy/long-files.txt";
const SUFFIXES: &[&str] = &[".rs", ".py", ".mjs", ".js", ".cjs", ".sh"];

/// Faults: a file over the hard limit; one over the soft limit that is not listed or has outgrown its
/// entry; an entry that is not needed.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let (listed, mut faults) = entries(project.text(LIST).unwrap_or_default());
    for (path, text) in project.files() {
        if !SUFFIXES.iter().any(|suffix| path.ends_with(suffix)) || is_generated(text) {
            continue;
        }
        let lines = text.lines().count();
        let limit = listed.get(path).copied().unwrap_or(SOFT_LINES);
        if lines > HARD_LINES {
            faults
                .push(Fault::at(path, format!("{lines} lines, never over {HARD_LINES}: split it by topic")));
        } else if lines > limit {
            faults.push(Fault::at(path, format!("{lines} lines, at most {limit}: split it by topic")));
        }
    }
    for path in listed.keys() {
        let lines = project.text(path).map_or(0, |text| text.lines().count());
        if lines <= SOFT_LINES {
            faults.push(Fault::at(LIST, format!("the entry of `{path}` is no longer needed: remove it")));
        }
    }
    faults
}

/// The list: a path and a number of lines on each line, `#` before a comment.
fn entries(text: &str) -> (BTreeMap<&str, usize>, Vec<Fault>) {
    let (mut listed, mut faults) = (BTreeMap::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let entry = line.split_once(' ').and_then(|(path, lines)| Some((path, lines.trim().parse().ok()?)));
        match entry {
            Some((path, lines)) => drop(listed.insert(path, lines)),
            None => faults.push(Fault::at(LIST, format!("`{line}` is not a path and a number of lines"))),
        }
    }
    (listed, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(lines: usize, list: &str) -> Vec<Fault> {
        check(&Project::of(&[("a.rs", &"x\n".repeat(lines)), (LIST, list)]))
    }

    #[test]
    fn a_long_file_is_found_unless_listed() {
        assert_eq!(check_lines(300, ""), []);
        assert_eq!(check_lines(301, "").len(), 1);
        assert_eq!(check_lines(301, "# why\na.rs 310\n"), []);
        assert_eq!(check_lines(311, "a.rs 310\n").len(), 1);
    }

    #[test]
    fn no_entry_excuses_more_than_the_hard_limit() {
        assert_eq!(check_lines(801, "a.rs 900\n").len(), 1);
    }

    #[test]
    fn the_list_only_shrinks() {
        assert_eq!(check_lines(200, "a.rs 310\n").len(), 1);
        assert_eq!(check_lines(1, "gone.rs 310\n").len(), 1);
        assert_eq!(check_lines(1, "nonsense\n").len(), 1);
    }

    #[test]
    fn generated_files_may_be_long() {
        let text = format!("// {}\n{}", concat!("@", "generated"), "x\n".repeat(900));
        assert_eq!(check(&Project::of(&[("a.rs", &text)])), []);
    }
}
