//! `docs/operations.md`: each operation of Lambda's model, done, partial or not there yet. Never decides what is done:
//! it reads `crates/services/src/operations.rs`, and the names of the model from the wire's generated files. What is
//! missing of an operation is told in the index, behind its line: `// partial: …`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use crate::project::{self, Project};
use crate::tidy::{Fault, code};

const PAGE: &str = "docs/operations.md";
const INDEX: &str = "crates/services/src/operations.rs";
const WIRE: &str = "crates/wire/src/lambda";
const LIST: &str = "static KNOWN:";

/// Writes the page, or with `--check` compares it.
///
/// # Errors
/// The page cannot be written, or differs from what it should be.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let project = Project::read()?;
    match args {
        [] => std::fs::write(project::root().join(PAGE), page(&project))
            .with_context(|| format!("{PAGE} cannot be written")),
        [flag] if flag == "--check" => match check(&project).is_empty() {
            true => Ok(()),
            false => bail!("{PAGE} is stale: run `cargo xtask operations`"),
        },
        _ => bail!("operations takes --check or nothing"),
    }
}

/// Faults: the page is stale; the list of the model's operations is not found.
pub(crate) fn check(project: &Project) -> Vec<Fault> {
    if project.text(INDEX).is_none() {
        return vec![Fault::at(INDEX, "is missing: it is the index of what the server can do")];
    }
    if names(project).is_empty() {
        return vec![Fault::at(WIRE, format!("no list `{LIST}` of the model's operations is found"))];
    }
    match project.text(PAGE) == Some(page(project).as_str()) {
        true => Vec::new(),
        false => vec![Fault::at(PAGE, "is stale: run `cargo xtask operations`")],
    }
}

/// The operations that the index names in its code.
pub(crate) fn done(project: &Project) -> BTreeSet<String> {
    let names = names(project);
    let index = project.text(INDEX).unwrap_or_default();
    // Tests at the end of the file may name any operation; what they name is not thereby done.
    let index = index.split("#[cfg(test)]").next().unwrap_or_default();
    code::lines(index)
        .flat_map(|(_, line)| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| names.contains(word))
        .collect()
}

/// Every operation of the model, from the wire's generated list.
fn names(project: &Project) -> BTreeSet<String> {
    let lists = project
        .files()
        .filter(|(path, _)| path.starts_with(WIRE))
        .filter_map(|(_, text)| Some(text.split_once(LIST)?.1.split("];").next().unwrap_or_default()));
    lists
        .flat_map(|list| list.split("name: \"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

fn page(project: &Project) -> String {
    let (names, done) = (names(project), done(project));
    let mut page = format!(
        "# Operations\n\nWritten by `cargo xtask operations`; do not edit. \
         {} of the {} operations of AWS Lambda's model are there.\n\
         The others answer with the protocol's own error that says so.\n\n| operation | state |\n|---|---|\n",
        done.len(),
        names.len()
    );
    for name in &names {
        let state = match (done.contains(name), missing(project, name)) {
            (true, Some(missing)) => format!("partial: {missing}"),
            (true, None) => "done".to_owned(),
            (false, _) => "not there yet".to_owned(),
        };
        writeln!(page, "| {name} | {state} |").expect("a string takes every line");
    }
    page
}

/// What the index says is missing of an operation that is there.
fn missing<'a>(project: &'a Project, name: &str) -> Option<&'a str> {
    let mut lines = project.text(INDEX)?.lines();
    let line = lines.find(|line| line.trim_start().split(',').next() == Some(name))?;
    Some(line.split_once("// partial: ")?.1.trim())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A repository whose model has two operations and whose index reads so.
    pub(crate) fn project_with(index: &str, more: &[(&str, &str)]) -> Project {
        let list =
            "static KNOWN: &[Known] = &[Known { name: \"Invoke\" }, Known {\n name: \"GetFunction\",\n}];";
        let mut files = vec![("crates/wire/src/lambda/mod.rs", list), (INDEX, index)];
        files.extend_from_slice(more);
        Project::of(&files)
    }

    #[test]
    fn what_the_index_names_in_code_is_done() {
        let index =
            "// lambda::GetFunction\nroute::<lambda::Invoke>(),\n#[cfg(test)]\nmod tests { GetFunction }";
        assert_eq!(done(&project_with(index, &[])), BTreeSet::from(["Invoke".to_owned()]));
    }

    #[test]
    fn a_stale_page_is_found() {
        let fresh = page(&project_with("lambda::Invoke", &[]));
        assert!(fresh.contains("1 of the 2") && fresh.contains("| GetFunction | not there yet |"));
        assert_eq!(check(&project_with("lambda::Invoke", &[(PAGE, &fresh)])), []);
        assert_eq!(check(&project_with("lambda::GetFunction", &[(PAGE, &fresh)])).len(), 1);
    }

    #[test]
    fn what_the_index_says_is_missing_is_shown() {
        let index = "index! {\n    GetFunction, Read => function::get, // partial: no code\n    Invoke, Run => i::i,\n}";
        let page = page(&project_with(index, &[]));
        assert!(page.contains("| GetFunction | partial: no code |") && page.contains("| Invoke | done |"));
    }

    #[test]
    fn a_missing_index_or_list_is_found() {
        assert_eq!(check(&Project::default()).len(), 1);
        assert_eq!(check(&Project::of(&[(INDEX, "lambda::Invoke")])).len(), 1);
    }
}
