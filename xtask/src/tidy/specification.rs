//! Every promise of SPECIFICATION.md names the test that shows it, and that test is there.

use super::Fault;
use crate::project::Project;

const DOCUMENT: &str = "SPECIFICATION.md";

/// Faults: a list item without `path::test` in backticks; a path or a test that is not there.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let Some(text) = project.text(DOCUMENT) else { return vec![Fault::at(DOCUMENT, "is missing")] };
    promises(text).into_iter().flat_map(|(line, promise)| judge(project, line, &promise)).collect()
}

/// The list items, each with the number of its first line and the lines that continue it.
fn promises(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(item) = line.strip_prefix("- ") {
            found.push((index + 1, item.to_owned()));
            open = true;
        } else if open && line.starts_with("  ") {
            let (_, promise) = found.last_mut().expect("an item is open");
            promise.push(' ');
            promise.push_str(line.trim());
        } else {
            open = false;
        }
    }
    found
}

fn judge(project: &Project, line: usize, promise: &str) -> Vec<Fault> {
    let place = format!("{DOCUMENT}:{line}");
    let tests: Vec<_> = promise
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
        .filter(|(path, _)| path.contains('/'))
        .collect();
    if tests.is_empty() {
        return vec![Fault::at(place, "the promise names no test (`path::test`)")];
    }
    tests
        .into_iter()
        .filter(|(path, test)| !project.text(path).is_some_and(|text| defines(text, test)))
        .map(|(path, test)| Fault::at(&place, format!("there is no test `{test}` in {path}")))
        .collect()
}

/// Whether the file has a test function (Rust, Python) or a test of this title (JavaScript).
fn defines(text: &str, test: &str) -> bool {
    [format!("fn {test}("), format!("def {test}("), format!("test('{test}'"), format!("test(\"{test}\"")]
        .iter()
        .any(|definition| text.contains(definition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_spec(spec: &str) -> Vec<Fault> {
        check(&Project::of(&[(DOCUMENT, spec), ("tests/e2e/test_a.py", "def test_it(client):\n  pass")]))
    }

    #[test]
    fn a_promise_without_a_test_is_found() {
        assert_eq!(check_spec("# S\n\n- It works.\n").len(), 1);
        assert_eq!(check_spec("- It works. `tests/e2e/test_a.py::test_other`\n").len(), 1);
        assert_eq!(check_spec("- It works. `tests/e2e/gone.py::test_it`\n").len(), 1);
        assert_eq!(check(&Project::default()).len(), 1);
    }

    #[test]
    fn a_promise_may_run_over_lines() {
        assert_eq!(check_spec("- It works,\n  always.\n  `tests/e2e/test_a.py::test_it`\n"), []);
    }
}
