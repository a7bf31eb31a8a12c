//! Real programs that the tests run in sandboxes: made with official clients, and as people deploy them. Each part is built
//! once, and again only when what it is made from has changed.

use std::path::Path;

use anyhow::{Context, Result};

use super::{is_stamped, write_stamp};
use crate::run::{self, say};

/// One part: its folder in `target/programs`, what it is made from, and the command, where `INTO` is the folder.
struct Part {
    folder: &'static str,
    made_from: &'static str,
    command: &'static [&'static str],
}

const PARTS: [Part; 7] = [
    Part {
        folder: "python",
        made_from: "tests/programs/python/requirements.txt",
        command: &[
            ".venv/bin/python",
            "-m",
            "pip",
            "install",
            "-q",
            "-r",
            "FROM",
            "--target",
            "INTO",
            "--upgrade",
        ],
    },
    Part {
        folder: "layer",
        made_from: "tests/programs/python/layer.txt",
        command: &[
            ".venv/bin/python",
            "-m",
            "pip",
            "install",
            "-q",
            "-r",
            "FROM",
            "--target",
            "INTO",
            "--upgrade",
        ],
    },
    // It wants a botocore of its own.
    Part {
        folder: "ministack",
        made_from: "tests/programs/ministack/requirements.txt",
        command: &[
            ".venv/bin/python",
            "-m",
            "pip",
            "install",
            "-q",
            "-r",
            "FROM",
            "--target",
            "INTO",
            "--upgrade",
        ],
    },
    Part {
        folder: "nodejs",
        made_from: "tests/programs/nodejs/package.json",
        command: &[
            "npm",
            "install",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--silent",
            "--prefix",
            "INTO",
        ],
    },
    Part {
        folder: "ric",
        made_from: "tests/programs/ric/package.json",
        command: &[
            "npm",
            "install",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--silent",
            "--prefix",
            "INTO",
        ],
    },
    Part {
        folder: "rust",
        made_from: "tests/programs/rust/Cargo.lock",
        command: &[
            "cargo",
            "build",
            "-q",
            "--locked",
            "--manifest-path",
            "tests/programs/rust/Cargo.toml",
            "--target-dir",
            "INTO",
        ],
    },
    Part {
        folder: "adapter",
        made_from: "tests/programs/adapter.txt",
        command: &[
            "cargo",
            "install",
            "-q",
            "--debug",
            "--locked",
            "lambda_web_adapter",
            "--version",
            "TEXT",
            "--root",
            "INTO",
            "--target-dir",
            "target/programs/rust",
        ],
    },
];

/// Builds what is missing or stale.
pub(super) fn run(root: &Path) -> Result<()> {
    PARTS.iter().try_for_each(|part| part.build(root))
}

impl Part {
    fn build(&self, root: &Path) -> Result<()> {
        let text = std::fs::read_to_string(root.join(self.made_from)).context(self.made_from)?;
        let into = root.join("target/programs").join(self.folder);
        let stamp = into.join("made-from.txt");
        if self.folder != "rust" && is_stamped(&stamp, &text) {
            return Ok(());
        }
        std::fs::create_dir_all(&into)?;
        say(&format!("making target/programs/{}", self.folder));
        if self.made_from.ends_with("package.json") {
            std::fs::copy(root.join(self.made_from), into.join("package.json"))?;
        }
        let into = into.to_string_lossy();
        let words: Vec<&str> = self
            .command
            .iter()
            .map(|word| match *word {
                "INTO" => &*into,
                "FROM" => self.made_from,
                "TEXT" => text.trim(),
                word => word,
            })
            .collect();
        run::visible(words[0], &words[1..], root)?;
        write_stamp(&stamp, &text)
    }
}
