//! `cargo xtask shapes`: writes the wire's shapes from botocore's models, or compares. Invents no names and
//! copies no documentation: names and constraints only.

mod model;
mod names;
mod plan;
mod service;
mod statics;
mod types;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{project, run};

/// The table of a service in `xtask/shapes.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    model: String,
    /// Error shapes that are not written, where their names clash in Rust.
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    manners: Manners,
    noun: Vec<Noun>,
}

/// How error answers differ from the protocol's form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Manners {
    not_json: Option<String>,
    not_json_prefix: String,
    type_in_body: bool,
    capital_message: Vec<String>,
    bare_xml_errors: bool,
    code_member: Option<String>,
}

/// One file of a service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Noun {
    name: String,
    operations: Vec<String>,
    #[serde(default)]
    owns: Vec<String>,
}

/// Writes the files, or with `--check` compares them; `--models DIR` names another folder of models.
///
/// # Errors
/// No model is found, one lacks what the table names, or with `--check` a file differs.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let root = project::root();
    let (check, models) = options(args)?;
    let models = models.map_or_else(|| installed(&root), Ok)?;
    let table = std::fs::read_to_string(root.join("xtask/shapes.toml")).context("xtask/shapes.toml")?;
    let table: BTreeMap<String, Entry> = toml::from_str(&table).context("xtask/shapes.toml")?;
    let mut differing = Vec::new();
    for (name, entry) in &table {
        let files = generate(&root, &models, name, entry).with_context(|| format!("service {name}"))?;
        let folder = root.join("crates/wire/src").join(name);
        for (file, text) in files {
            let path = folder.join(&file);
            if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
                continue;
            }
            differing.push(format!("crates/wire/src/{name}/{file}"));
            if !check {
                std::fs::create_dir_all(&folder)?;
                std::fs::write(&path, text)?;
            }
        }
    }
    report(check, &differing)
}

fn report(check: bool, differing: &[String]) -> Result<()> {
    if check && !differing.is_empty() {
        bail!("not what botocore's models say: {}; run `cargo xtask shapes`", differing.join(", "));
    }
    for path in differing {
        run::say(&format!("wrote {path}"));
    }
    if differing.is_empty() {
        run::say("shapes: as botocore's models say");
    }
    Ok(())
}

fn options(args: &[String]) -> Result<(bool, Option<PathBuf>)> {
    let (mut check, mut models) = (false, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--check" => check = true,
            "--models" => models = Some(PathBuf::from(args.next().context("--models needs a folder")?)),
            other => bail!("unknown option {other}: shapes [--check] [--models DIR]"),
        }
    }
    Ok((check, models))
}

/// The models of the botocore in the workspace's venv, else of the one `python3` finds.
fn installed(root: &Path) -> Result<PathBuf> {
    let script = "import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), 'data'))";
    let venv = root.join(".venv/bin/python");
    let python = if venv.exists() { venv.to_string_lossy().into_owned() } else { "python3".to_owned() };
    let folder = run::output(&python, &["-c", script], root)
        .context("botocore is not installed: `python3 -m venv .venv && .venv/bin/pip install botocore`")?;
    Ok(PathBuf::from(folder.trim()))
}

/// The files of one service by name, as rustfmt leaves them.
fn generate(root: &Path, models: &Path, name: &str, entry: &Entry) -> Result<Vec<(String, String)>> {
    let mut model = model::Model::read(&models.join(&entry.model))?;
    model.leave_out(&entry.without)?;
    let plan = plan::Plan::of(&model, &entry.noun)?;
    let mut files = vec![("mod.rs".to_owned(), service::index(name, entry, &model)?)];
    files.push(("errors.rs".to_owned(), service::errors(entry, &model, &plan)?));
    for noun in &entry.noun {
        files.push((format!("{}.rs", noun.name), service::noun(noun, entry, &model, &plan)?));
    }
    format(root, name, files)
}

fn format(root: &Path, name: &str, files: Vec<(String, String)>) -> Result<Vec<(String, String)>> {
    let folder = root.join("target/shapes").join(name);
    std::fs::create_dir_all(&folder)?;
    for (file, text) in &files {
        std::fs::write(folder.join(file), text)?;
    }
    let config = root.join("rustfmt.toml").to_string_lossy().into_owned();
    let index = folder.join("mod.rs").to_string_lossy().into_owned();
    run::output("rustfmt", &["--edition", "2024", "--config-path", &config, &index], root)?;
    let formatted = files.into_iter().map(|(file, _)| {
        let text = std::fs::read_to_string(folder.join(&file))?;
        Ok((file, text))
    });
    formatted.collect()
}
