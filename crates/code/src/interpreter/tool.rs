//! Runs a tool of the host on files of our own, to its end. Never on what a function brought, never with the server's
//! environment, never for ever.

use std::ffi::OsStr;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;
use std::process::{Command, Stdio};

use lambent_core::limits::INTERPRETER_COMPILE_TIMEOUT;

use super::probe::ends_in_time;

/// How much of what a failed tool said is told.
const SAID_MAX_BYTES: u64 = 2000;

/// A tool with its arguments.
pub(super) struct Tool(Command);

impl Tool {
    #[expect(
        clippy::disallowed_methods,
        reason = "runs our own sources on the host's tools, ends or is killed, and is reaped here"
    )]
    pub(super) fn new(program: &Path, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.env_clear().current_dir(folder).stdin(Stdio::null());
        Self(command)
    }

    pub(super) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.0.args(args);
        self
    }

    /// Runs it; the error says how it ended and what it said.
    pub(super) fn run(mut self) -> Result<(), String> {
        // Into a file and not a pipe: a grandchild that keeps a pipe open would keep the reader waiting.
        let mut said = tempfile::tempfile().map_err(|fault| fault.to_string())?;
        let ended = self.run_into(&said).map_err(|fault| fault.to_string())?;
        let Some(how) = ended else { return Ok(()) };
        let mut text = Vec::new();
        let read = said.rewind().and_then(|()| said.take(SAID_MAX_BYTES).read_to_end(&mut text));
        read.map_err(|fault| fault.to_string())?;
        Err(format!("{how}: {}", String::from_utf8_lossy(&text).trim()))
    }

    /// How it ended, if not well.
    fn run_into(&mut self, said: &std::fs::File) -> io::Result<Option<String>> {
        let mut child = self.0.stdout(said.try_clone()?).stderr(said.try_clone()?).spawn()?;
        let in_time = ends_in_time(&child, INTERPRETER_COMPILE_TIMEOUT);
        if !in_time {
            child.kill()?;
        }
        let status = child.wait()?;
        Ok(match (in_time, status.success()) {
            (true, true) => None,
            (true, false) => Some(format!("ended with {status}")),
            (false, _) => Some(format!("did not end within {INTERPRETER_COMPILE_TIMEOUT:?}")),
        })
    }
}
