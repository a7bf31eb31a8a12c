//! `cargo xtask e2e`: real SDKs against the real binary. The tests are in `tests/e2e`.

use anyhow::{Result, bail};

use crate::{project, run};

/// The interpreter that has the SDKs.
const PYTHON: &str = ".venv/bin/python";

/// Builds the binary and runs the tests; the arguments go to pytest.
///
/// # Errors
/// The binary does not build, the virtual environment is missing, or a test fails.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let root = project::root();
    run::visible("cargo", &["build", "--package", "lambent"], &root)?;
    let python = root.join(PYTHON);
    if !python.exists() {
        bail!("{PYTHON} is missing: `cargo xtask ci` makes it");
    }
    let mut all = vec!["-m", "pytest"];
    if args.iter().all(|arg| arg.starts_with('-')) {
        all.push("tests/e2e");
    }
    all.extend(args.iter().map(String::as_str));
    run::visible(&python.to_string_lossy(), &all, &root)
}
