//! `core` iterates only ordered maps, so that equal inputs give equal bytes.

use super::{Fault, code};
use crate::project::Project;

const CORE: &str = "crates/core/src/";

/// Fault: a hash map or set in core.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in project.ending(".rs").filter(|(path, _)| path.starts_with(CORE)) {
        for (number, line) in code::lines(text) {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.any(|word| ["HashMap", "HashSet", "IndexMap", "RandomState"].contains(&word)) {
                faults.push(Fault::at(
                    format!("{path}:{number}"),
                    "core keeps order: use BTreeMap or BTreeSet",
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
    fn a_hash_map_in_core_is_found() {
        let text = "//! HashMap.\nuse std::collections::HashMap;";
        let faults = check(&Project::of(&[("crates/core/src/a.rs", text), ("crates/wire/src/a.rs", text)]));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].place, "crates/core/src/a.rs:2");
    }
}
