//! The file that keeps how far AWS's time is ahead. There is none where it never was. Never says what time it is.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// What stands in it.
#[derive(Serialize, Deserialize)]
struct Kept {
    ahead_ms: u64,
}

#[derive(Debug)]
pub(super) struct File(PathBuf);

impl File {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("clock.json"))
    }

    pub(super) fn shown(&self) -> String {
        self.0.display().to_string()
    }

    /// How far ahead it was; not at all where there is no file.
    pub(super) fn read(&self) -> Result<Duration> {
        let text = match fs::read(&self.0) {
            Ok(text) => text,
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Duration::ZERO),
            Err(fault) => return Err(fault).with_context(|| format!("cannot read {}", self.shown())),
        };
        let kept: Kept = serde_json::from_slice(&text)
            .with_context(|| format!("{} does not say how far the time was moved", self.shown()))?;
        Ok(Duration::from_millis(kept.ahead_ms))
    }

    /// In one step: a crash leaves the old or the new.
    pub(super) fn write(&self, ahead: Duration) -> io::Result<()> {
        // Up, so that it never goes back.
        let ahead_ms = u64::try_from(ahead.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        let fresh = self.0.with_extension("json.new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec(&Kept { ahead_ms })?)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.0)
    }
}
