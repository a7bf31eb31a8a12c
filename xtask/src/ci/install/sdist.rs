//! Source packages from PyPI, of the version that is installed, unpacked below `target`: they hold what the
//! installed package does not. Never builds or installs one.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::run::{self, say};

/// A package and the folder in its source that we need.
const PACKAGES: &[(&str, &str)] = &[
    // The protocol vectors and the signature test suite.
    ("botocore", "tests/unit/protocols"),
    // The tests of Lambda, which are run against us.
    ("moto", "tests/test_awslambda"),
];

/// Brings each package's source, where it is missing or of another version.
///
/// # Errors
/// A package is not installed or its source cannot be had.
pub(super) fn run(root: &Path) -> Result<()> {
    let python = root.join(".venv/bin/python").to_string_lossy().into_owned();
    for (name, needed) in PACKAGES {
        let ask = format!("import importlib.metadata; print(importlib.metadata.version('{name}'))");
        let version = run::output(&python, &["-c", &ask], root)?;
        bring(root, &python, (name, version.trim()), needed)?;
    }
    Ok(())
}

fn bring(root: &Path, python: &str, (name, version): (&str, &str), needed: &str) -> Result<()> {
    let source = format!("target/{name}-source");
    let is_there = || unpacked_version(&root.join(&source), needed).as_deref() == Some(version);
    if is_there() {
        return Ok(());
    }
    say(&format!("fetching the source of {name} {version}"));
    let sdist = root.join(format!("target/{name}-sdist"));
    fs::create_dir_all(&sdist)?;
    let (folder, wanted) = (sdist.to_string_lossy(), format!("{name}=={version}"));
    let mut args = vec!["-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"];
    args.extend(["--no-build-isolation", "--no-binary", ":all:", "-d", &folder, &wanted]);
    run::visible(python, &args, root)?;
    run::output(python, &["-c", UNPACK, &folder, &format!("{name}-{version}"), &source], root)?;
    match is_there() {
        true => Ok(()),
        false => bail!("the source package {name} {version} has no {needed}: it has moved"),
    }
}

/// Unpacks the one folder of the archive to the place asked for, through a sibling so that a broken run
/// leaves nothing that looks whole.
const UNPACK: &str = "
import os, shutil, sys, tarfile
folder, name, target = sys.argv[1:]
fresh = target + '.fresh'
shutil.rmtree(fresh, ignore_errors=True)
with tarfile.open(os.path.join(folder, f'{name}.tar.gz')) as archive:
    archive.extractall(fresh, filter='data') if hasattr(tarfile, 'data_filter') else archive.extractall(fresh)
shutil.rmtree(target, ignore_errors=True)
os.rename(os.path.join(fresh, name), target)
shutil.rmtree(fresh)
";

/// The version of the unpacked source, as its metadata says; nothing if it is not there or not whole.
fn unpacked_version(source: &Path, needed: &str) -> Option<String> {
    if !source.join(needed).is_dir() {
        return None;
    }
    let text = fs::read_to_string(source.join("PKG-INFO")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Version: "))?;
    Some(line.trim().to_owned())
}
