//! Starts sandboxes through the spawner and counts them until nothing of them is left. Never blocks a worker.

use std::io;
use std::sync::Arc;

use lambent_core::dice::Dice;

use super::spawner::SpawnerHandle;
use super::{Launched, Options, Report};
use crate::{BootError, Spec};

/// Starts sandboxes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Launcher {
    report: Arc<Report>,
}

impl Launcher {
    /// Takes over the spawner, inside tokio. Removes what an earlier server with the same `run_dir` left.
    ///
    /// # Errors
    /// Where `run_dir` is in use by a live server, or the isolation asked for cannot be had.
    pub async fn new(spawner: SpawnerHandle, options: Options, dice: Arc<dyn Dice>) -> io::Result<Self> {
        drop((spawner, options, dice));
        Err(io::Error::new(io::ErrorKind::Unsupported, "the launcher is not built yet"))
    }

    /// Starts one sandbox and returns once its program has been executed.
    ///
    /// # Errors
    /// [`BootError`]. Nothing is left behind then, nor when the future is dropped.
    pub async fn launch(&self, spec: &Spec) -> Result<Launched, BootError> {
        let _ = spec;
        Err(BootError::Step { step: "launch".into(), reason: "not built yet".into() })
    }

    /// What this host isolates and enforces.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// How many sandboxes exist, those being torn down included.
    #[must_use]
    pub fn count(&self) -> usize {
        0
    }

    /// Kills all sandboxes, removes what they used, ends the spawner. Later launches fail.
    pub async fn close(&self) {}
}
