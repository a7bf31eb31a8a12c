//! `cargo xtask bench`: builds the server and the benchmark for release and runs it. Never judges the figures.

use anyhow::Result;

use crate::{project, run};

mod instructions;
mod peers;

/// Builds and measures; the arguments go to the benchmark, but for `--instructions`, which counts instead.
///
/// # Errors
/// Something does not build, or the benchmark could not measure.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let root = project::root();
    if args.iter().any(|arg| arg == "--instructions") {
        return instructions::run(&root, args);
    }
    if args.iter().any(|arg| arg == "--peers" || arg == "peers") {
        peers::install(&root);
    }
    run::visible("cargo", &["build", "--release", "-p", "lambent", "-p", "lambent-bench", "--bins"], &root)?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run::visible(&root.join("target/release/lambent-bench").to_string_lossy(), &args, &root)
}
