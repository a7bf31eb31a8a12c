//! What the tests need and a fresh machine has not: Debian packages, a virtual environment, the source packages of
//! botocore and moto, npm packages. Does nothing where everything is there, so that a second run works without a network.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::project;
use crate::run::{self, say};

mod programs;
mod sdist;

/// Which Debian package brings what: a piece of shell that succeeds when it is there, and the package.
const DEBIAN: &[(&str, &str)] = &[
    ("command -v git", "git"),
    ("command -v python3", "python3"),
    ("python3 -c 'import venv, ensurepip'", "python3-venv"),
    ("command -v node", "nodejs"),
    ("command -v npm", "npm"),
    ("command -v javac", "default-jdk-headless"),
    ("command -v ruby", "ruby"),
    ("command -v zip", "zip"),
    // AWS's runtime interface client for Node.js builds its HTTP client.
    ("command -v cmake", "cmake"),
    ("command -v autoreconf", "autoconf"),
    ("command -v automake", "automake"),
    ("command -v libtoolize", "libtool"),
    ("command -v make", "make"),
    // Version 2, which PyPI has not.
    ("test -x /usr/bin/aws", "awscli"),
    ("command -v g++", "g++"),
    ("command -v mkfs.ext4 || test -x /usr/sbin/mkfs.ext4", "e2fsprogs"),
];

const REQUIREMENTS: &str = "tests/requirements.txt";
const JS: &str = "tests/e2e/js";

/// Brings everything, each part only if it is missing or stale.
///
/// # Errors
/// A part cannot be had; the message says what to do.
pub(crate) fn run() -> Result<()> {
    let root = project::root();
    debian(&root)?;
    python(&root)?;
    sdist::run(&root)?;
    npm(&root)?;
    programs::run(&root)
}

fn debian(root: &Path) -> Result<()> {
    let missing: Vec<&str> = DEBIAN
        .iter()
        .filter(|(test, _)| !run::succeeds("sh", &["-c", test], root))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !run::is_root(root) || !run::is_there("apt-get", root) {
        bail!("missing: {list}. Install them, on Debian with `apt-get install {list}` as root");
    }
    say(&format!("installing {list}"));
    run::visible("apt-get", &["update", "-qq"], root)?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(missing);
    run::visible("apt-get", &args, root)
}

/// The virtual environment, as `tests/requirements.txt` says.
fn python(root: &Path) -> Result<()> {
    let wanted = fs::read_to_string(root.join(REQUIREMENTS)).context(REQUIREMENTS)?;
    let stamp = root.join(".venv/requirements-installed.txt");
    let python = root.join(".venv/bin/python").to_string_lossy().into_owned();
    let works = run::succeeds(&python, &["-c", "import pip"], root);
    if works && is_stamped(&stamp, &wanted) {
        return Ok(());
    }
    if !works {
        say("making .venv");
        run::visible("python3", &["-m", "venv", "--clear", ".venv"], root)?;
    }
    say(&format!("installing {REQUIREMENTS} into .venv"));
    run::visible(
        &python,
        &["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", REQUIREMENTS],
        root,
    )?;
    write_stamp(&stamp, &wanted)
}

fn npm(root: &Path) -> Result<()> {
    let folder = root.join(JS);
    let wanted = fs::read_to_string(folder.join("package.json")).context("tests/e2e/js/package.json")?;
    let stamp = folder.join("node_modules/package-installed.json");
    if is_stamped(&stamp, &wanted) {
        return Ok(());
    }
    say(&format!("installing the packages of {JS}"));
    let args = ["install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"];
    run::visible("npm", &args, &folder)?;
    write_stamp(&stamp, &wanted)
}

/// Whether the last installation was of just this.
pub(crate) fn is_stamped(stamp: &Path, wanted: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|installed| installed == wanted)
}

pub(crate) fn write_stamp(stamp: &Path, wanted: &str) -> Result<()> {
    fs::write(stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}
