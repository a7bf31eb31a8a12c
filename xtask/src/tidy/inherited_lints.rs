//! Every crate takes the workspace's lints: without that line they would be silently off.

use toml::Table;

use super::Fault;
use crate::project::Project;

/// Fault: a package whose manifest has no `[lints] workspace = true`.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    project
        .manifests()
        .filter_map(|(path, text)| Some((path, text.parse::<Table>().ok()?)))
        .filter(|(_, manifest)| manifest.contains_key("package") && !inherits(manifest))
        .map(|(path, _)| Fault::at(path, "the workspace's lints are off: add `[lints] workspace = true`"))
        .collect()
}

fn inherits(manifest: &Table) -> bool {
    manifest.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let check_manifest = |text: &str| check(&Project::of(&[("crates/a/Cargo.toml", text)])).len();
        assert_eq!(check_manifest("[package]\nname = \"a\"\n"), 1);
        assert_eq!(check_manifest("[package]\nname = \"a\"\n[lints]\nworkspace = false\n"), 1);
        assert_eq!(check_manifest("[package]\nname = \"a\"\n[lints]\nworkspace = true\n"), 0);
    }
}
