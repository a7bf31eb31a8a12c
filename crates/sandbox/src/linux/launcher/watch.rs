//! Notices that the spawner died. Never starts another: the server is too large to be split again.

use std::future::Future;
use std::io;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::step;
use crate::BootError;
use crate::linux::spawner::{SpawnerHandle, reap};
use crate::linux::sys;

/// Whether the spawner is gone.
#[derive(Debug)]
pub(super) struct Watch {
    gone: watch::Receiver<bool>,
}

impl Watch {
    /// Watches until the spawner is gone, which leaves no zombie, or `closing`.
    ///
    /// # Errors
    /// Where descriptors have run out.
    pub(super) fn begin(
        spawner: &SpawnerHandle,
        tasks: &TaskTracker,
        closing: CancellationToken,
    ) -> io::Result<Self> {
        let pidfd = sys::watch_readable(spawner.pidfd.try_clone()?)?;
        let (tell, gone) = watch::channel(false);
        tasks.spawn(async move {
            tokio::select! {
                biased;
                () = closing.cancelled() => {}
                _ = pidfd.readable() => {
                    reap(pidfd.get_ref());
                    tracing::error!("the spawner is gone and all sandboxes with it: this server must be restarted");
                    tell.send_replace(true);
                }
            }
        });
        Ok(Self { gone })
    }

    /// Resolves once it is gone; never when the launcher was closed.
    pub(super) fn seen(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut gone = self.gone.clone();
        async move {
            if gone.wait_for(|gone| *gone).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// # Errors
    /// Once it is gone.
    pub(super) fn refuse(&self) -> Result<(), BootError> {
        if *self.gone.borrow() { Err(gone()) } else { Ok(()) }
    }
}

/// What every launch is told then.
pub(super) fn gone() -> BootError {
    step("spawner", "it is gone; the server must be restarted")
}
