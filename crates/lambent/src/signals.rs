//! What asks the server to end: SIGTERM and SIGINT. None is lost, from the first moment on. Never ends anything itself.

use anyhow::{Context as _, Result};
use nix::sys::signal::{SigSet, Signal};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// Keeps the signals waiting until [`Signals::listen`]: before, they would end the process without a drain. Threads that
/// start meanwhile never see them, and the spawner and all it starts clear their masks.
pub(crate) fn hold() -> Result<()> {
    endings().thread_block().context("cannot hold signals back")
}

fn endings() -> SigSet {
    SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT])
}

/// The signals as they come.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Stream,
    interrupt: Stream,
}

impl Signals {
    /// Listens, also to what was held. Must be called in the thread that called [`hold`].
    pub(crate) fn listen() -> Result<Self> {
        let terminate = signal(SignalKind::terminate()).context("cannot listen to SIGTERM")?;
        let interrupt = signal(SignalKind::interrupt()).context("cannot listen to SIGINT")?;
        endings().thread_unblock().context("cannot let signals through")?;
        Ok(Self { terminate, interrupt })
    }

    /// The next one, as the exit code that shells give a process it ended.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 128 + 15,
            _ = self.interrupt.recv() => 128 + 2,
        }
    }
}
