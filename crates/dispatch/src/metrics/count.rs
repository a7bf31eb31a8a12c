//! What an invocation counts as, at the places it passes. Never decides what comes next.

use std::time::Duration;

use lambent_core::monitoring::measure::Measure;
use lambent_core::time::Timestamp;

use super::{Datum, add, micros, qualifier};
use crate::drive::Drive;
use crate::route::Route;
use crate::run::Course;
use crate::{Dispatcher, Invocation};

impl Dispatcher {
    /// An invocation was refused by a limit.
    pub(crate) fn count_throttle(&self, route: &Route, invocation: &Invocation) {
        add(&self.metrics.throttles, 1);
        self.measure(route, invocation, self.clock.now(), &[(Measure::Throttles, 1.0)]);
    }

    /// Hands on what was measured of an invocation that began at this time.
    pub(crate) fn measure(
        &self,
        route: &Route,
        invocation: &Invocation,
        at: Timestamp,
        values: &[(Measure, f64)],
    ) {
        let qualifier = qualifier(&invocation.invoked_function_arn);
        self.measured.record(&Datum { function: &route.id, qualifier, version: &route.version, at, values });
    }
}

impl Drive<'_> {
    /// An invocation is over as far as its caller is concerned.
    pub(crate) fn count_invocation(&self, failed: bool) {
        let metrics = &self.dispatcher.metrics;
        add(&metrics.invocations, 1);
        add(&metrics.errors, u64::from(failed));
        let errors = f64::from(u8::from(failed));
        let values = [(Measure::Invocations, 1.0), (Measure::Errors, errors), (Measure::Throttles, 0.0)];
        self.measure(&values);
    }

    /// It is over for its environment too.
    pub(crate) fn count_duration(&self, course: &Course, duration: Duration, extended: bool) {
        add(&self.dispatcher.metrics.duration_us, micros(duration));
        let ran = (Measure::Duration, millis(duration));
        // Extensions go on after the runtime is ready for its next event.
        let after = course.ready.filter(|_| extended).map(|ready| self.now().saturating_sub(ready));
        match after {
            Some(after) => self.measure(&[ran, (Measure::PostRuntimeExtensionsDuration, millis(after))]),
            None => self.measure(&[ran]),
        }
    }

    /// Hands on what was measured of the invocation, at the time it began.
    fn measure(&self, values: &[(Measure, f64)]) {
        let Some(served) = &self.served else { return };
        let ago = self.now().saturating_sub(served.course.began);
        let at = self.dispatcher.clock.now().minus(ago);
        self.dispatcher.measure(self.route, &served.invocation, at, values);
    }
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
