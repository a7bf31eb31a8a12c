//! Bytecode for our own Python sources, made once for each interpreter: a sandbox sees them read-only and would compile
//! them at every start. Never touches what a function brought.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use lambent_core::limits::INTERPRETER_COMPILE_TIMEOUT;

use super::probe::ends_in_time;
use crate::blocking::blocking;

/// Compiles every source of `folder` for the interpreter at `program`, beside the sources. Readers see a whole file or
/// none, and one that is there is never checked against its source: the folder must be one that never changes.
///
/// # Errors
/// The interpreter does not run, does not end, or says that it failed.
pub async fn compile(program: PathBuf, folder: PathBuf) -> io::Result<()> {
    blocking(move || {
        #[expect(
            clippy::disallowed_methods,
            reason = "runs our own sources on the host's interpreter, ends or is killed, and is reaped here"
        )]
        let mut child = Command::new(program)
            .args(["-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"])
            .arg(folder)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        if !ends_in_time(&child, INTERPRETER_COMPILE_TIMEOUT) {
            child.kill()?;
        }
        let status = child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("compileall ended with {status}")))
        }
    })
    .await
}
