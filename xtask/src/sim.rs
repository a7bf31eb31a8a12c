//! `cargo xtask sim`: many worlds of the simulation, on all processors. Never judges one itself.
//!
//! In the profile of the tests: a world costs 50 ms there, and an optimised build costs more than ten thousand of them save.

use anyhow::Result;

use crate::{project, run};

/// Runs the simulation; its arguments are its own.
///
/// # Errors
/// It cannot be built, or a world did not go well.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut command = vec!["run", "--quiet", "--package", "lambent-sim", "--"];
    command.extend(args.iter().map(String::as_str));
    run::visible("cargo", &command, &project::root())
}
