//! Who may import whom: the table of ARCHITECTURE.md, held against every manifest.

use toml::Table;

use super::Fault;
use crate::project::Project;

/// A crate, what it may import, and what its tests may import besides.
struct Allowed {
    name: &'static str,
    imports: &'static [&'static str],
    in_tests: &'static [&'static str],
}

/// Without the `lambent-` before each name. The binary, testkit and the benchmark assemble a whole server,
/// so they may name every part.
const TABLE: &[Allowed] = &[
    Allowed { name: "core", imports: &[], in_tests: &[] },
    Allowed { name: "wire", imports: &[], in_tests: &[] },
    Allowed { name: "store", imports: &["core"], in_tests: &["testkit"] },
    Allowed { name: "code", imports: &["core"], in_tests: &["testkit"] },
    Allowed { name: "sandbox", imports: &["core"], in_tests: &["testkit"] },
    Allowed { name: "dispatch", imports: &["core", "code", "store", "sandbox"], in_tests: &["testkit"] },
    Allowed {
        name: "services",
        imports: &["core", "code", "store", "dispatch", "wire"],
        in_tests: &["testkit", "sandbox"],
    },
    Allowed { name: "lambent", imports: PARTS, in_tests: &["testkit"] },
    Allowed { name: "testkit", imports: PARTS, in_tests: &[] },
    Allowed { name: "bench", imports: PARTS, in_tests: &["testkit"] },
    Allowed { name: "sim", imports: SIMULATED, in_tests: &[] },
    Allowed { name: "xtask", imports: &[], in_tests: &[] },
];

const PARTS: &[&str] = &["core", "code", "store", "dispatch", "sandbox", "services", "wire"];

/// What is simulated, and the loaded dice.
const SIMULATED: &[&str] = &["core", "code", "store", "dispatch", "sandbox", "services", "testkit"];

/// Faults: an import that the table does not allow; a crate that is not in the table.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in project.manifests().filter(|(path, _)| *path != "Cargo.toml") {
        match text.parse::<Table>() {
            Ok(manifest) => faults.extend(judge(path, &manifest)),
            Err(error) => faults.push(Fault::at(path, format!("not TOML: {}", error.message()))),
        }
    }
    faults
}

fn judge(path: &str, manifest: &Table) -> Vec<Fault> {
    let Some(name) = manifest.get("package").and_then(|p| p.get("name")).and_then(|n| n.as_str()) else {
        return Vec::new();
    };
    let name = short(name);
    let Some(row) = TABLE.iter().find(|row| row.name == name) else {
        return vec![Fault::at(
            path,
            format!("`{name}` is not in the table of edges (xtask/src/tidy/edges.rs)"),
        )];
    };
    let mut faults = Vec::new();
    for (section, tests) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        for import in ours(manifest, section) {
            let allowed = row.imports.contains(&import.as_str())
                || (tests && (import == name || row.in_tests.contains(&import.as_str())));
            if !allowed {
                faults.push(Fault::at(path, format!("`{name}` may not import `{import}` ({section})")));
            }
        }
    }
    faults
}

/// The crates of this workspace in one section, also where it stands below `[target.…]`.
fn ours(manifest: &Table, section: &str) -> Vec<String> {
    let targets = manifest.get("target").and_then(|t| t.as_table());
    let below = targets.into_iter().flat_map(|t| t.values()).filter_map(|t| t.as_table());
    std::iter::once(manifest)
        .chain(below)
        .filter_map(|table| table.get(section)?.as_table())
        .flat_map(|table| table.keys())
        .filter(|name| name.starts_with("lambent"))
        .map(|name| short(name).to_owned())
        .collect()
}

fn short(name: &str) -> &str {
    name.strip_prefix("lambent-").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_manifest(text: &str) -> Vec<Fault> {
        check(&Project::of(&[("crates/x/Cargo.toml", text)]))
    }

    #[test]
    fn an_edge_outside_the_table_is_found() {
        let faults = check_manifest(
            "[package]\nname = \"lambent-services\"\n[dependencies]\nlambent-sandbox.workspace = true\n",
        );
        assert_eq!(
            faults,
            [Fault::at("crates/x/Cargo.toml", "`services` may not import `sandbox` (dependencies)")]
        );
    }

    #[test]
    fn tests_have_a_table_of_their_own() {
        let manifest = |section: &str, import: &str| {
            format!("[package]\nname = \"lambent-store\"\n[{section}]\nlambent-{import}.workspace = true\n")
        };
        assert_eq!(check_manifest(&manifest("dev-dependencies", "testkit")), []);
        assert_eq!(check_manifest(&manifest("dependencies", "testkit")).len(), 1);
        assert_eq!(check_manifest(&manifest("dev-dependencies", "wire")).len(), 1);
        assert_eq!(check_manifest(&manifest("target.'cfg(unix)'.dependencies", "wire")).len(), 1);
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert_eq!(check_manifest("[package]\nname = \"lambent-new\"\n").len(), 1);
        assert_eq!(check_manifest("not toml at all").len(), 1);
    }
}
