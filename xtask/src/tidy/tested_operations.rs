//! Every operation that is done has an end-to-end test that names it; the list of exceptions only shrinks.

use std::collections::BTreeSet;

use super::Fault;
use crate::operations;
use crate::project::Project;

const EXCEPTIONS: &str = "xtask/tidy/untested-operations.txt";

/// Faults: a done operation without a test marked `operation("Name")`; an exception that is not needed.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let done = operations::done(project);
    let tested: BTreeSet<String> = done.iter().filter(|name| is_tested(project, name)).cloned().collect();
    let excused: BTreeSet<String> = project
        .text(EXCEPTIONS)
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let missing = done
        .iter()
        .filter(|name| !tested.contains(*name) && !excused.contains(*name))
        .map(|name| Fault::at("tests/e2e", format!("no test is marked operation(\"{name}\")")));
    let stale = excused
        .iter()
        .filter(|name| tested.contains(*name) || !done.contains(*name))
        .map(|name| Fault::at(EXCEPTIONS, format!("the entry of {name} is no longer needed: remove it")));
    missing.chain(stale).collect()
}

fn is_tested(project: &Project, name: &str) -> bool {
    let (service, plain) = name.split_once('.').unwrap_or(("", name));
    let mark = format!("operation(\"{plain}\")");
    // The tests of another service than Lambda bear its name.
    let noun = service.trim_end_matches('s');
    let folder = if noun.is_empty() { "tests/e2e/".to_owned() } else { format!("tests/e2e/test_{noun}") };
    project.files().any(|(path, text)| path.starts_with(&folder) && text.contains(&mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::tests::project_with;

    #[test]
    fn an_untested_operation_is_found() {
        assert_eq!(check(&project_with("lambda::Invoke", &[])).len(), 1);
        let test = ("tests/e2e/test_a.py", "@pytest.mark.operation(\"Invoke\")\ndef test_a(): pass");
        assert_eq!(check(&project_with("lambda::Invoke", &[test])), []);
        assert_eq!(check(&project_with("lambda::Invoke", &[(EXCEPTIONS, "# later\nInvoke\n")])), []);
    }

    #[test]
    fn the_list_of_exceptions_only_shrinks() {
        let test = ("tests/e2e/test_a.py", "@pytest.mark.operation(\"Invoke\")\ndef test_a(): pass");
        assert_eq!(check(&project_with("lambda::Invoke", &[test, (EXCEPTIONS, "Invoke\n")])).len(), 1);
    }
}
