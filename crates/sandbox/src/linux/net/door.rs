//! The server's own endpoint inside a sandbox: who connects there is shown in to whoever serves it. Never reads a byte.

use std::fmt;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits::ENDPOINT_CONNECTIONS_MAX;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long accepting rests after the system refused.
const REST: Duration = Duration::from_millis(50);

/// A connection from inside a sandbox.
#[derive(Debug)]
pub struct Visit {
    /// The connection.
    pub stream: TcpStream,
    /// Cancelled when the sandbox is gone. The connection must be dropped then: it keeps the sandbox's network.
    pub gone: CancellationToken,
    /// Its place among the sandbox's connections, free again when this is dropped.
    pub place: OwnedSemaphorePermit,
}

/// Serves visits.
#[derive(Clone)]
pub struct Reception(Arc<dyn Fn(Visit) + Send + Sync>);

impl Reception {
    /// One by this function, which is called for each visit as it comes, and must not block.
    pub fn new(receive: impl Fn(Visit) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }
}

impl fmt::Debug for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reception")
    }
}

/// Whoever serves visits, once there is somebody.
pub(super) type Receptionist = watch::Sender<Option<Reception>>;

/// Shows visitors in until the sandbox is gone. They wait while nobody serves them, or too many of one sandbox are there.
pub(super) async fn keep(
    listener: StdListener,
    mut reception: watch::Receiver<Option<Reception>>,
    gone: CancellationToken,
) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::warn!(%error, "a sandbox has no endpoint"),
    };
    let open = async {
        let found = reception.wait_for(Option::is_some).await.map(|found| found.clone());
        let Ok(Some(Reception(receive))) = found else { return };
        let room = Arc::new(Semaphore::new(ENDPOINT_CONNECTIONS_MAX));
        loop {
            let place = Arc::clone(&room).acquire_owned().await.expect("nobody closes the semaphore");
            match listener.accept().await {
                Ok((stream, _)) => receive(Visit { stream, gone: gone.clone(), place }),
                Err(_) => sleep(REST).await,
            }
        }
    };
    _ = gone.run_until_cancelled(open).await;
}
