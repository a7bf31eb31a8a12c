//! `cargo xtask e2e` and `cargo xtask moto`: the real binary under tests that use it from outside. Ours are in
//! `tests/e2e`; moto's come with its source package and are judged by `tests/moto`.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{project, run};

/// The interpreter that has the SDKs.
const PYTHON: &str = ".venv/bin/python";

/// What is tested again where no interpreter is started ahead.
const UNPARKED: [&str; 6] =
    ["-m", "pytest", "tests/e2e/test_python_runtime.py", "tests/e2e/test_javascript.py", "--parked", "0"];

/// Builds the binary and runs our tests; the arguments go to pytest. Without any, moto's tests are run too.
///
/// # Errors
/// The binary does not build, the virtual environment is missing, or a test fails.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let root = project::root();
    build(&root)?;
    let mut all = vec!["-m", "pytest"];
    if args.iter().all(|arg| arg.starts_with('-')) {
        all.push("tests/e2e");
    }
    all.extend(args.iter().map(String::as_str));
    let ours = python(&all, &root);
    let unparked = if args.is_empty() { python(&UNPARKED, &root) } else { Ok(()) };
    let ours = ours.and(unparked);
    // A failure of ours must not hide one of theirs.
    let theirs = if args.is_empty() { moto_tests(&[], &root) } else { Ok(()) };
    ours.and(theirs)
}

/// Builds the binary and runs moto's tests of Lambda; the arguments go to pytest.
///
/// # Errors
/// The binary does not build, the virtual environment or moto's source is missing, a test fails that is not among
/// the exceptions, or one of these passes.
pub(crate) fn moto(args: &[String]) -> Result<()> {
    let root = project::root();
    build(&root)?;
    moto_tests(args, &root)
}

fn build(root: &Path) -> Result<()> {
    run::visible("cargo", &["build", "--package", "lambent"], root)
}

fn moto_tests(args: &[String], root: &Path) -> Result<()> {
    let mut all = vec!["tests/moto/run.py"];
    all.extend(args.iter().map(String::as_str));
    python(&all, root)
}

fn python(args: &[&str], root: &Path) -> Result<()> {
    let python = root.join(PYTHON);
    if !python.exists() {
        bail!("{PYTHON} is missing: `cargo xtask ci` makes it");
    }
    run::visible(&python.to_string_lossy(), args, root)
}
