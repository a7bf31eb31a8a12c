//! Other programs and the clock: the one place of xtask that starts or times anything.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A command that is about to run in a folder.
#[expect(clippy::disallowed_methods, reason = "a task runner runs programs; it has no spawner")]
fn command(program: &str, args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder);
    command
}

/// Runs a program with our own output.
///
/// # Errors
/// It cannot be started, or ends with another status than 0.
pub(crate) fn visible(program: &str, args: &[&str], folder: &Path) -> Result<()> {
    let status = command(program, args, folder)
        .status()
        .with_context(|| format!("`{program}` cannot be started: install it or put it on PATH"))?;
    if !status.success() {
        bail!("`{program} {}` ended with {status}", args.join(" "));
    }
    Ok(())
}

/// Runs a program and takes what it writes to its standard output.
///
/// # Errors
/// It cannot be started, ends with another status than 0, or writes what is not UTF-8.
pub(crate) fn output(program: &str, args: &[&str], folder: &Path) -> Result<String> {
    let done = command(program, args, folder)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{program}` cannot be started: install it or put it on PATH"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        bail!("`{program} {}` ended with {}: {}", args.join(" "), done.status, said.trim());
    }
    String::from_utf8(done.stdout).with_context(|| format!("`{program}` wrote what is not UTF-8"))
}

/// Runs a program and takes what it writes to its standard error.
///
/// # Errors
/// It cannot be started, or ends with another status than 0.
pub(crate) fn complaints(program: &str, args: &[&str], folder: &Path) -> Result<String> {
    let done = command(program, args, folder)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{program}` cannot be started: install it or put it on PATH"))?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    if !done.status.success() {
        bail!("`{program} {}` ended with {}: {}", args.join(" "), done.status, said.trim());
    }
    Ok(said)
}

/// Whether a program runs and ends with status 0. Says nothing.
pub(crate) fn succeeds(program: &str, args: &[&str], folder: &Path) -> bool {
    command(program, args, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a program of this name is on PATH.
pub(crate) fn is_there(program: &str, folder: &Path) -> bool {
    succeeds("sh", &["-c", "command -v \"$1\"", "sh", program], folder)
}

/// Whether we are root.
pub(crate) fn is_root(folder: &Path) -> bool {
    output("id", &["-u"], folder).is_ok_and(|id| id.trim() == "0")
}

/// Does something and tells how long it took.
#[expect(clippy::disallowed_methods, reason = "the summary of ci shows where the minutes go")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = work();
    (made, start.elapsed())
}

/// Writes a line for the person at the terminal.
#[expect(clippy::print_stdout, reason = "a command line tool answers on its standard output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_names_it() {
        let error = output("sh", &["-c", "echo why >&2; exit 3"], Path::new("/")).unwrap_err().to_string();
        assert!(error.contains("sh -c") && error.contains('3') && error.ends_with("why"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        assert!(!is_there("no-such-program-at-all", Path::new("/")));
        let error = visible("no-such-program-at-all", &[], Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("no-such-program-at-all"));
    }
}
