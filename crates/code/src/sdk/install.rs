//! Runs pip or npm into a folder of ours, and puts the folder in its place once it is whole. Never changes anything outside
//! of it but the registry clients' own caches.

use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lambent_core::limits::SDK_INSTALL_TIMEOUT;

use super::Kit;
use crate::interpreter::Family;
use crate::interpreter::probe::ends_in_time;

/// How often it is told how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Why an SDK was not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The package manager cannot be run.
    #[error("cannot run {program}: {source}")]
    Start {
        /// pip or npm.
        program: String,
        /// The system's words.
        source: io::Error,
    },
    /// It ended with an error.
    #[error("{program} failed: {words}")]
    Failed {
        /// pip or npm.
        program: String,
        /// The last of what it said.
        words: String,
    },
    /// It took too long.
    #[error("{program} did not end within {} minutes", SDK_INSTALL_TIMEOUT.as_secs() / 60)]
    Late {
        /// pip or npm.
        program: String,
    },
    /// The data folder cannot be written.
    #[error("the folder of SDKs: {0}")]
    Folder(#[from] io::Error),
}

/// See [`super::Sdks::install`].
pub(super) fn install(
    folder: &Path,
    kit: &Kit,
    program: &Path,
    more: &[String],
    told: &dyn Fn(u64),
) -> Result<(), InstallError> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    let fresh = tempfile::Builder::new().prefix(&format!("{kit}.")).tempdir_in(folder)?;
    let packages = [kit.packages(), more.to_vec()].concat();
    match kit.family() {
        Family::Nodejs => npm(program, fresh.path(), &packages, told)?,
        Family::Python | Family::Java | Family::Ruby => pip(program, fresh.path(), &packages, told)?,
    }
    open_to_all(fresh.path())?;
    Ok(take_place(folder, kit, fresh)?)
}

fn pip(program: &Path, into: &Path, packages: &[String], told: &dyn Fn(u64)) -> Result<(), InstallError> {
    let mut install = command(program, into);
    install.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    install.args(["--retries", "1", "--no-compile", "--target"]).arg(into).args(packages);
    run("pip", &mut install, into, told)?;
    // AWS's runtimes bring bytecode too; sandboxes could not write it.
    let mut compile = command(program, into);
    compile.args(["-m", "compileall", "-q", "-j0", "--invalidation-mode", "unchecked-hash", "."]);
    run("compileall", &mut compile, into, told)
}

fn npm(program: &Path, into: &Path, packages: &[String], told: &dyn Fn(u64)) -> Result<(), InstallError> {
    let beside = program.with_file_name("npm");
    let npm = if beside.exists() { beside } else { PathBuf::from("npm") };
    let mut install = command(&npm, into);
    install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    install
        .args(["--fetch-retries=1", "--omit=optional", "--omit=peer", "--prefix"])
        .arg(into)
        .args(packages);
    run("npm", &mut install, into, told)?;
    for file in ["package.json", "package-lock.json"] {
        fs::remove_file(into.join(file))?;
    }
    Ok(())
}

fn command(program: &Path, at: &Path) -> Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "the registry's own client, asked for by the administrator; it ends or is killed, and is reaped here"
    )]
    let mut command = Command::new(program);
    // Whose registry and proxy, the user's own configuration says. Where modules are, it must not.
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").env_remove("NODE_OPTIONS");
    command.current_dir(at).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Runs to the end, and tells meanwhile how much lies in `folder`.
fn run(name: &str, command: &mut Command, folder: &Path, told: &dyn Fn(u64)) -> Result<(), InstallError> {
    let program = || name.to_owned();
    let mut said = tempfile::tempfile()?;
    let started = command.stderr(said.try_clone()?).spawn();
    let mut child = started.map_err(|source| InstallError::Start { program: program(), source })?;
    if !watched(&child, folder, told) {
        child.kill()?;
        child.wait()?;
        return Err(InstallError::Late { program: program() });
    }
    if child.wait()?.success() {
        return Ok(());
    }
    Err(InstallError::Failed { program: program(), words: last_words(&mut said) })
}

/// Whether it ended in time.
fn watched(child: &Child, folder: &Path, told: &dyn Fn(u64)) -> bool {
    let looks = SDK_INSTALL_TIMEOUT.as_millis() / LOOK_EVERY.as_millis();
    (0..looks).any(|_| {
        let ended = ends_in_time(child, LOOK_EVERY);
        told(bytes_below(folder));
        ended
    })
}

/// The last lines it wrote.
fn last_words(said: &mut File) -> String {
    let mut text = Vec::new();
    // What cannot be read was not said.
    let _ = said.rewind().and_then(|()| said.read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}

/// Makes the kit's name point to the fresh folder, and removes the one it pointed to.
fn take_place(folder: &Path, kit: &Kit, fresh: tempfile::TempDir) -> io::Result<()> {
    let place = folder.join(kit.as_str());
    let former = fs::read_link(&place).ok();
    let name = fresh.path().file_name().unwrap_or_default().to_owned();
    let link = fresh.path().with_extension("link");
    symlink(&name, &link)?;
    fs::rename(&link, &place)?;
    // From here on it is in its place and stays.
    let _ = fresh.keep();
    match former {
        Some(former) => fs::remove_dir_all(folder.join(former)),
        None => Ok(()),
    }
}

/// Lets every user read, whatever the server's own mask: sandboxes have users of their own.
pub(super) fn open_to_all(root: &Path) -> io::Result<()> {
    fs::set_permissions(root, Permissions::from_mode(0o755))?;
    for entry in below(root) {
        let kind = entry.file_type()?;
        if !kind.is_symlink() {
            let mode = entry.metadata()?.permissions().mode();
            let open = if kind.is_dir() { mode | 0o755 } else { mode | 0o444 };
            if open != mode {
                fs::set_permissions(entry.path(), Permissions::from_mode(open))?;
            }
        }
    }
    Ok(())
}

fn bytes_below(root: &Path) -> u64 {
    below(root).iter().filter_map(|entry| entry.metadata().ok()).map(|data| data.len()).sum()
}

/// Everything below a folder. What goes away meanwhile is left out.
fn below(root: &Path) -> Vec<fs::DirEntry> {
    let (mut all, mut waiting) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
            all.push(entry);
        }
    }
    all
}
