//! Code, log events, shared files and values nobody needs any more, collected while the server runs; what was measured,
//! written. Never decides what is needed.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits::METRIC_FLUSH;
use lambent_services::Server;
use lambent_services::lambda::code::{self, Needed};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How often unused code is collected.
const COLLECT_ROUND: Duration = Duration::from_secs(600);

/// Deletes what an earlier server left, then collects unused code until told to stop.
pub(crate) async fn run(server: Arc<Server>, stop: CancellationToken) {
    if let Err(fault) = code::sweep(&server).await {
        warn!(%fault, "what an earlier server left of unpacked code was not deleted");
    }
    let mut needed = Needed::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = server.waiter().round(COLLECT_ROUND) => {}
        }
        match code::collect(&server, &needed).await {
            Ok(now) => needed = now,
            Err(fault) => warn!(%fault, "unused code was not collected"),
        }
        if let Err(fault) = server.collect_logs().await {
            warn!(%fault, "expired log events were not collected");
        }
        if let Err(fault) = server.dispatcher().file_systems().collect().await {
            warn!(%fault, "files of deleted file systems were not collected");
        }
        if let Err(fault) = server.collect_metrics().await {
            warn!(%fault, "old values of metrics were not put together");
        }
    }
}

/// Writes what was measured each minute until told to stop: what is left then is written when the server closes.
pub(crate) async fn flush_metrics(server: Arc<Server>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(METRIC_FLUSH) => {}
        }
        if let Err(fault) = server.flush_metrics().await {
            warn!(%fault, "values of metrics were not written: tried again in a minute");
        }
    }
}
