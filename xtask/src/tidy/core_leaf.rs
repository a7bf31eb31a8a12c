//! `core` holds no runtime and nothing that does I/O, not even through another crate.

use super::Fault;
use crate::project::{self, Project};
use crate::run;

/// Crates that read a clock, a file, a socket or chance, or run tasks.
const BANNED: &[&str] = &[
    "async-io",
    "async-std",
    "axum",
    "fs-err",
    "getrandom",
    "hyper",
    "hyper-util",
    "mio",
    "nix",
    "object_store",
    "polling",
    "rand",
    "reqwest",
    "rustix",
    "smol",
    "socket2",
    "sqlx",
    "tempfile",
    "tokio",
    "tokio-util",
    "ureq",
];

/// Fault: a banned crate is in the tree of `lambent-core`.
pub(super) fn check(_: &Project) -> Vec<Fault> {
    let args = ["tree", "-p", "lambent-core", "-e", "normal", "--prefix", "none"];
    match run::output("cargo", &args, &project::root()) {
        Ok(tree) => faults(&tree),
        Err(error) => {
            vec![Fault::at("crates/core/Cargo.toml", format!("its tree cannot be read: {error:#}"))]
        }
    }
}

fn faults(tree: &str) -> Vec<Fault> {
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names
        .filter(|name| BANNED.contains(name))
        .map(|name| Fault::at("crates/core/Cargo.toml", format!("core reaches `{name}`: it does no I/O")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_below_core_is_found() {
        assert_eq!(faults("lambent-core v0.1.0 (/x)\nserde v1.0.0\n"), []);
        assert_eq!(faults("lambent-core v0.1.0 (/x)\ntokio v1.54.1\nserde v1.0.0 (*)\n").len(), 1);
    }
}
