//! What a request to a function URL counts as. Never decides what comes next.

use std::time::Duration;

use http::StatusCode;
use lambent_core::lambda::arn::Qualifier;
use lambent_core::monitoring::measure::Measure;
use lambent_dispatch::{Datum, MetricSink as _};

use super::Call;

impl Call<'_> {
    /// A request that came at this time of the clock that never goes back was answered, or its answer has begun.
    pub(super) fn count(&self, began: Duration, status: StatusCode) {
        let clock = &self.server.clock;
        let took = clock.monotonic().saturating_sub(began);
        let of = |holds: bool| f64::from(u8::from(holds));
        let values = [
            (Measure::UrlRequestCount, 1.0),
            (Measure::UrlRequestLatency, took.as_secs_f64() * 1000.0),
            (Measure::Url4xxCount, of(status.is_client_error())),
            (Measure::Url5xxCount, of(status.is_server_error())),
        ];
        let function = &self.served.function;
        let qualifier = match &self.served.qualifier {
            Qualifier::Latest => None,
            Qualifier::Version(name) | Qualifier::Alias(name) => Some(name.as_str()),
        };
        let at = clock.now().minus(took);
        self.server.metrics.record(&Datum { function, qualifier, version: "", at, values: &values });
    }
}
