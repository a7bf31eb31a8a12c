//! `docs/operations.md`: each operation of each service's model, done, partial or refused. Lambda's bear their plain names,
//! those of others the service's before: `efs.TagResource`; `logs.*` is every other operation of a service. Never decides what is done: it reads
//! `crates/services/src/operations.rs`, the names of the model from the wire's generated files, and what is missing or
//! refused from `xtask/operations.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use serde::Deserialize;

use crate::project::{self, Project};
use crate::tidy::{Fault, code};

const PAGE: &str = "docs/operations.md";
const INDEX: &str = "crates/services/src/operations.rs";
const WIRE: &str = "crates/wire/src/";
/// The service whose operations bear their plain names.
const LAMBDA: &str = "lambda";
const LIST: &str = "static KNOWN:";
const TABLE: &str = "xtask/operations.toml";

/// What stands in the table: the words for each operation that is not simply done.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    /// In the index, and what is missing.
    partial: BTreeMap<String, String>,
    /// Not in the index, and why.
    refused: BTreeMap<String, String>,
}

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
    let table = match table(project) {
        Ok(table) => table,
        Err(fault) => return vec![Fault::at(TABLE, format!("is not as it must be: {fault}"))],
    };
    let mut faults = contradictions(project, &table);
    if project.text(PAGE) != Some(page(project).as_str()) {
        faults.push(Fault::at(PAGE, "is stale: run `cargo xtask operations`"));
    }
    faults
}

/// Where the table and the index do not agree, so that neither can go stale in silence.
fn contradictions(project: &Project, table: &Table) -> Vec<Fault> {
    let (names, done) = (names(project), done(project));
    let mut found = Vec::new();
    let mut tell = |name: &str, what: &str| found.push(Fault::at(TABLE, format!("{name} {what}")));
    for name in table.partial.keys().filter(|name| !done.contains(*name)) {
        tell(name, "is called partial, but is not in the index");
    }
    for name in table.refused.keys().filter(|name| done.contains(*name)) {
        tell(name, "is called refused, but is in the index");
    }
    for name in table.refused.keys().filter(|name| !names.contains(*name) && !name.ends_with(".*")) {
        tell(name, "is not in the model");
    }
    for name in names.difference(&done).filter(|name| table.why(name).is_none()) {
        tell(name, "is not in the index, and nothing says why");
    }
    found
}

fn table(project: &Project) -> Result<Table, toml::de::Error> {
    project.text(TABLE).map_or_else(|| Ok(Table::default()), toml::from_str)
}

/// The operations that the index names in its code, each under its service.
pub(crate) fn done(project: &Project) -> BTreeSet<String> {
    let names = names(project);
    let index = project.text(INDEX).unwrap_or_default();
    // Tests at the end of the file may name any operation; what they name is not thereby done.
    let index = index.split("#[cfg(test)]").next().unwrap_or_default();
    let lists = index.split("index! {").enumerate().flat_map(|(at, list)| {
        let of = list.split_once(':').and_then(|(head, _)| head.rsplit(' ').next());
        let service = of.filter(|_| at > 0).unwrap_or(LAMBDA).to_owned();
        words(list).into_iter().map(move |word| qualified(&service, &word))
    });
    lists.filter(|name| names.contains(name)).collect()
}

fn words(text: &str) -> Vec<String> {
    let split = |line: String| -> Vec<String> {
        line.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect()
    };
    code::lines(text).flat_map(|(_, line)| split(line)).collect()
}

fn qualified(service: &str, name: &str) -> String {
    if service == LAMBDA { name.to_owned() } else { format!("{service}.{name}") }
}

/// The service of a name, and its name there.
fn parts(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or((LAMBDA, name))
}

/// Every operation of the models, from the wire's generated lists.
fn names(project: &Project) -> BTreeSet<String> {
    let lists = project.files().filter_map(|(path, text)| {
        let service = path.strip_prefix(WIRE)?.split_once('/')?.0;
        Some((service, text.split_once(LIST)?.1.split("];").next().unwrap_or_default()))
    });
    lists
        .flat_map(|(service, list)| {
            let names = list.split("name: \"").skip(1).filter_map(|rest| rest.split('"').next());
            names.map(|name| qualified(service, name)).collect::<Vec<_>>()
        })
        .collect()
}

fn page(project: &Project) -> String {
    let (names, done) = (names(project), done(project));
    let table = table(project).unwrap_or_default();
    let mut page = "# Operations\n\nWritten by `cargo xtask operations`; do not edit. What is refused is answered with the \
         protocol's own error that says so.\n"
        .to_owned();
    let others: BTreeSet<&str> = names.iter().map(|name| parts(name).0).filter(|of| *of != LAMBDA).collect();
    for service in std::iter::once(LAMBDA).chain(others) {
        let own: Vec<&String> = names.iter().filter(|name| parts(name).0 == service).collect();
        let built = own.iter().filter(|name| done.contains(**name)).count();
        let partial = own.iter().filter(|name| table.partial.contains_key(**name)).count();
        write!(
            page,
            "\n## {service}\n\nOf the {} operations of the model, {built} are done, {partial} of them in part; {} are refused.\n\n\
             | operation | state | what is missing |\n|---|---|---|\n",
            own.len(),
            own.len() - built,
        )
        .expect("a string takes every line");
        for name in own {
            let (state, words) = match (done.contains(name), table.partial.get(name)) {
                (true, None) => ("done", ""),
                (true, Some(missing)) => ("partial", missing.as_str()),
                (false, _) => ("refused", table.why(name).unwrap_or("not there yet")),
            };
            writeln!(page, "| {} | {state} | {words} |", parts(name).1).expect("a string takes every line");
        }
    }
    page
}

impl Table {
    /// Why an operation is refused: for itself, or as all of its service that are not done.
    fn why(&self, name: &str) -> Option<&str> {
        let all = || self.refused.get(&format!("{}.*", parts(name).0));
        self.refused.get(name).or_else(all).map(String::as_str)
    }
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

    const REFUSED: (&str, &str) = (TABLE, "[refused]\nGetFunction = \"why\"\n[partial]\nInvoke = \"what\"");

    #[test]
    fn a_stale_page_is_found() {
        let fresh = page(&project_with("lambda::Invoke", &[REFUSED]));
        assert!(
            fresh.contains("| GetFunction | refused | why |")
                && fresh.contains("| Invoke | partial | what |")
        );
        assert_eq!(check(&project_with("lambda::Invoke", &[REFUSED, (PAGE, &fresh)])), []);
        let stale = fresh.replace("why", "why not");
        assert_eq!(check(&project_with("lambda::Invoke", &[REFUSED, (PAGE, &stale)])).len(), 1);
    }

    #[test]
    fn a_table_that_contradicts_the_index_is_found() {
        let found = |index: &str, table: &str| {
            let project = project_with(index, &[(TABLE, table)]);
            contradictions(&project, &super::table(&project).unwrap()).len()
        };
        assert_eq!(found("lambda::Invoke lambda::GetFunction", ""), 0);
        assert_eq!(found("lambda::Invoke", ""), 1, "nothing says why GetFunction is refused");
        assert_eq!(found("lambda::Invoke lambda::GetFunction", "refused.Invoke = 'x'"), 1);
        assert_eq!(found("lambda::Invoke", "refused.GetFunction = 'x'\npartial.GetFunction = 'y'"), 1);
        assert_eq!(found("lambda::Invoke lambda::GetFunction", "refused.Gone = 'x'"), 1);
    }

    #[test]
    fn a_service_has_its_own_names() {
        let list = "static KNOWN: &[Known] = &[Known { name: \"Invoke\" }, Known { name: \"Put\" }];";
        let index = "index! { A of lambda:\n Invoke, }\nindex! { B of logs:\n Put, }";
        let table = (TABLE, "[refused]\n\"logs.*\" = 'later'\nGetFunction = 'x'");
        let project = project_with(index, &[("crates/wire/src/logs/mod.rs", list), table]);
        assert_eq!(done(&project), BTreeSet::from(["Invoke".to_owned(), "logs.Put".to_owned()]));
        assert_eq!(contradictions(&project, &super::table(&project).unwrap()), []);
        assert!(
            page(&project).contains("## logs") && page(&project).contains("| Invoke | refused | later |")
        );
    }

    #[test]
    fn a_missing_index_or_list_is_found() {
        assert_eq!(check(&Project::default()).len(), 1);
        assert_eq!(check(&Project::of(&[(INDEX, "lambda::Invoke")])).len(), 1);
    }
}
