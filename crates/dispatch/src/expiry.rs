//! Stops environments that have been idle for long, and renews provisioned ones before they are too old. Never touches
//! one that is at work.

use std::time::Duration;

use tracing::info;

use crate::Dispatcher;

/// How often idle environments are looked at.
const EXPIRY_ROUND: Duration = Duration::from_secs(10);

impl Dispatcher {
    /// Looks at all idle environments again and again.
    pub(crate) async fn expire_idle(&self) {
        loop {
            self.waiter.round(EXPIRY_ROUND).await;
            let now = self.clock.moment();
            self.admission.sweep(self.clock.monotonic());
            // An idle provisioned environment goes at half its age, one in each round, so that never many are too old at once.
            let renewed = now.aged.checked_sub(self.options.age_max / 2);
            for route in self.routes.all() {
                let mut expired = route.pool.expire(now);
                expired.extend(route.pool.renew_provisioned(renewed));
                if !expired.is_empty() {
                    info!(function = %route.id.arn(), count = expired.len(), "idle environments stopped");
                }
                self.stop_all(expired);
            }
        }
    }
}
