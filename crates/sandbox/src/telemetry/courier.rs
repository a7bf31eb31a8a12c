//! Brings events to one subscriber, again and again until it takes them. Never while the sandbox stands still.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;

use lambent_core::limits;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use super::line::Line;
use super::subscriber::Subscriber;

/// Makes a TCP socket inside the sandbox, unconnected and non-blocking.
pub(crate) type Dial =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = io::Result<OwnedFd>> + Send>> + Send + Sync>;

/// How events are brought into one sandbox.
#[derive(Clone)]
pub(crate) struct Means {
    pub(crate) dial: Dial,
    pub(crate) tasks: TaskTracker,
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").finish_non_exhaustive()
    }
}

impl Means {
    /// Serves a subscriber until it is aborted. Must be called inside a tokio runtime.
    pub(super) fn start(&self, subscriber: Arc<Subscriber>, frozen: watch::Receiver<bool>) -> AbortHandle {
        self.tasks.spawn(carry(subscriber, Arc::clone(&self.dial), frozen)).abort_handle()
    }
}

async fn carry(subscriber: Arc<Subscriber>, dial: Dial, mut frozen: watch::Receiver<bool>) {
    let mut line = Line::new(subscriber.destination().clone());
    loop {
        let batch = subscriber.due().await;
        let (mut pause, longest) = limits::TELEMETRY_RETRY;
        loop {
            // An error: the sandbox is gone, and this task will be soon.
            if frozen.wait_for(|frozen| !frozen).await.is_err() {
                return;
            }
            let Err(error) = line.send(&dial, &batch).await else { break };
            tracing::debug!(%error, "telemetry was not taken");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
        subscriber.taken(batch.len());
    }
}
