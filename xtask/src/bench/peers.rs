//! What the benchmark is run beside, of pinned versions, into `target/peers`. One that cannot be had is named and left
//! out: the benchmark says so again in its place.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::ci::install::{is_stamped, write_stamp};
use crate::run::{self, say};

const FOLDER: &str = "target/peers";
const PIP: [&str; 5] = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];

/// One part: what it is made from, and how.
struct Part {
    folder: &'static str,
    made_from: &'static str,
    make: fn(&Path, &Path, &str) -> Result<()>,
}

const PARTS: [Part; 3] = [
    Part { folder: "python", made_from: "bench/peers/requirements.txt", make: python },
    // Only for the program in it: none of what it needs itself.
    Part { folder: "emulator", made_from: "bench/peers/emulator.txt", make: emulator },
    Part { folder: "nodejs", made_from: "bench/peers/package.json", make: nodejs },
];

/// Brings what is missing or stale.
pub(super) fn install(root: &Path) {
    for part in &PARTS {
        if let Err(error) = part.install(root) {
            say(&format!("left out: {}: {error:#}", part.made_from));
        }
    }
}

impl Part {
    fn install(&self, root: &Path) -> Result<()> {
        let text = fs::read_to_string(root.join(self.made_from)).context(self.made_from)?;
        let into = root.join(FOLDER).join(self.folder);
        let stamp = into.join("made-from.txt");
        if is_stamped(&stamp, &text) {
            return Ok(());
        }
        say(&format!("installing {}", self.made_from));
        fs::create_dir_all(&into)?;
        (self.make)(root, &into, self.made_from)?;
        write_stamp(&stamp, &text)
    }
}

fn python(root: &Path, into: &Path, made_from: &str) -> Result<()> {
    let folder = into.to_string_lossy();
    run::visible("python3", &["-m", "venv", "--clear", &folder], root)?;
    let python = into.join("bin/python");
    run::visible(&python.to_string_lossy(), &[&PIP[..], &["-r", made_from]].concat(), root)
}

fn emulator(root: &Path, into: &Path, made_from: &str) -> Result<()> {
    let folder = into.to_string_lossy();
    let args = [&PIP[..], &["--no-deps", "--upgrade", "--target", &folder, "-r", made_from]].concat();
    run::visible("python3", &args, root)?;
    // A wheel knows no executable files but scripts.
    run::visible("sh", &["-c", "chmod +x \"$1\"/samcli/local/rapid/aws-lambda-rie-*", "sh", &folder], root)
}

fn nodejs(root: &Path, into: &Path, made_from: &str) -> Result<()> {
    fs::copy(root.join(made_from), into.join("package.json"))?;
    let args = ["install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"];
    run::visible("npm", &args, into)
}
