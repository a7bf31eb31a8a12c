//! The kinds of function that are measured, with the interpreters this host has.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;

use crate::host;

/// One kind of function.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// AWS's runtime identifier.
    pub(crate) runtime: String,
    /// The file of the function and whether it is executable.
    file: (&'static str, Vec<u8>, u32),
    /// What the machine needs at least to start such a program: the floor of a cold start.
    pub(crate) bare: Vec<String>,
    /// Program, arguments and the bootstrap's folder for a sandbox without the server around it.
    pub(crate) argv: Vec<String>,
    pub(crate) bootstrap: Option<PathBuf>,
}

impl Kind {
    /// What the bare start is called in tables.
    pub(crate) fn bare_words(&self) -> String {
        let (program, args) = self.bare.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let program = program.rsplit('/').next().unwrap_or(program);
        format!("`{program} {}`", args.join(" "))
    }

    /// The same kind with another program in the function's file.
    pub(crate) fn with_code(&self, code: &str) -> Self {
        let (name, _, mode) = self.file;
        Self { file: (name, code.as_bytes().to_vec(), mode), ..self.clone() }
    }

    /// A package of this kind; packages of different marks have different digests.
    pub(crate) fn package(&self, mark: &str) -> Result<Vec<u8>> {
        self.package_with("mark.txt", mark.as_bytes())
    }

    /// A package of this kind with one more file in it.
    pub(crate) fn package_with(&self, other: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut made = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let (name, content, mode) = &self.file;
        made.start_file(*name, SimpleFileOptions::default().unix_permissions(*mode))?;
        made.write_all(content)?;
        made.start_file(other, SimpleFileOptions::default())?;
        made.write_all(bytes)?;
        Ok(made.finish()?.into_inner())
    }

    /// The function's files in a folder, as a sandbox sees them.
    pub(crate) fn unpack(&self, folder: &Path) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::create_dir_all(folder)?;
        let (name, content, mode) = &self.file;
        let path = folder.join(name);
        std::fs::write(&path, content)?;
        Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(*mode))?)
    }
}

/// The kinds this host can run; one that it cannot is named and left out.
pub(crate) fn found() -> Result<Vec<Kind>> {
    let mut kinds = vec![native()?];
    for kind in [python(), nodejs()] {
        match kind {
            Ok(kind) => kinds.push(kind),
            Err(error) => host::say(&format!("left out: {error:#}")),
        }
    }
    Ok(kinds)
}

fn runtimes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtimes")
}

/// A small program of ours that speaks the Runtime API: what a Rust or Go function costs.
fn native() -> Result<Kind> {
    let program = std::env::current_exe()?.with_file_name("lambent-bench-function");
    let content = std::fs::read(&program).with_context(|| program.display().to_string())?;
    Ok(Kind {
        name: "native",
        runtime: "provided.al2023".to_owned(),
        file: ("bootstrap", content, 0o755),
        bare: vec![program.to_string_lossy().into_owned(), "exit".to_owned()],
        argv: vec!["/var/task/bootstrap".to_owned()],
        bootstrap: None,
    })
}

fn python() -> Result<Kind> {
    let asked = "import os, sys; print(os.path.realpath(sys.executable), *sys.version_info[:2])";
    let said = host::output("python3", &["-c", asked])?;
    let [program, major, minor] = said.split(' ').collect::<Vec<_>>()[..] else {
        anyhow::bail!("python3 said {said}")
    };
    Ok(Kind {
        name: "python",
        runtime: format!("python{major}.{minor}"),
        file: ("app.py", b"def handler(event, context):\n    return event\n".to_vec(), 0o644),
        bare: [program, "-c", "pass"].map(str::to_owned).to_vec(),
        argv: ["/usr/bin/python3", "/var/runtime/bootstrap.py"].map(str::to_owned).to_vec(),
        bootstrap: Some(runtimes().join("python")),
    })
}

fn nodejs() -> Result<Kind> {
    let said = host::output("node", &["-p", "process.execPath + ' ' + process.versions.node.split('.')[0]"])?;
    let (program, major) = said.rsplit_once(' ').context("node's path and version")?;
    Ok(Kind {
        name: "nodejs",
        runtime: format!("nodejs{major}.x"),
        file: ("app.mjs", b"export const handler = async (event) => event;\n".to_vec(), 0o644),
        bare: [program, "-e", "0"].map(str::to_owned).to_vec(),
        argv: ["/usr/bin/node", "/var/runtime/bootstrap.mjs"].map(str::to_owned).to_vec(),
        bootstrap: Some(runtimes().join("nodejs")),
    })
}
