//! Code nobody needs any more, collected while the server runs. Never decides what is needed.

use std::sync::Arc;
use std::time::Duration;

use lambent_services::Server;
use lambent_services::lambda::code;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How often unused code is collected.
const COLLECT_ROUND: Duration = Duration::from_secs(600);

/// Deletes what an earlier server left, then collects unused code until told to stop.
pub(crate) async fn run(server: Arc<Server>, stop: CancellationToken) {
    if let Err(fault) = code::sweep(&server).await {
        warn!(%fault, "what an earlier server left of unpacked code was not deleted");
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(COLLECT_ROUND) => {}
        }
        if let Err(fault) = code::collect(&server).await {
            warn!(%fault, "unused code was not collected");
        }
    }
}
