//! Bytecode for our own Python sources, made once for each interpreter: a sandbox sees them read-only and would compile
//! them at every start. Never touches what a function brought.

use std::io;
use std::path::{Path, PathBuf};

use super::tool::Tool;
use crate::blocking::blocking;

/// Compiles every source of `folder` for the interpreter at `program`, beside the sources. Readers see a whole file or
/// none, and one that is there is never checked against its source: the folder must be one that never changes.
///
/// # Errors
/// The interpreter does not run, does not end, or says that it failed.
pub async fn compile(program: PathBuf, folder: PathBuf) -> io::Result<()> {
    blocking(move || {
        let compile = ["-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"];
        Tool::new(&program, Path::new("/")).args(compile).args([folder]).run().map_err(io::Error::other)
    })
    .await
}
