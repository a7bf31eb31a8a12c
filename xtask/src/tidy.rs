//! `cargo xtask tidy`: the repository judged by its own rules, one small file a rule. Never changes a file.

use anyhow::{Result, bail};

use crate::project::Project;
use crate::{operations, run};

mod attributes;
mod changelog;
pub(crate) mod code;
mod core_leaf;
mod doc_paths;
mod edges;
mod error_codes;
mod file_length;
mod headers;
mod inherited_lints;
mod machine_names;
mod module_names;
mod ordered_maps;
mod specification;
mod tested_operations;
mod unsafe_places;

/// One fault: where it is and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    place: String,
    what: String,
}

impl Fault {
    /// A fault at a path, or at `path:line`.
    pub(crate) fn at(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

type Check = fn(&Project) -> Vec<Fault>;

const CHECKS: &[(&str, Check)] = &[
    ("import edges", edges::check),
    ("core is a leaf without I/O", core_leaf::check),
    ("ordered maps in core", ordered_maps::check),
    ("error codes", error_codes::check),
    ("lints inherited", inherited_lints::check),
    ("file length", file_length::check),
    ("file headers", headers::check),
    ("paths in documents", doc_paths::check),
    ("operations listed", operations::check),
    ("operations tested", tested_operations::check),
    ("module names", module_names::check),
    ("names of machines", machine_names::check),
    ("unsafe code", unsafe_places::check),
    ("attributes", attributes::check),
    ("changelog", changelog::check),
    ("specification", specification::check),
];

/// Runs every check and says each fault.
///
/// # Errors
/// Any check found a fault.
pub(crate) fn run() -> Result<()> {
    let project = Project::read()?;
    let mut count = 0;
    for (name, check) in CHECKS {
        for fault in check(&project) {
            count += 1;
            run::say(&format!("{name}: {}: {}", fault.place, fault.what));
        }
    }
    if count > 0 {
        bail!("tidy found {count} faults");
    }
    run::say(&format!("tidy: {} checks, no fault", CHECKS.len()));
    Ok(())
}
