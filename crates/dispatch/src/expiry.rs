//! Stops environments that have been idle for long, and renews provisioned ones before they are too old. Never touches
//! one that is at work.

use std::time::Duration;

use lambent_core::limits::ENVIRONMENT_AGE_MAX;
use tracing::info;

use crate::Dispatcher;

/// How often idle environments are looked at.
const EXPIRY_ROUND: Duration = Duration::from_secs(10);

/// How old an idle provisioned environment becomes before another takes its place, one in each round: early enough that
/// never many are too old at once.
const PROVISIONED_AGE: Duration = ENVIRONMENT_AGE_MAX.checked_div(2).expect("2 is not 0");

impl Dispatcher {
    /// Looks at all idle environments again and again.
    pub(crate) async fn expire_idle(&self) {
        loop {
            tokio::time::sleep(EXPIRY_ROUND).await;
            let now = self.clock.monotonic();
            let before = now.saturating_sub(self.options.idle_max);
            for route in self.routes.all() {
                let mut expired = route.pool.expire_idle_since(before);
                expired.extend(route.pool.renew_provisioned(now.checked_sub(PROVISIONED_AGE)));
                if !expired.is_empty() {
                    info!(function = %route.id.arn(), count = expired.len(), "idle environments stopped");
                }
                self.stop_all(expired);
            }
        }
    }
}
