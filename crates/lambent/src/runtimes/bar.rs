//! How far an installation is, on a terminal. Shows nothing elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use lambent_code::sdk::Kit;

/// A line that moves; how much there will be in the end nobody knows.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn begin(kit: &Kit) -> Self {
        // Hidden by itself where standard error is no terminal.
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} AWS SDK for {msg}: {bytes} in {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(kit.to_string());
        Self(bar)
    }

    /// This much lies on the disk.
    pub(super) fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
